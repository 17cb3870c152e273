"""How approval goes, in numbers, each with the rows behind it."""

from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from approvals.models import Decision, Escalation, Review
from approvals.services import metrics
from halcytone.lib import desk
from halcytone.lib.errors import NotAllowed

SPANS = (("30", "30 days"), ("90", "90 days"), ("365", "A year"))
USUAL_SPAN = "90"
HERE = "/admin/reviews/metrics/"
TRAIL = ("Reviews", "/admin/reviews/")
VERDICTS = dict(Decision.Verdict.choices)


@desk.page("approvals.view_review")
def metrics_page(request: HttpRequest) -> HttpResponse:
    days, since = span(request)
    context = {
        "title": "How approval goes",
        "metrics": metrics.read(request.user, since),
        "not_measured": metrics.NOT_MEASURED,
        "days": days,
        "spans": [
            {"word": word, "url": f"?days={value}", "is_current": value == days}
            for value, word in SPANS
        ],
        "trail": [TRAIL, ("Numbers", "")],
    }
    return render(request, "approvals/metrics.html", context)


@desk.page("approvals.view_review")
def metrics_rows(request: HttpRequest) -> HttpResponse:
    """The rows behind one number: voices, reviews or escalations."""
    days, since = span(request)
    kinds = {"reviews": reviews_of, "escalations": escalations_of}
    rows = kinds.get(request.GET.get("of", ""), voices_of)(request, since)
    page = Paginator(rows, desk.PAGE_SIZE).get_page(request.GET.get("page"))
    context = {
        "title": "The rows behind it",
        "page": page,
        "days": days,
        "trail": [TRAIL, ("Numbers", f"{HERE}?days={days}"), ("Rows", "")],
    }
    return render(request, "approvals/metrics_rows.html", context)


def span(request: HttpRequest) -> tuple[str, datetime]:
    """Return how many days the numbers are about, as the address says, and since when that is."""
    asked = request.GET.get("days", "")
    days = asked if asked in dict(SPANS) else USUAL_SPAN
    return days, timezone.now() - timedelta(days=int(days))


def voices_of(request: HttpRequest, since: datetime) -> list[dict[str, Any]]:
    asked = request.GET
    disagreed = {"yes": True, "no": False}.get(asked.get("disagreed", ""))
    try:
        found = metrics.chosen(
            request.user,
            since,
            type=asked.get("type", ""),
            level=desk.id_of(asked.get("level", "")),
            stage=asked.get("stage", ""),
            of=desk.id_of(asked.get("person", "")),
            disagreed=disagreed,
        )
    except NotAllowed as error:
        raise PermissionDenied(str(error)) from error
    return [
        row(one.review, one.title, f"{one.stage_name}, round {one.round}", one.at,
            VERDICTS[one.verdict], one.took_s)
        for one in found
    ]  # fmt: skip


def reviews_of(request: HttpRequest, since: datetime) -> list[dict[str, Any]]:
    found = Review.objects.select_related("draft").order_by("-submitted_at", "-pk")
    if request.GET.get("status") == Review.Status.RECALLED:
        found = found.filter(approved_at__gte=since, status=Review.Status.RECALLED)
    elif request.GET.get("approved"):
        found = found.filter(approved_at__gte=since)
    else:
        found = found.filter(submitted_at__gte=since)
    rounds = desk.id_of(request.GET.get("round", ""))
    if rounds is not None:
        found = found.filter(round=rounds)
    return [
        row(one.pk, one.draft.title, f"level {one.level}, round {one.round}", one.submitted_at,
            one.get_status_display())
        for one in found
    ]  # fmt: skip


def escalations_of(request: HttpRequest, since: datetime) -> list[dict[str, Any]]:
    found = Escalation.objects.filter(at__gte=since).select_related("stage__review__draft")
    if stage := request.GET.get("stage"):
        found = found.filter(stage__name=stage)
    return [
        row(one.stage.review_id, one.stage.review.draft.title, f"{one.stage.name}, step {one.step}",
            one.at, one.reason)
        for one in found.order_by("-at", "-pk")
    ]  # fmt: skip


def row(
    review: int, title: str, place: str, at: datetime, what: str, took_s: float | None = None
) -> dict[str, Any]:
    return {
        "review": review,
        "title": title,
        "place": place,
        "at": at,
        "what": what,
        "took_s": took_s,
    }
