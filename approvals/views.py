"""The desk's pages about approval: one review with all it is about, the policy."""

from collections.abc import Collection, Iterable
from itertools import groupby
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from approvals import law_views, seals, talk_views, time_views
from approvals.models import Decision, Review, Seal
from approvals.services import access, boards, eligibility, queue, reviews
from content import frames
from content.services import drafts, drift_decisions
from halcytone.lib import desk
from halcytone.lib.errors import HalcytoneError

REVIEWS = ("Reviews", "/admin/reviews/")


@desk.page("approvals.view_review")
def review_page(request: HttpRequest, pk: int) -> HttpResponse:
    rows = access.reviews(request.user)
    review = get_object_or_404(
        rows.select_related("draft__author", "policy", "submitted_by"), pk=pk
    )
    board = boards.read(review)
    mine = queue.mine(board, request.user)
    context = {
        "title": f"Review: {review.draft.title}",
        "review": review,
        "draft": board.draft,
        "shown": [frames.shown(rendition) for rendition in board.renditions.values()],
        "mine": mine,
        "asked": [(board.renditions[name], board.seals[name].sha256) for name in mine],
        "refusals": refusals(board, request.user, besides=mine),
        "drifted": drift_decisions.open_by_document(board.draft),
        "stages": time_views.with_lights(queue.progress(review)),
        "decisions": told(board.decisions.values()),
        "changed": changed(board),
        "seals": {name: content.sha256 for name, content in board.seals.items()},
        "reasons": Decision.Reason.choices,
        "can_recall": review.status == Review.Status.APPROVED,
        **time_views.of_late(review, request.user),
        **time_views.of_clock(review),
        "trail": [REVIEWS, (review.draft.title, "")],
        **talk_views.conversation(review, board, request.user),
        **law_views.matters(review, board, request.user),
    }
    return render(request, "approvals/review.html", context)


def told(decisions: Iterable[Decision]) -> list[tuple[Decision, list[Seal]]]:
    """Return what each person said at one moment once, with the seals that it was said about."""

    def act(one: Decision) -> tuple[Any, ...]:
        moment = one.decided_at.replace(second=0, microsecond=0)
        return (
            moment,
            one.person_id,
            one.link_id,
            one.role,
            one.verdict,
            one.comment,
            one.policy_row,
        )

    in_order = sorted(decisions, key=lambda one: one.decided_at)
    acts = [list(same) for _, same in groupby(in_order, key=act)]
    return [(same[0], [one.seal for one in same]) for same in acts]


def refusals(board: Any, person: Any, *, besides: Collection[str]) -> list[str]:
    """Return why this person may not decide about what waits now, besides hers; each sentence once."""
    found: dict[str, None] = {}
    for cell in board.standing.in_turn():
        if cell.format in besides:
            continue
        stage = board.stages[cell.step.key]
        refusal = eligibility.find_refusal(person, cell.format, stage, board.hands)
        if refusal:
            found[refusal.sentence] = None
    return list(found)


def changed(board: Any) -> list[dict[str, Any]]:
    """Return what changed since a rendition was last approved, in sentences."""
    found = []
    for name, content in board.seals.items():
        decided = [one for one in board.decisions.values() if one.seal.format == name]
        old = max((one.seal for one in decided), key=lambda seal: seal.pk, default=None)
        if old is not None and old.sha256 != content.sha256:
            found.append({"format": name, "sentences": seals.differences(old, content)})
    return found


@require_POST
@desk.page("approvals.decide_review")
def decide(request: HttpRequest, pk: int) -> HttpResponse:
    """One person's answer. The seals of what was on her screen come with the form."""
    review = get_object_or_404(access.reviews(request.user).select_related("draft"), pk=pk)
    posted = request.POST
    formats = posted.getlist("formats")
    try:
        reviews.decide(
            review,
            by=request.user,
            verdict=posted.get("verdict", ""),
            formats=formats or None,
            reason=posted.get("reason", ""),
            comment=posted.get("comment", ""),
            shown={name: posted.get(f"shown-{name}", "") for name in formats},
        )
    except HalcytoneError as error:
        messages.error(request, str(error))
        return HttpResponseRedirect(reverse("approvals:review", args=[pk]))
    return after_decision(request, review, posted.get("verdict", ""))


def after_decision(request: HttpRequest, review: Review, verdict: str) -> HttpResponse:
    """Say what was done and go to the next piece that waits for this person."""
    review.refresh_from_db()
    words = {"approve": "Approved", "request_changes": "Sent back", "reject": "Rejected"}
    slot = review.draft.slot_wall.replace("T", " ")
    zone = review.draft.zone.rsplit("/", 1)[-1].replace("_", " ")
    when = f", {slot} {zone}" if slot and verdict == "approve" else ""
    waiting = [one for one in queue.waiting_for(request.user) if one.pk != review.pk]
    rest = f" Next of {len(waiting)}." if waiting else " Nothing else waits for you."
    messages.success(request, f"{words.get(verdict, 'Noted')}: {review.draft.title}{when}.{rest}")
    to = reverse("approvals:review", args=[waiting[0].pk]) if waiting else REVIEWS[1]
    return HttpResponseRedirect(to)


@require_POST
@desk.page("approvals.submit_review")
def submit(request: HttpRequest, draft_pk: int) -> HttpResponse:
    draft = get_object_or_404(drafts.visible_to(request.user), pk=draft_pk)
    here = reverse("content:draft", args=[draft_pk])
    note = request.POST.get("note", "")
    done = "Submitted. The people whom the policy names were asked."
    return desk.act(
        request, lambda: reviews.submit(draft, by=request.user, note=note), done=done, to=here
    )


@require_POST
@desk.page("approvals.view_review")
def take_back(request: HttpRequest, pk: int) -> HttpResponse:
    """Withdraw a running review, or recall an approval before publication."""
    review = get_object_or_404(access.reviews(request.user), pk=pk)
    service = reviews.recall if review.status == Review.Status.APPROVED else reviews.withdraw
    reason = request.POST.get("reason", "")
    return desk.act(
        request,
        lambda: service(review, by=request.user, reason=reason),
        done="Taken back.",
        to=reverse("approvals:review", args=[pk]),
    )
