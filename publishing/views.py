"""The desk's pages about what went out: releases with their books, the ledger, the rhythm, accounts."""

import json
from typing import Any

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from content.services import drift_decisions
from halcytone.lib import desk, rights
from publishing import messages, stop_views
from publishing.books import books, failures, status
from publishing.channels import task
from publishing.models import Delivery, Release, ReleasePart
from publishing.services import (
    archiving,
    canary,
    canary_watch,
    deliveries,
    installation,
    presses,
    releases,
    results,
)

SEES_PEOPLE = "segmentation.view_contact"
RELEASES = ("Releases", "/admin/releases/")


@desk.page("publishing.view_release")
def release_list(request: HttpRequest) -> HttpResponse:
    rows = Release.objects.select_related("draft").prefetch_related("parts")
    chosen = request.GET.get("status", "")
    if chosen in Release.Status.values:
        rows = rows.filter(status=chosen)
    context = {
        "title": "Releases",
        "page": desk.listing(request, rows),
        "pills": desk.pills(request, "status", Release.Status.choices),
        "stops": stop_views.open_stops(),
        "scopes": presses.scopes(),
        "why_not": installation.why_not(),
        "trail": [("Releases", "")],
    }
    return render(request, "publishing/release_list.html", context)


@desk.page("publishing.view_release")
def release_detail(request: HttpRequest, pk: int) -> HttpResponse:
    release = get_object_or_404(Release.objects.select_related("draft__segment"), pk=pk)
    uncertain = release.deliveries.filter(state=Delivery.State.UNCERTAIN)
    by_hand = release.deliveries.filter(state=Delivery.State.PREPARED)
    parts = release.parts.select_related("account", "seal", "rendition")
    found = books(release)
    context = {
        "title": release.draft.title,
        "release": release,
        "books": found,
        "outcome": status(release, found),
        "failures": failures(release),
        "results": results.of(release),
        "parts": [(part, deliveries.ways_on(part)) for part in parts],
        "uncertain": uncertain.select_related("part_of", "contact")[:20],
        "by_hand": by_hand.select_related("part_of", "account")[:20] if found.prepared else (),
        "threads": release.deliveries.filter(part_of__format="x").order_by("part"),
        "events": release.events.select_related("by").order_by("-at", "-pk"),
        "canary": canary.of(release),
        "drifted": drift_decisions.open_by_document(release.draft),
        "is_moving": release.status in (Release.Status.RELEASING, Release.Status.PLANNED),
        "trail": [RELEASES, (release.draft.title, "")],
    }
    return render(request, "publishing/release_detail.html", context)


ACTS: dict[str, tuple[Any, str]] = {
    "hold": (releases.hold, "Held. Nothing of it leaves until somebody resumes it."),
    "resume": (releases.resume, "Resumed."),
    "cancel": (releases.cancel, "Cancelled. What had not left stays here."),
    "send_late": (releases.send_late, "Leaving now, marked late."),
    "exclude_rest": (canary_watch.exclude_rest, "Left out. The rows are kept, with the reason."),
    "drop": (releases.drop, "Dropped. Every row is kept as excluded, for being late."),
}


@require_POST
@desk.page("publishing.view_release")
def release_act(request: HttpRequest, pk: int, act: str) -> HttpResponse:
    release = get_object_or_404(Release, pk=pk)
    service, done = ACTS[act]
    reason = request.POST.get("reason", "")
    return desk.act(
        request,
        lambda: service(release, by=request.user, reason=reason),
        done=done,
        to=reverse("publishing:release", args=[pk]),
    )


PART_DONE = {
    deliveries.CONTINUE: "Planned again; what waits for it goes behind it.",
    deliveries.TAKE_UP: "Taken up as it is approved now.",
    deliveries.WITHDRAW: "Left out. Its rows are kept as excluded, with the reason.",
}


@require_POST
@desk.page("publishing.settle_delivery")
def part_act(request: HttpRequest, pk: int, format: str, act: str) -> HttpResponse:
    """Decide about a part that stands still."""
    rows = ReleasePart.objects.select_related("account", "seal", "release")
    part = get_object_or_404(rows, release=pk, format=format)
    reason = request.POST.get("reason", "")
    return desk.act(
        request,
        lambda: deliveries.PART_ACTS[act](part, by=request.user, reason=reason),
        done=PART_DONE[act],
        to=reverse("publishing:release", args=[pk]),
    )


