"""What the desk shows and takes around a review: checklists, legal triggers, counsel's record, impact."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_POST

from approvals.forms import ImpactForm, LegalForm
from approvals.models import Checklist, LegalReview, LegalTrigger, Review, Stage, Tick
from approvals.services import access, boards, checklists, clearing, evidence, impact
from approvals.services.boards import Board
from content.services import drafts
from halcytone.lib import desk
from halcytone.lib.errors import Invalid, Problem

DRAFTS = ("content.view_draft", "content.view_own_draft")


def matters(review: Review, board: Board, person: Any) -> dict[str, Any]:
    """Return what the page of a review shows of lists, legal matters and impact."""
    record = LegalReview.objects.filter(review=review).select_related("counsel").first()
    triggers = list(review.triggers.select_related("disputed_by", "cleared_by"))
    results = evidence.of(board.draft, review)
    is_counsel = clearing.is_counsel(review, person)
    sheets = checklists.sheets(board, person, results)
    launch = next((each for each in sheets if each.checklist.key == Checklist.LAUNCH), None)
    return {
        "sheets": sheets,
        "launch": launch,
        "phases": phases(board) if launch else None,
        "triggers": triggers,
        "legal_review": record,
        "legal_form": LegalForm(initial=record.__dict__ if record else {}) if is_counsel else None,
        "is_counsel": is_counsel,
        "impact": impact.of(board.draft),
    }


def phases(board: Board) -> dict[str, int]:
    """Return how many stages of a review are asked, and how many of them have passed."""
    asked = boards.asked(board.stages)
    passed = [stage for stage in asked if stage.status == Stage.Status.PASSED]
    return {"stages": len(asked), "passed": len(passed)}


@require_POST
@desk.page("approvals.view_review")
def tick(request: HttpRequest, pk: int) -> HttpResponse:
    """Tick items of a list in one's own name, or take one tick back."""
    review = _review(request, pk)

    def act() -> None:
        if taken := desk.id_of(request.POST.get("take_back", "")):
            ticks = Tick.objects.filter(review=review, pk=taken).select_related("item__checklist")
            checklists.take_back(ticks, by=request.user)
        else:
            words = request.POST.get("evidence", "")
            checklists.tick(review, by=request.user, items=_items(request), evidence=words)

    here = reverse("approvals:review", args=[pk])
    return desk.act(request, act, done="Noted.", to=f"{here}#lists", failed_to=here)


@require_POST
@desk.page("approvals.view_review")
def trigger(request: HttpRequest, pk: int) -> HttpResponse:
    """Dispute a legal trigger, or clear it as counsel."""
    seen = drafts.visible_to(request.user)
    row = get_object_or_404(
        LegalTrigger.objects.select_related("review__draft__author"),
        pk=pk,
        review__draft__in=seen,
    )
    verb = clearing.clear if request.POST.get("act") == "clear" else clearing.dispute
    here = reverse("approvals:review", args=[row.review_id])
    return desk.act(
        request,
        lambda: verb(row, by=request.user, reason=request.POST.get("reason", "")),
        done="Cleared."
        if verb is clearing.clear
        else "Disputed. It stands until counsel clears it.",
        to=f"{here}#legal",
        failed_to=here,
    )


@require_POST
@desk.page("approvals.view_review")
def record(request: HttpRequest, pk: int) -> HttpResponse:
    """Write counsel's record of a review."""
    review = _review(request, pk)
    form = LegalForm(request.POST)
    here = reverse("approvals:review", args=[pk])
    return desk.act(
        request,
        lambda: clearing.record(review, by=request.user, **_cleaned(form)),
        done="Written down.",
        to=f"{here}#legal",
        failed_to=here,
    )


@require_POST
@desk.page(*DRAFTS)
def assess(request: HttpRequest, draft_pk: int) -> HttpResponse:
    """Answer questions of the impact form."""
    draft = get_object_or_404(drafts.visible_to(request.user), pk=draft_pk)
    form = ImpactForm(request.POST)
    here = reverse("content:draft", args=[draft_pk])
    return desk.act(
        request,
        lambda: impact.save(draft, by=request.user, **_cleaned(form)),
        done="The impact form is kept.",
        to=here,
    )


@require_POST
@desk.page(*DRAFTS)
def declare(request: HttpRequest, draft_pk: int) -> HttpResponse:
    """Tick items of the creation list: the author's declaration."""
    draft = get_object_or_404(drafts.visible_to(request.user), pk=draft_pk)
    here = reverse("content:draft", args=[draft_pk])
    return desk.act(
        request,
        lambda: checklists.declare(draft, by=request.user, items=_items(request)),
        done="Declared.",
        to=here,
    )


def _review(request: HttpRequest, pk: int) -> Review:
    rows = access.reviews(request.user)
    return get_object_or_404(rows.select_related("draft__author"), pk=pk)


def _items(request: HttpRequest) -> list[int]:
    return [found for each in request.POST.getlist("items") if (found := desk.id_of(each))]


def _cleaned(form: Any) -> dict[str, Any]:
    """Return what a form says. Raises Invalid naming each field."""
    if not form.is_valid():
        raise Invalid(
            [
                Problem(
                    "choice", str(error), form.fields[name].label if name in form.fields else ""
                )
                for name, errors in form.errors.items()
                for error in errors
            ]
        )
    return dict(form.cleaned_data)
