"""The desk's pages about drafts: list, choice of pieces, renditions side by side, their texts."""

from itertools import pairwise
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_POST

from content import frames
from content.forms import DraftForm
from content.models import Draft, Item, Rendition, Revision
from content.services import copies, documents, drafts, drift_decisions, renditions
from halcytone.lib import desk
from halcytone.lib.errors import HalcytoneError

SEE = ("content.view_draft", "content.view_own_draft")
DRAFTS = ("Drafts", "/admin/drafts/")


@desk.page(*SEE)
def draft_list(request: HttpRequest) -> HttpResponse:
    rows = drafts.visible_to(request.user).select_related("author", "segment")
    kind = request.GET.get("type")
    if kind in Draft.Type.values:
        rows = rows.filter(type=kind)
    if words := request.GET.get("q", "").strip():
        rows = rows.filter(title__icontains=words)
    context = {
        "title": "Drafts",
        "page": desk.listing(request, rows.prefetch_related("renditions")),
        "pills": desk.pills(request, "type", Draft.Type.choices),
        "trail": [("Drafts", "")],
    }
    return render(request, "content/draft_list.html", context)


def available_items(request: HttpRequest) -> Any:
    """The items that may go into a draft: those present and without errors."""
    seen = documents.visible_to(request.user)
    rows = Item.objects.filter(document__in=seen, is_present=True, is_blocked=False)
    return rows.filter(head__isnull=False).select_related("head", "document")


@desk.page("content.add_draft")
def draft_new(request: HttpRequest) -> HttpResponse:
    form = DraftForm(request.POST or None, items=available_items(request))
    if request.method == "POST" and form.is_valid():
        try:
            draft = drafts.create(by=request.user, **settings_of(form))
            drafts.generate(draft, by=request.user)
        except HalcytoneError as error:
            form.add_error(None, str(error))
        else:
            return redirect("content:draft", draft.pk)
    context = {"title": "New draft", "form": form, "button": "Make the renditions",
               "items": form.fields["items"].queryset,  # type: ignore[attr-defined]
               "back": DRAFTS[1], "trail": [DRAFTS, ("New", "")]}  # fmt: skip
    return render(request, "content/draft_form.html", context, status=422 if form.errors else 200)


def settings_of(form: DraftForm) -> dict[str, Any]:
    """Return what the form says, as `drafts.create` and `drafts.change` take it."""
    values = dict(form.cleaned_data)
    del values["slot"]
    revisions: list[Revision] = [item.head for item in values.pop("items")]
    return {**values, "revisions": revisions, "slot_wall": form.slot_wall()}


@desk.page(*SEE)
def draft_edit(request: HttpRequest, pk: int) -> HttpResponse:
    draft = get_object_or_404(drafts.visible_to(request.user), pk=pk)
    chosen = [revision.item_id for revision in draft.pieces.all()]
    initial = {"items": chosen, "formats": draft.formats, "segment": draft.segment_id,
               "slot": draft.slot_wall}  # fmt: skip
    form = DraftForm(
        request.POST or None, instance=draft, initial=initial, items=available_items(request)
    )
    if request.method == "POST" and form.is_valid():
        fresh = Draft.objects.get(pk=pk)
        try:
            drafts.change(fresh, by=request.user, **settings_of(form))
            drafts.generate(fresh, by=request.user)
        except HalcytoneError as error:
            form.add_error(None, str(error))
        else:
            return redirect("content:draft", pk)
    here = reverse("content:draft", args=[pk])
    context = {"title": "Pieces and settings", "form": form, "button": "Save and render again",
               "items": form.fields["items"].queryset,  # type: ignore[attr-defined]
               "chosen": chosen, "back": here,
               "trail": [DRAFTS, (draft.title, here), ("Settings", "")]}  # fmt: skip
    return render(request, "content/draft_form.html", context, status=422 if form.errors else 200)


