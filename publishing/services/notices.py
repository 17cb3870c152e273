"""Whom publishing tells what: those whose release it is, and whoever may lift a stop."""

from typing import Any

from django.contrib.auth import get_user_model
from django.urls import reverse

from approvals.models import Decision
from halcytone.lib import rights
from halcytone.lib.notices.telling import tell
from publishing.models import Rehearsal, Release, ReleasePart, Stop

#: Why a release is held whose approval was recalled: of that, approval tells its owners.
RECALLED = "The approval was recalled."
BACKEND = "django.contrib.auth.backends.ModelBackend"
#: Kind of a release's event → (kind of notification, what is said)
TOLD = {
    "held": ("no_go", "Held"),
    "late": ("no_go", "Late"),
    "dropped": ("no_go", "Dropped"),
    "moved": ("no_go", "To be approved again for another time"),
    "incomplete": ("uncertain", "Incomplete"),
}


def tell_owners(release: Release, kind: str, by: rights.Actor, detail: str, event: int) -> None:
    """Tell the owners of a release what happened to it, if it needs them and they are not told elsewhere."""
    if kind not in TOLD or detail == RECALLED:
        return
    told, words = TOLD[kind]
    tell(
        told,
        event=f"release:{release.pk}:{kind}:{event}",
        to=_owners(release),
        by=by,
        subject=f"{words}: {release.draft.title}",
        text=detail,
        path=_path(release),
    )


def tell_of_refusal(part: ReleasePart) -> None:
    """Tell the owners and the approvers that a part is not what was approved."""
    said = Decision.objects.filter(seal=part.seal_id, person__isnull=False)
    release = part.release
    tell(
        "refused",
        event=f"part:{part.pk}:refused:{part.refused_at:%Y-%m-%dT%H:%M:%S}",
        to=[*_owners(release), *said.values_list("person_id", flat=True)],
        by=None,
        subject=f"Not sent, {part.rendition.get_format_display()}: {release.draft.title}",
        text=part.refusal,
        path=_path(release),
    )


def tell_of_no_go(rehearsal: Rehearsal, why: str) -> None:
    """Tell the owners of a release that it would not leave as things stand."""
    release = rehearsal.release
    if release is None:
        return
    tell(
        "no_go",
        event=f"rehearsal:{rehearsal.pk}",
        to=_owners(release),
        by=None,
        subject=f"No-Go: {release.draft.title}",
        text=why,
        path=reverse("publishing:board", args=[release.pk]),
    )


def tell_of_stop(stop: Stop, by: rights.Actor) -> None:
    """Tell those who may lift a stop that the presses stand still."""
    people: Any = get_user_model()._default_manager.with_perm(
        "publishing.lift_stop", backend=BACKEND, include_superusers=False
    )
    tell(
        "stopped",
        event=f"stop:{stop.pk}",
        to=list(people.filter(is_service=False).values_list("pk", flat=True).distinct()),
        by=by,
        subject=f"The presses are stopped: {stop.get_scope_display()}",
        text=stop.reason,
        path=reverse("publishing:releases"),
    )


def _owners(release: Release) -> list[int | None]:
    return [release.draft.author_id, release.planned_by_id]


def _path(release: Release) -> str:
    return reverse("publishing:release", args=[release.pk])
