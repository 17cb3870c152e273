"""The desk's pages about change: two texts side by side, and what a changed source touches."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from content import compare
from content.models import Revision, Snapshot
from content.services import documents, drift_board, drift_decisions, items, pictures, snapshots
from content.views import DOCUMENTS, SEE
from halcytone.lib import desk


@desk.page(*SEE)
def document_drift(request: HttpRequest, pk: int) -> HttpResponse:
    document = get_object_or_404(documents.visible_to(request.user), pk=pk)
    is_all = request.GET.get("show") == "all"
    lines = drift_board.lines(document, by=request.user, is_open=not is_all)
    context = {
        "title": "What changed at the source",
        "document": document,
        "lines": [
            (line, where, compare.words(line.drift.sentence, line.drift.new_sentence))
            for line, where in drift_board.told_once(lines)
        ],
        "pills": [
            {
                "word": "To decide",
                "url": desk.address(request, show=None),
                "is_current": not is_all,
            },
            {"word": "All", "url": desk.address(request, show="all"), "is_current": is_all},
        ],
        "trail": [DOCUMENTS, (document.name, _of(document)), ("Changes", "")],
    }
    return render(request, "content/drift.html", context)


@require_POST
@desk.page("content.view_draft", "content.view_own_draft")
def drift_decide(request: HttpRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(drift_decisions.visible_to(request.user), pk=pk)
    to = reverse("content:document-drift", args=[row.notice.document_id])
    acts = {
        "take": (lambda: drift_decisions.take_over(row, by=request.user),
                 "Taken over. This rendition, and it alone, has to be approved anew."),
        "keep": (lambda: drift_decisions.keep(row, by=request.user, reason=request.POST.get("reason", "")),
                 "Kept as it is."),
        "correct": (lambda: drift_decisions.correct(row, by=request.user, reason=request.POST.get("reason", "")),
                    "Noted for correction."),
    }  # fmt: skip
    call, done = acts.get(request.POST.get("decision", ""), acts["keep"])
    return desk.act(request, call, done=done, to=to)


@desk.page(*SEE)
def snapshot_compare(request: HttpRequest, pk: int) -> HttpResponse:
    """A fetch beside the one before it, or beside the one that `?with=` names."""
    rows = Snapshot.objects.filter(document__in=documents.visible_to(request.user))
    snapshot = get_object_or_404(rows.select_related("document"), pk=pk)
    others = snapshot.document.snapshots.exclude(pk=pk).defer("raw", "text", "blocks")
    named = desk.id_of(request.GET.get("with", ""))
    other = get_object_or_404(others, pk=named) if named else _before(snapshot)
    old = snapshots.text_of(other) if other else ""
    context = {
        "title": "Two readings side by side",
        "snapshot": snapshot,
        "other": other,
        "others": others[:50],
        "parts": shown(old, snapshots.text_of(snapshot)),
        "trail": [DOCUMENTS, (snapshot.document.name, _of(snapshot.document)), ("Compare", "")],
    }
    return render(request, "content/compare.html", context)


@desk.page("content.view_item")
def revision_compare(request: HttpRequest, pk: int) -> HttpResponse:
    """A text beside its parent, or beside that of any item that `?with=` names."""
    rows = Revision.objects.filter(item__in=items.visible_to(request.user))
    rows = rows.select_related("item__document", "author")
    revision = get_object_or_404(rows.select_related("parent"), pk=pk)
    others = revision.item.revisions.exclude(pk=pk)
    named = desk.id_of(request.GET.get("with", ""))
    other = get_object_or_404(rows, pk=named) if named else revision.parent or others.first()
    here = reverse("content:item", args=[revision.item_id])
    context = {
        "title": "Two versions side by side",
        "revision": revision,
        "other": other,
        "others": others.select_related("author"),
        "parts": shown(written(other), written(revision)),
        "trail": [DOCUMENTS, (revision.item.document.name, _of(revision.item.document)),
                  (str(revision.item), here), ("Compare", "")],
    }  # fmt: skip
    return render(request, "content/compare.html", context)


@require_POST
@desk.page("content.change_item")
def revision_restore(request: HttpRequest, pk: int) -> HttpResponse:
    rows = Revision.objects.filter(item__in=items.visible_to(request.user))
    revision = get_object_or_404(rows.select_related("item"), pk=pk)
    return desk.act(
        request,
        lambda: items.restore(revision, by=request.user, reason=request.POST.get("reason", "")),
        done=f"Version {revision.number} is the next version now.",
        to=reverse("content:item", args=[revision.item_id]),
    )


@require_POST
@desk.page(*SEE)
def snapshot_settle(request: HttpRequest, pk: int) -> HttpResponse:
    """Take in, or refuse, a reading that lost most of its document."""
    rows = Snapshot.objects.filter(document__in=documents.visible_to(request.user))
    snapshot = get_object_or_404(rows.select_related("document"), pk=pk)
    is_taken = request.POST.get("answer") == "accept"
    act = snapshots.accept if is_taken else snapshots.refuse
    done = (
        "The shorter document is taken in."
        if is_taken
        else "Refused. The document stays as it was."
    )
    to = _of(snapshot.document)
    return desk.act(request, lambda: act(snapshot, by=request.user), done=done, to=to)


def shown(old: str, new: str) -> list[dict[str, Any]]:
    """Return the parts of a comparison with the images at their public addresses."""
    return [
        part.as_dict()
        | {"before": pictures.shown(part.before), "after": pictures.shown(part.after)}
        for part in compare.texts(old, new)
    ]


def written(revision: Revision | None) -> str:
    """Return title and text as one Markdown text; "" for none."""
    return f"# {revision.title}\n\n{revision.content}" if revision else ""


def _before(snapshot: Snapshot) -> Snapshot | None:
    rows = snapshot.document.snapshots.filter(fetched_at__lte=snapshot.fetched_at)
    return rows.exclude(pk=snapshot.pk).exclude(state=Snapshot.State.REFUSED).first()


def _of(document: Any) -> str:
    return reverse("content:document", args=[document.pk])