@desk.page(*SEE)
def draft_detail(request: HttpRequest, pk: int) -> HttpResponse:
    draft = get_object_or_404(
        drafts.visible_to(request.user).select_related("author", "segment"), pk=pk
    )
    rows = list(draft.renditions.prefetch_related("findings"))
    blocking = renditions.blocking(draft)
    context = {
        "title": draft.title,
        "draft": draft,
        "shown": [frames.shown(rendition) for rendition in rows],
        "blocking": blocking,
        "drifted": drift_decisions.open_by_document(draft),
        "pieces": draft.pieces.select_related("item__document").order_by("places__position"),
        "hands": draft.authorships.select_related("person").order_by("person_id", "act", "at"),
        "trail": [DRAFTS, (draft.title, "")],
    }
    return render(request, "content/draft_detail.html", context)


@require_POST
@desk.page("content.add_draft")
def draft_duplicate(request: HttpRequest, pk: int) -> HttpResponse:
    """Make a draft of the same pieces and settings, rendered, and go there."""
    draft = get_object_or_404(drafts.visible_to(request.user), pk=pk)
    try:
        made = copies.duplicate(draft, by=request.user)
        drafts.generate(made, by=request.user)
    except HalcytoneError as error:
        messages.error(request, str(error))
        return redirect("content:draft", pk)
    messages.success(request, f"Duplicated from “{draft}”. It has no slot yet.")
    return redirect("content:draft", made.pk)


@require_POST
@desk.page(*SEE)
def draft_generate(request: HttpRequest, pk: int) -> HttpResponse:
    """Render the formats that the form names, edited ones too; without names, what nobody edited."""
    draft = get_object_or_404(drafts.visible_to(request.user), pk=pk)
    named = request.POST.getlist("formats") or None
    kept = "What somebody had edited is in its history." if named else "Edited texts were kept."
    return desk.act(
        request,
        lambda: drafts.generate(draft, by=request.user, formats=named),
        done=f"Rendered from the pieces. {kept}",
        to=reverse("content:draft", args=[pk]),
    )


@desk.page(*SEE)
def rendition_edit(request: HttpRequest, pk: int) -> HttpResponse:
    rendition = visible_rendition(request, pk)
    content = renditions.content(rendition)
    errors: list[str] = []
    if request.method == "POST":
        content = frames.from_form(content, request.POST)
        try:
            renditions.edit(
                rendition, by=request.user, content=content, reason=request.POST.get("reason", "")
            )
        except HalcytoneError as error:
            errors = [str(error)]
        else:
            return redirect(
                f"{reverse('content:draft', args=[rendition.draft_id])}#{rendition.format}"
            )
    here = reverse("content:draft", args=[rendition.draft_id])
    context = {"title": f"{rendition.get_format_display()} text", "rendition": rendition,
               "rows": frames.editable(content), "errors": errors,
               "trail": [DRAFTS, (rendition.draft.title, here),
                         (rendition.get_format_display(), "")]}  # fmt: skip
    return render(request, "content/rendition_edit.html", context, status=422 if errors else 200)


@xframe_options_sameorigin
@desk.page(*SEE)
def rendition_frame(request: HttpRequest, pk: int) -> HttpResponse:
    """The rendition alone, as a reader sees it. Scripts, forms and other hosts are closed off."""
    rendition = visible_rendition(request, pk)
    html = frames.page(rendition, is_dark=request.GET.get("dark") == "1")
    response = HttpResponse(html)
    response["Content-Security-Policy"] = (
        "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data: https:; sandbox"
    )
    return response


@desk.page(*SEE)
def rendition_history(request: HttpRequest, pk: int) -> HttpResponse:
    rendition = visible_rendition(request, pk)
    here = reverse("content:draft", args=[rendition.draft_id])
    versions = list(rendition.versions.select_related("author"))
    before = {newer: older.body for newer, older in pairwise(versions)}
    pairs = [
        {"version": version, "changes": frames.changes(before.get(version), version.body)}
        for version in versions
    ]
    context = {"title": f"History of {rendition.get_format_display()}", "rendition": rendition,
               "pairs": pairs, "trail": [DRAFTS, (rendition.draft.title, here), ("History", "")]}  # fmt: skip
    return render(request, "content/rendition_history.html", context)


def visible_rendition(request: HttpRequest, pk: int) -> Rendition:
    """Return the rendition, or 404 when its draft is not for this person's eyes."""
    return get_object_or_404(
        Rendition.objects.select_related("draft"),
        pk=pk,
        draft__in=drafts.visible_to(request.user),
    )
