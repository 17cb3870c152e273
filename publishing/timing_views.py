"""The desk's pages about time: the rhythm, and how a release is spread."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone

from content.services import access
from halcytone.lib import desk
from halcytone.lib.errors import HalcytoneError, Invalid
from publishing.forms import RolloutForm
from publishing.models import Cadence, ClosedDay, WeeklyTarget
from publishing.services import cadences, outlook, rollouts


@desk.page("publishing.schedule_release")
def rollout(request: HttpRequest, pk: int) -> HttpResponse:
    """Choose how the release of a draft is rolled out; also before there is one."""
    draft = get_object_or_404(access.drafts(request.user), pk=pk)
    form = RolloutForm(draft, rollouts.of(draft), request.POST or None)
    back = reverse("content:draft", args=[pk])
    if request.method == "POST" and form.is_valid():
        try:
            rollouts.change(draft, by=request.user, **form.values)
        except Invalid as error:
            for problem in error.problems:
                form.add_error(None, problem.message)
        except HalcytoneError as error:
            form.add_error(None, str(error))
        else:
            return redirect(back)
    context = {
        "title": "When it leaves",
        "draft": draft,
        "form": form,
        "dues": outlook.due(draft) if draft.slot_wall else {},
        "warnings": outlook.warnings(draft),
        "trail": [
            ("Drafts", reverse("content:drafts")),
            (draft.title, back),
            ("When it leaves", ""),
        ],
    }
    return render(request, "publishing/rollout.html", context)


@desk.page("publishing.view_cadence")
def cadence_list(request: HttpRequest) -> HttpResponse:
    """Every rhythm with its next five instants; closed days; how many of a kind leave this week."""
    now = timezone.now()
    rows = Cadence.objects.select_related("recipe", "segment", "owner")
    lines = [
        {
            "cadence": cadence,
            "next": cadences.next_slots(cadence, now, count=5),
            "offsets": cadence.offsets.all(),
            "turns": cadence.slots.select_related("draft", "release")[:6],
        }
        for cadence in rows.prefetch_related("documents", "offsets")
    ]
    context = {
        "title": "Cadence",
        "lines": lines,
        "mine": getattr(request.user, "zone", "") or settings.DEFAULT_ZONE,
        "closed": ClosedDay.objects.filter(last__gte=now.date())[:20],
        "targets": _targets(now),
        "trail": [("Cadence", "")],
    }
    return render(request, "publishing/cadence_list.html", context)


def _targets(now: datetime) -> list[dict[str, Any]]:
    zone = settings.DEFAULT_ZONE
    rows = WeeklyTarget.objects.all()
    return [{"row": row, "count": outlook.week(row.type, now, zone)} for row in rows]
