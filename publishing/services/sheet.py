"""What a release is planned from, read in one statement."""

from dataclasses import dataclass, fields
from typing import Any

from django.db.models import QuerySet

from content.models import Draft, FormatName, Rendition, RenditionVersion
from content.services import addresses
from halcytone.lib import at_once
from publishing import accounts
from publishing.models import Account, CadenceSlot, Offset, Release, Rollout
from publishing.services import installation, pages, timing


@dataclass(frozen=True, slots=True)
class Sheet:
    """The rows that planning looks at, each kind fetched once."""

    holder: QuerySet[Any]  # the fingerprint of the installation
    turns: QuerySet[CadenceSlot]  # of the rhythm that the draft is for
    releases: QuerySet[Release]  # of the draft, but for cancelled ones
    renditions: QuerySet[Rendition]
    versions: QuerySet[RenditionVersion]  # of the draft's page
    accounts: QuerySet[Account]
    held: QuerySet[Any]  # where the pages of other drafts are
    rollouts: QuerySet[Rollout]  # how people chose to spread it
    offsets: QuerySet[Offset]  # of the rhythm

    @property
    def grace(self) -> dict[str, int]:
        """What the rhythm says of how late its release may be."""
        turn = next(iter(self.turns), None)
        return {"grace_min": turn.cadence.grace_min} if turn else {}

    def release_at(self, wall: str, zone: str) -> Release | None:
        at = (wall, zone)
        return next((each for each in self.releases if (each.slot_wall, each.zone) == at), None)

    def pages(self) -> list[str]:
        """Return every address that the page of the draft has had; the one that stands now comes first."""
        page = next((each for each in self.renditions if each.format == FormatName.WEB), None)
        return addresses.addresses_of(page) if page else []


def read(draft: Draft) -> Sheet:
    """Return what a release of this draft is planned from. One query."""
    web = RenditionVersion.objects.filter(
        rendition__draft=draft, rendition__format=FormatName.WEB
    ).order_by("-number")
    found = Sheet(
        installation.holder(),
        CadenceSlot.objects.filter(draft=draft).select_related("cadence"),
        releases_of(draft),
        draft.renditions.order_by("pk"),
        web,
        accounts.rows(draft),
        pages.held(draft),
        Rollout.objects.filter(draft=draft),
        timing.offsets(draft),
    )
    at_once.fill(*(getattr(found, each.name) for each in fields(found)))
    at_once.nest(found.renditions, "versions", found.versions, "rendition_id")
    return found


def releases_of(draft: Draft) -> QuerySet[Release]:
    return draft.releases.exclude(status=Release.Status.CANCELLED)
