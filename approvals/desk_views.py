"""The desk of approvals: the queue, and the grid of one review."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse

from approvals.services import access, grid, sections
from content.models import FormatName
from halcytone.lib import desk

SECTION_KEYS = [key for key, *_ in sections.SECTIONS]
FORMATS = dict(FormatName.choices)


@desk.page("approvals.view_review")
def queue_page(request: HttpRequest) -> HttpResponse:
    """What waits for me, what runs, what came back, what was approved lately."""
    only = request.GET.get("section", "")
    only = only if only in SECTION_KEYS else ""
    page = max(desk.id_of(request.GET.get("page", "")) or 1, 1)
    found = sections.read(request.user, filters(request), only=only, page=page)
    shown = next((one for one in found.sections if one.key == only), None)
    context = {
        "title": shown.name if shown else "Reviews",
        "sections": [(one, desk.address(request, section=one.key, page=None)) for one in found.sections],
        "only": shown,
        "pages": pages(request, shown.count, page) if shown else None,
        "filters": pills(request, found),
        "is_filtered": any(request.GET.get(name) for name in ("format", "level", "preset")),
        "here": request.get_full_path(),
        "trail": [("Reviews", "/admin/reviews/"), (shown.name, "")] if shown else [("Reviews", "")],
    }  # fmt: skip
    return render(request, "approvals/queue.html", context)


def filters(request: HttpRequest) -> sections.Filters:
    """Return what the address asks to see; what it says wrongly asks for nothing."""
    format = request.GET.get("format", "")
    return sections.Filters(
        format=format if format in FORMATS else "",
        level=desk.id_of(request.GET.get("level", "")),
        preset=request.GET.get("preset", ""),
    )


def pills(request: HttpRequest, found: sections.Queue) -> list[tuple[str, list[dict[str, Any]]]]:
    """Return the links of each filter with how many reviews it leaves; a filter of one value is none."""
    chosen = []
    for name, counts in found.counts.items():
        if len(counts) > 1 or request.GET.get(name):
            choices = [
                (str(value), f"{word(name, value)} ({count})") for value, count in counts.items()
            ]
            chosen.append((name, desk.pills(request, name, choices)))
    return chosen


def word(name: str, value: Any) -> str:
    """Return how a filter's value is called on its pill."""
    if name == "format":
        return str(FORMATS.get(value, value))
    return f"Level {value}" if name == "level" else f"Policy {value}"


def pages(request: HttpRequest, count: int, page: int) -> dict[str, Any]:
    """Return the addresses of the pages before and after this one of a long section."""
    last = max(-(-count // sections.PAGE_SIZE), 1)
    return {
        "number": page,
        "last": last,
        "before": desk.address(request, page=page - 1) if 1 < page <= last else "",
        "after": desk.address(request, page=page + 1) if page < last else "",
    }


@desk.page("approvals.view_review")
def grid_page(request: HttpRequest, pk: int) -> HttpResponse:
    """Everything that was said about a review: seals against stages, format by format."""
    review = get_object_or_404(access.reviews(request.user).select_related("draft"), pk=pk)
    found = grid.read(review)
    here = reverse("approvals:review", args=[pk])
    context = {
        "title": f"Grid: {review.draft.title}",
        "review": review,
        "grid": found,
        "columns": len(found.stages) + 1,
        "trail": [("Reviews", "/admin/reviews/"), (review.draft.title, here), ("Grid", "")],
    }
    return render(request, "approvals/grid.html", context)
