"""The home of the desk: what waits for me, what goes out next, what is wrong, what the last one did."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from approvals.services import queue
from content.models import Notice, SyncJob
from content.services import documents
from halcytone.lib import desk, rights
from publishing.books import books, failures, status
from publishing.models import Cadence, Delivery, Release, Stop
from publishing.services import cadences, installation

NOTICE_PAGES: dict[str, str] = {Notice.Kind.DRIFT: "content:document-drift"}
FINISHED = (Release.Status.DONE, Release.Status.INCOMPLETE)


@desk.page()
def home(request: HttpRequest) -> HttpResponse:
    """Four questions, each answered with rows that can be opened."""
    person = request.user
    sees_releases = rights.may(person, "publishing.view_release")
    context = {
        "title": "Home",
        "waiting": queue.waiting_for(person)[:8],
        "next_out": next_out() if sees_releases else [],
        "cadences": next_turns() if sees_releases else [],
        "wrong": wrong(person, sees_releases=sees_releases),
        "last": last_edition() if sees_releases else None,
        "trail": [("Home", "")],
    }
    return render(request, "desk/home.html", context)


def next_out() -> list[Release]:
    """Return what is planned or moving, soonest first."""
    rows = Release.objects.filter(status__in=(Release.Status.PLANNED, Release.Status.RELEASING))
    return list(rows.select_related("draft").prefetch_related("parts").order_by("due_at")[:5])


def next_turns() -> list[dict[str, Any]]:
    """Return the next turn of each rhythm with its draft, where one is put together."""
    now = timezone.now()
    found = []
    for cadence in Cadence.objects.filter(is_enabled=True):
        slot = cadences.next_slots(cadence, now, count=1)[0]
        turn = cadence.slots.filter(slot_wall=slot.wall).select_related("draft").first()
        found.append({"cadence": cadence, "slot": slot, "turn": turn})
    return found


def wrong(person: Any, *, sees_releases: bool) -> list[dict[str, str]]:
    """Return sentences about what needs somebody, each with the address of its rows."""
    troubles = [*wrong_documents(person), *wrong_readings(person)]
    return [*troubles, *wrong_releases()] if sees_releases else troubles


def wrong_documents(person: Any) -> list[dict[str, str]]:
    """Return the open notices of the documents that this person may see."""
    rows = Notice.objects.filter(closed_at=None, document__in=documents.visible_to(person))
    return [
        {
            "text": f"{notice.document}: {notice.text}",
            "url": reverse(
                NOTICE_PAGES.get(notice.kind, "content:document"), args=[notice.document_id]
            ),
        }
        for notice in rows.select_related("document")[:8]
    ]


def wrong_readings(person: Any) -> list[dict[str, str]]:
    """Return the documents whose last reading failed and about which no notice speaks."""
    told = Notice.objects.filter(closed_at=None).values("document")
    seen = documents.visible_to(person).exclude(pk__in=told)
    return [
        {
            "text": f"{job.document} could not be read.",
            "url": reverse("content:document", args=[job.document_id]),
        }
        for job in documents.latest_jobs(seen).select_related("document")
        if job.status == SyncJob.Status.FAILED
    ]


def wrong_releases() -> list[dict[str, str]]:
    """Return what stands still at the publisher, and why."""
    found = [
        f"The presses are stopped: {stop.reason}" for stop in Stop.objects.filter(lifted_at=None)
    ]
    found += filter(None, [installation.why_not()])
    lines = [{"text": sentence, "url": "/admin/releases/"} for sentence in found]
    lines += [
        {
            "text": f"{release.draft}: {release.note or release.get_status_display()}",
            "url": f"/admin/releases/{release.pk}/",
        }
        for release in Release.objects.wanting().select_related("draft")[:8]
    ]
    uncertain = Delivery.objects.filter(state=Delivery.State.UNCERTAIN).count()
    if uncertain:
        sentence = f"{uncertain} deliver{'ies are' if uncertain > 1 else 'y is'} uncertain."
        lines.append({"text": sentence, "url": "/admin/ledger/?state=uncertain"})
    return lines


def last_edition() -> dict[str, Any] | None:
    """Return the release that finished last, with its books and what failed of it."""
    release = (
        Release.objects.filter(status__in=FINISHED)
        .select_related("draft")
        .order_by("-due_at")
        .first()
    )
    if release is None:
        return None
    found = books(release)
    return {
        "release": release,
        "books": found,
        "outcome": status(release, found),
        "failures": failures(release),
    }
