"""The desk's pages about documents. Items and drafts have their own modules."""

from typing import Any

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from content import document_page, document_rows, uploads
from content.forms import DocumentForm, TextForm
from content.models import Document, Recipe, SyncJob
from content.services import documents, drafts
from halcytone.lib import desk
from halcytone.lib.errors import HalcytoneError

SEE = ("content.view_document", "content.view_own_document")
DOCUMENTS = ("Documents", "/admin/documents/")


@desk.page(*SEE)
def document_list(request: HttpRequest) -> HttpResponse:
    rows = documents.visible_to(request.user).select_related("owner").defer("data")
    rows = rows.order_by("name", "pk")
    if words := request.GET.get("q", "").strip():
        rows = rows.filter(Q(name__icontains=words) | Q(file_name__icontains=words))
    if request.GET.get("show") == "waiting":
        rows = document_rows.needing(rows)
    page = desk.listing(request, rows)
    context = {
        "title": "Documents",
        "page": page,
        "lines": document_rows.of(page.object_list),
        "is_filtered": bool(words) or "show" in request.GET,
        "pills": desk.pills(request, "show", [("waiting", "Something to do")]),
        "trail": [("Documents", "")],
    }
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
    context = {"title": document.name, "trail": [DOCUMENTS, (document.name, "")]}
    shown = document_page.context(document, desk.id_of(request.GET.get("line", "")) or 1)
    return render(request, "content/document_detail.html", shown | context)


@require_POST
@desk.page(*SEE)
def document_read(request: HttpRequest, pk: int) -> HttpResponse:
    document = get_object_or_404(documents.visible_to(request.user), pk=pk)
    to = reverse("content:document", args=[pk])
    done = "A worker reads it now." if document.is_remote else "Read again."
    return desk.act(request, lambda: _read(document, request.user), done=done, to=to)


def _read(document: Document, person: Any) -> SyncJob:
    """Read what is here at once; what lives elsewhere is read by a worker."""
    act = documents.ask if document.is_remote else documents.read
    return act(document, by=person)


@desk.page(*SEE)
def document_text(request: HttpRequest, pk: int) -> HttpResponse:
    document = get_object_or_404(documents.visible_to(request.user), pk=pk)
    is_typed = uploads.is_typed(document.file_name)
    text = bytes(document.data or b"").decode("utf-8", "replace") if is_typed else ""
    form = TextForm(
        request.POST or None, request.FILES or None, initial={"text": text}, is_typed=is_typed
    )
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