FILTERS = {"release": "release", "format": "part_of__format", "state": "state", "reason": "reason"}


@desk.page("publishing.view_delivery")
def ledger(request: HttpRequest) -> HttpResponse:
    """Every act towards the outside, newest first; each number of the books opens its rows here."""
    rows = Delivery.objects.select_related("release__draft", "part_of", "account", "contact")
    for name, field in FILTERS.items():
        if value := request.GET.get(name, ""):
            rows = (
                rows.filter(**{field: value})
                if name != "release" or desk.id_of(value)
                else rows.none()
            )
    if words := request.GET.get("q", "").strip():
        is_found = Q(provider_id=words)
        if rights.may(request.user, SEES_PEOPLE):
            is_found |= Q(contact__email__icontains=words)
        rows = rows.filter(is_found)
    context = {
        "title": "Ledger",
        "page": desk.listing(request, rows.order_by("-pk")),
        "pills": desk.pills(request, "state", Delivery.State.choices),
        "release": Release.objects.filter(pk=request.GET["release"]).select_related("draft").first()
        if desk.id_of(request.GET.get("release", ""))
        else None,
        "trail": [("Ledger", "")],
    }
    return render(request, "publishing/ledger.html", context)


@desk.page("publishing.view_delivery")
def delivery_detail(request: HttpRequest, pk: int) -> HttpResponse:
    rows = Delivery.objects.select_related("release__draft", "part_of__seal", "account", "contact")
    delivery = get_object_or_404(rows, pk=pk)
    sees_people = rights.may(request.user, SEES_PEOPLE)
    text_of = messages.for_people if sees_people else messages.for_all
    context = {
        "title": f"Delivery {delivery.pk}",
        "delivery": delivery,
        "events": delivery.events.select_related("by"),
        "can_archive": archiving.is_possible(delivery),
        "message": text_of(delivery),
        **_by_hand(delivery),
        "trail": [("Ledger", reverse("publishing:ledger")), (f"Delivery {pk}", "")],
    }
    return render(request, "publishing/delivery_detail.html", context)


def _by_hand(delivery: Delivery) -> dict[str, Any]:
    """Return what a person needs who posts this herself: texts to copy, and the files."""
    if delivery.state != Delivery.State.PREPARED:
        return {}
    part = delivery.part_of
    return {"ready": task.ready(json.loads(part.seal.body)), "files": messages.media_of(part)}


@require_POST
@desk.page("publishing.settle_delivery")
def delivery_settle(request: HttpRequest, pk: int) -> HttpResponse:
    """An uncertain or prepared row: "It is out" (with its link), "It never left" (sends it), or given up."""
    delivery = get_object_or_404(Delivery, pk=pk)
    posted = request.POST
    return desk.act(
        request,
        lambda: deliveries.settle(
            delivery,
            by=request.user,
            answer=posted.get("answer", ""),
            url=posted.get("url", ""),
            reason=posted.get("reason", ""),
        ),
        done="Settled. Who said so, when and why stays with the row.",
        to=desk.way_back(request, reverse("publishing:delivery", args=[pk])),
    )


@require_POST
@desk.page("publishing.settle_delivery")
def delivery_retry(request: HttpRequest, pk: int) -> HttpResponse:
    delivery = get_object_or_404(Delivery, pk=pk)
    reason = request.POST.get("reason", "")
    return desk.act(
        request,
        lambda: deliveries.retry(delivery, by=request.user, reason=reason),
        done="Planned again; it leaves with the next batch.",
        to=reverse("publishing:delivery", args=[pk]),
    )


@require_POST
@desk.page("publishing.settle_delivery")
def delivery_archive(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a page that is out of readers' sight."""
    delivery = get_object_or_404(Delivery, pk=pk)
    reason = request.POST.get("reason", "")
    return desk.act(
        request,
        lambda: archiving.archive(delivery, by=request.user, reason=reason),
        done="Archived. Its address shows readers nothing any more; the row keeps who did it, and why.",
        to=reverse("publishing:delivery", args=[pk]),
    )
