"""The desk's pages about what went out: releases with their books, the ledger, the rhythm, accounts."""

from typing import Any

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from halcytone.lib import desk, rights
from publishing import messages
from publishing.books import books
from publishing.models import Account, Cadence, Delivery, Release, Stop
from publishing.services import accounts, cadences, deliveries, installation, presses, releases

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
        "stops": open_stops(),
        "why_not": installation.why_not(),
        "trail": [("Releases", "")],
    }
    return render(request, "publishing/release_list.html", context)


def open_stops() -> list[Stop]:
    rows = Stop.objects.filter(lifted_at__isnull=True)
    return list(rows.select_related("stopped_by", "lift_asked_by", "account", "release__draft"))


@desk.page("publishing.view_release")
def release_detail(request: HttpRequest, pk: int) -> HttpResponse:
    release = get_object_or_404(Release.objects.select_related("draft__segment"), pk=pk)
    uncertain = release.deliveries.filter(state=Delivery.State.UNCERTAIN)
    context = {
        "title": release.draft.title,
        "release": release,
        "books": books(release),
        "parts": release.parts.select_related("account", "seal", "rendition"),
        "uncertain": uncertain.select_related("part_of", "contact")[:20],
        "threads": release.deliveries.filter(part_of__format="x").order_by("part"),
        "events": release.events.select_related("by").order_by("-at", "-pk"),
        "is_moving": release.status in (Release.Status.RELEASING, Release.Status.PLANNED),
        "trail": [RELEASES, (release.draft.title, "")],
    }
    return render(request, "publishing/release_detail.html", context)


ACTS: dict[str, tuple[Any, str]] = {
    "hold": (releases.hold, "Held. Nothing of it leaves until somebody resumes it."),
    "resume": (releases.resume, "Resumed."),
    "cancel": (releases.cancel, "Cancelled. What had not left stays here."),
    "send_late": (releases.send_late, "Leaving now, marked late."),
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
        "message": text_of(delivery),
        "trail": [("Ledger", reverse("publishing:ledger")), (f"Delivery {pk}", "")],
    }
    return render(request, "publishing/delivery_detail.html", context)


@require_POST
@desk.page("publishing.settle_delivery")
def delivery_settle(request: HttpRequest, pk: int) -> HttpResponse:
    """An uncertain row: "It is out" (with its link), or "It never left" (sends it)."""
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


@desk.page("publishing.view_cadence")
def cadence_list(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    rows = Cadence.objects.select_related("recipe", "segment", "owner")
    lines = [
        {
            "cadence": cadence,
            "next": cadences.next_slots(cadence, now, count=5),
            "turns": cadence.slots.select_related("draft", "release")[:6],
        }
        for cadence in rows.prefetch_related("documents")
    ]
    context = {"title": "Cadence", "lines": lines, "trail": [("Cadence", "")]}
    return render(request, "publishing/cadence_list.html", context)


@desk.page("publishing.view_account")
def account_list(request: HttpRequest) -> HttpResponse:
    person, rows = request.user, list(Account.objects.all())
    context = {
        "title": "Accounts",
        "rows": rows,
        "mine": {row.pk for row in rows if accounts.may(person, "change", row.format)},
        "may_add": accounts.may(person, "add"),
        "trail": [("Accounts", "")],
    }
    return render(request, "publishing/account_list.html", context)


@require_POST
@desk.page("publishing.stop_presses")
def stop_presses(request: HttpRequest) -> HttpResponse:
    reason = request.POST.get("reason", "")
    return desk.act(
        request,
        lambda: presses.stop(by=request.user, reason=reason),
        done="Stopped. Nothing is claimed until two people lift it.",
        to=RELEASES[1],
    )


@require_POST
@desk.page("publishing.lift_stop")
def stop_lift(request: HttpRequest, pk: int) -> HttpResponse:
    """The first person asks, the second lifts."""
    row = get_object_or_404(Stop, pk=pk)
    service = presses.lift if row.lift_asked_by_id else presses.ask_lift
    done = "Lifted." if row.lift_asked_by_id else "Asked. Another person can lift it now."
    return desk.act(request, lambda: service(row, by=request.user), done=done, to=RELEASES[1])


@require_POST
@desk.page("publishing.claim_installation")
def installation_claim(request: HttpRequest) -> HttpResponse:
    return desk.act(
        request,
        lambda: installation.claim(request.user),
        done="This installation sends from now on; any other copy has stopped.",
        to=RELEASES[1],
    )
