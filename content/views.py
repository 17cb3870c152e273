"""The desk's pages about documents and their items. Drafts have their own module."""

import zlib
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from content.forms import DocumentForm, ItemForm, TextForm
from content.models import Document, Recipe, Snapshot
from content.services import documents, drafts, items
from halcytone.lib import desk
from halcytone.lib.errors import HalcytoneError, Invalid

SEE = ("content.view_document", "content.view_own_document")
DOCUMENTS = ("Documents", "/admin/documents/")


@desk.page(*SEE)
def document_list(request: HttpRequest) -> HttpResponse:
    rows = documents.visible_to(request.user).select_related("owner").order_by("name")
    page = desk.listing(request, rows)
    latest = {row.document_id: row for row in documents.latest_jobs(page.object_list)}
    lines = [(document, latest.get(document.pk)) for document in page.object_list]
    context = {"title": "Documents", "page": page, "lines": lines, "trail": [("Documents", "")]}
    return render(request, "content/document_list.html", context)


@desk.page("content.add_document")
def document_new(request: HttpRequest) -> HttpResponse:
    form = DocumentForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        try:
            document = register(request, form.cleaned_data)
            documents.read(document, by=request.user)
        except HalcytoneError as error:
            form.add_error(None, str(error))
        else:
            return redirect("content:document", document.pk)
    context = {"title": "New document", "form": form, "button": "Add and read it",
               "lead": "Halcytone reads it and shows what it found; nothing is sent.",
               "back": DOCUMENTS[1], "trail": [DOCUMENTS, ("New", "")]}  # fmt: skip
    return render(request, "desk/form.html", context, status=422 if form.errors else 200)


def register(request: HttpRequest, values: dict[str, Any]) -> Document:
    file = values.get("file")
    return documents.register(
        by=request.user,
        name=values["name"],
        kind=Document.Kind.UPLOAD if file else Document.Kind.INLINE,
        data=file.read() if file else values["text"].encode(),
        file_name=file.name if file else "",
        strategy=values["strategy"],
    )


@desk.page(*SEE)
def document_detail(request: HttpRequest, pk: int) -> HttpResponse:
    document = get_object_or_404(documents.visible_to(request.user), pk=pk)
    snapshot = document.snapshots.first()
    jobs = list(document.sync_jobs.select_related("asked_by")[:10])
    failed = jobs[0] if jobs and jobs[0].status == "failed" else None
    problems = failed.errors if failed else snapshot.problems if snapshot else []
    context = {
        "title": document.name,
        "document": document,
        "snapshot": snapshot,
        "jobs": jobs,
        "failed": failed,
        "problems": problems,
        "blocking": [one for one in problems if one.get("severity") in ("error", "critical")],
        "lines": annotated(document, snapshot, problems),
        "items": document.items.filter(is_present=True).select_related(
            "head", "duplicate_of__head"
        ),
        "recipes": Recipe.objects.all(),
        "trail": [DOCUMENTS, (document.name, "")],
    }
    return render(request, "content/document_detail.html", context)


def annotated(
    document: Document, snapshot: Snapshot | None, problems: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    """Return the document's lines, each with the problems that stand on it."""
    raw = bytes(document.data or b"") or (zlib.decompress(snapshot.raw) if snapshot else b"")
    by_line: dict[int, list[dict[str, Any]]] = {}
    for problem in problems:
        by_line.setdefault(problem.get("line") or 1, []).append(problem)
    lines = raw.decode("utf-8-sig", "replace").splitlines()[:3000]
    return [
        {"number": number, "text": text, "problems": by_line.get(number, [])}
        for number, text in enumerate(lines, start=1)
    ]


@require_POST
@desk.page(*SEE)
def document_read(request: HttpRequest, pk: int) -> HttpResponse:
    document = get_object_or_404(documents.visible_to(request.user), pk=pk)
    to = reverse("content:document", args=[pk])
    return desk.act(
        request, lambda: documents.read(document, by=request.user), done="Read again.", to=to
    )


@desk.page(*SEE)
def document_text(request: HttpRequest, pk: int) -> HttpResponse:
    document = get_object_or_404(documents.visible_to(request.user), pk=pk)
    text = bytes(document.data or b"").decode("utf-8", "replace")
    form = TextForm(request.POST or None, request.FILES or None, initial={"text": text})
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        data = file.read() if file else form.cleaned_data["text"].encode()
        try:
            name = file.name if file else document.file_name
            documents.give(document, by=request.user, data=data, file_name=name)
            documents.read(document, by=request.user)
        except HalcytoneError as error:
            form.add_error(None, str(error))
        else:
            return redirect("content:document", pk)
    context = {"title": f"Text of {document.name}", "form": form, "button": "Save and read it",
               "back": reverse("content:document", args=[pk]),
               "trail": [DOCUMENTS, (document.name, reverse("content:document", args=[pk])),
                         ("Text", "")]}  # fmt: skip
    return render(request, "desk/form.html", context, status=422 if form.errors else 200)


@require_POST
@desk.page("content.add_draft")
def document_assemble(request: HttpRequest, pk: int) -> HttpResponse:
    """Make the edition of a recipe from this document, for the next free Tuesday."""
    document = get_object_or_404(documents.visible_to(request.user), pk=pk)
    recipe = get_object_or_404(Recipe, pk=desk.id_of(request.POST.get("recipe", "")))
    try:
        draft = drafts.assemble(
            recipe, by=request.user, documents=[document], slot_wall="", zone=""
        )
        drafts.generate(draft, by=request.user)
    except HalcytoneError as error:
        back = reverse("content:document", args=[pk])
        return desk.act(request, refuse(error), done="", to=back)
    return redirect("content:draft", draft.pk)


def refuse(error: HalcytoneError) -> Any:
    """Return a call that fails with this error, for `desk.act` to say."""

    def again() -> None:
        raise error

    return again


@desk.page("content.view_item")
def item_detail(request: HttpRequest, pk: int) -> HttpResponse:
    item = get_object_or_404(
        items.visible_to(request.user).select_related("document", "head", "incoming"), pk=pk
    )
    initial = {"title": item.head.title, "content": item.head.content} if item.head else {}
    form = ItemForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            items.edit(item, by=request.user, **form.cleaned_data)
        except Invalid as error:
            form.add_error(None, str(error))
        except HalcytoneError as error:
            form.add_error(None, str(error))
        else:
            return redirect("content:item", pk)
    document_url = reverse("content:document", args=[item.document_id])
    context = {
        "title": str(item),
        "item": item,
        "form": form,
        "revisions": item.revisions.select_related("author", "snapshot"),
        "trail": [DOCUMENTS, (item.document.name, document_url), (str(item), "")],
    }
    return render(request, "content/item_detail.html", context, status=422 if form.errors else 200)


@require_POST
@desk.page("content.change_item")
def item_choose(request: HttpRequest, pk: int) -> HttpResponse:
    """Both the source and a person changed the text: somebody chooses."""
    item = get_object_or_404(items.visible_to(request.user), pk=pk)
    choice = request.POST.get("choice", "")
    merged = {name: request.POST[name] for name in ("title", "content") if choice == "merged"}
    return desk.act(
        request,
        lambda: items.choose(item, by=request.user, choice=choice, **merged),
        done="Chosen. The other text stays in the history.",
        to=reverse("content:item", args=[pk]),
    )
