"""The timeline of a review, and its evidence to take away."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from approvals.models import Review
from approvals.services import access, exports, timeline
from halcytone.lib import desk, rights
from halcytone.lib.audit import reading

REVIEWS = ("Reviews", "/admin/reviews/")
FILES = {exports.JSON: ("json", "application/json"), exports.MARKDOWN: ("md", "text/markdown")}


@desk.page("approvals.view_review")
def timeline_page(request: HttpRequest, pk: int) -> HttpResponse:
    review = _visible(request, pk)
    context = {
        "title": f"Timeline: {review.draft.title}",
        "review": review,
        "draft": review.draft,
        "lines": timeline.lines(timeline.entries(review).order_by("seq")),
        "is_waiting": review.status == Review.Status.OPEN,
        "may_export": rights.may(request.user, reading.ALL),
        "trail": [
            REVIEWS,
            (review.draft.title, f"{REVIEWS[1]}{review.pk}/"),
            ("Timeline", ""),
        ],
    }
    return render(request, "approvals/timeline.html", context)


@desk.page(reading.ALL)
def evidence_file(request: HttpRequest, pk: int, form: str) -> HttpResponse:
    """The signed evidence of a review as a file."""
    review = _visible(request, pk)
    if form not in FILES:
        raise Http404
    ending, kind = FILES[form]
    answer = HttpResponse(
        exports.export(review, by=request.user, form=form), content_type=f"{kind}; charset=utf-8"
    )
    answer["Content-Disposition"] = f'attachment; filename="review-{review.pk}.{ending}"'
    answer["X-Content-Type-Options"] = "nosniff"
    return answer


def _visible(request: HttpRequest, pk: int) -> Review:
    rows = access.reviews(request.user)
    return get_object_or_404(rows.select_related("draft", "policy"), pk=pk)
