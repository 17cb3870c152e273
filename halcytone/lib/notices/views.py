"""The desk's pages about notifications: what I was told, and what I want to hear."""

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from halcytone.lib import desk as pages
from halcytone.lib.notices import channels, desk, events
from halcytone.lib.notices.models import Dispatch, Notification, Preferences

HOME = ("Notifications", "/admin/notifications/")
CHOICE_WORDS = {events.NOW: "at once", events.DIGEST: "in the digest", events.OFF: "off"}


@pages.page()
def notification_list(request: HttpRequest) -> HttpResponse:
    """What I was told, the newest first; also what did not reach me by mail or Slack."""
    person = request.user
    rows = Notification.objects.of(person)
    shown = rows.unread() if request.GET.get("show") == "unread" else rows
    trouble = Dispatch.objects.troubled().filter(notification__person=person.pk)
    context = {
        "title": "Notifications",
        "page": pages.listing(request, shown.prefetch_related("dispatches")),
        "pills": pages.pills(request, "show", [("unread", "Unread")]),
        "unread": desk.unread_count(person),
        "trouble": trouble.select_related("notification").order_by("-pk")[:10],
        "trail": [("Notifications", "")],
    }
    return render(request, "notices/list.html", context)


@require_POST
@pages.page()
def notification_open(request: HttpRequest, pk: int) -> HttpResponse:
    """Mark one as read, on every channel, and go to what it is about."""
    row = get_object_or_404(Notification, pk=pk, person=request.user.pk)
    desk.mark_read(request.user, [row.pk])
    return HttpResponseRedirect(row.path)


@require_POST
@pages.page()
def read_all(request: HttpRequest) -> HttpResponse:
    here = reverse("notices:list")
    return pages.act(request, lambda: desk.mark_read(request.user), done="All read.", to=here)


@pages.page()
def preferences(request: HttpRequest) -> HttpResponse:
    """What I want to hear, by which channel, and when."""
    row = desk.preferences_of(request.user)
    if request.method == "POST":
        wish = choices_of(request)
        done = "Noted. It holds for what happens from now on."
        return pages.act(
            request,
            lambda: desk.choose(request.user, choices=wish, digest=request.POST.get("digest")),
            done=done,
            to=reverse("notices:preferences"),
        )
    context = {
        "title": "What I want to hear",
        "rows": table(row),
        "channels": list(events.CHANNEL_WORDS.values()),
        "missing": [
            word
            for name, word in events.CHANNEL_WORDS.items()
            if name not in (events.DESK, *channels.open_ways())
        ],
        "rhythms": Preferences.Rhythm.choices,
        "digest": row.digest,
        "trail": [HOME, ("What I want to hear", "")],
    }
    return render(request, "notices/preferences.html", context)


def choices_of(request: HttpRequest) -> dict[str, dict[str, str]]:
    """Return what the form chose, as far as it names kinds and channels that there are."""
    return {
        kind: {
            channel: request.POST[f"{kind}.{channel}"]
            for channel in events.CHANNELS
            if f"{kind}.{channel}" in request.POST
        }
        for kind in events.KINDS
    }


def table(row: Preferences) -> list[dict[str, Any]]:
    """Return a row of the form for each kind, those that need the person first."""
    chosen = desk.table(row)
    return [
        {
            "key": key,
            "label": kind.label,
            "needs_me": kind.needs_me,
            "cells": [
                {
                    "name": f"{key}.{channel}",
                    "word": events.CHANNEL_WORDS[channel],
                    "chosen": chosen[key][channel],
                    "choices": [(value, CHOICE_WORDS[value]) for value in values],
                }
                for channel, values in events.CHANNELS.items()
            ],
        }
        for key, kind in events.KINDS.items()
    ]
