"""Holding every release of a draft, because of what happened to its text."""

from content.models import Draft, Notice
from publishing.models import Release
from publishing.services import history, releases


def hold_all(draft: Draft, *, reason: str) -> None:
    """Hold every release of a draft that is planned or on its way, or held by the machine for another reason."""
    alive = draft.releases.filter(
        status__in=[Release.Status.PLANNED, Release.Status.RELEASING, Release.Status.HELD]
    )
    for release in alive:
        standing = history.standing_hold(release)
        if standing is None or (standing.by_id is None and standing.detail != reason[:500]):
            releases.hold(release, by=None, reason=reason)


def hold_drifted(notice: Notice) -> None:
    """Hold every release of a rendition whose source changed, until somebody has decided."""
    touched = Draft.objects.filter(renditions__drifts__notice=notice).distinct()
    for draft in touched:
        hold_all(draft, reason=f"“{notice.document}” changed after this was approved.")
