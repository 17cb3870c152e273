"""The board of a release on the desk: one row for each check, and what people do about it."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from halcytone.lib import desk
from publishing import readiness
from publishing.models import Rehearsal, Release
from publishing.services import boards, rehearsals

RELEASES = ("Releases", "/admin/releases/")


@desk.page("publishing.view_release")
def board(request: HttpRequest, pk: int) -> HttpResponse:
    release = get_object_or_404(Release.objects.select_related("draft"), pk=pk)
    latest = boards.latest(release)
    checks = list(latest.checks.all()) if latest else []
    context = {
        "title": "Go or No-Go",
        "release": release,
        "latest": latest,
        "areas": _areas(checks),
        "no_gos": [check for check in checks if check.verdict == "no_go"],
        "warnings": [check for check in checks if check.verdict == "warning"],
        "is_fixed": any(c.verdict == "no_go" and not c.can_override for c in checks),
        "override": getattr(latest, "override", None),
        "may_sign": latest is not None and boards.may_sign(latest, request.user),
        "signatures": latest.signatures.select_related("person") if latest else (),
        "now": timezone.now(),
        "others": _others(release, latest),
        "trail": [
            RELEASES,
            (release.draft.title, reverse("publishing:release", args=[pk])),
            ("Board", ""),
        ],
    }
    return render(request, "publishing/board.html", context)


def _areas(checks: list[Any]) -> list[dict[str, Any]]:
    titles = {area.name: area.title for area in readiness.AREAS}
    return [
        {"title": title, "checks": [check for check in checks if check.area == name]}
        for name, title in titles.items()
        if any(check.area == name for check in checks)
    ]


def _others(release: Release, latest: Rehearsal | None) -> list[Rehearsal]:
    """The rehearsals of this release, done and to come, but the one that is shown."""
    rows = Rehearsal.objects.filter(release=release)
    return list((rows.exclude(pk=latest.pk) if latest else rows).order_by("due_at", "pk")[:24])


@require_POST
@desk.page("publishing.view_release")
def rehearse(request: HttpRequest, pk: int) -> HttpResponse:
    release = get_object_or_404(Release.objects.select_related("draft"), pk=pk)
    return _act(
        request, pk, lambda: rehearsals.ask(release, by=request.user), "Rehearsed just now."
    )


@require_POST
@desk.page("publishing.view_release")
def board_act(request: HttpRequest, pk: int, act: str) -> HttpResponse:
    """Sign the board that was looked at, ask to set its No-Go aside, or confirm that."""
    rows = Rehearsal.objects.filter(release=pk).select_related("release", "draft")
    row = get_object_or_404(rows, pk=desk.id_of(request.POST.get("rehearsal", "")))
    reason = request.POST.get("reason", "")
    acts: dict[str, tuple[Callable[[], Any], str]] = {
        "sign": (lambda: boards.sign(row, by=request.user), "Signed."),
        "override": (
            lambda: boards.ask_override(row, by=request.user, reason=reason),
            "Asked. Another person can confirm it now.",
        ),
        "confirm": (
            lambda: boards.confirm_override(row, by=request.user),
            "Set aside. What it held goes on; what is held for another reason stays so.",
        ),
    }
    return _act(request, pk, *acts[act])


def _act(request: HttpRequest, pk: int, call: Callable[[], Any], done: str) -> HttpResponse:
    return desk.act(request, call, done=done, to=reverse("publishing:board", args=[pk]))
