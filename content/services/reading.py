"""A draft read whole: its renditions with what was found in them and what they were, and its pieces."""

from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from content.models import (
    Draft,
    DraftPiece,
    Finding,
    FormatName,
    Rendition,
    RenditionVersion,
)
from halcytone.lib import at_once


@dataclass(frozen=True, slots=True)
class Whole:
    """The rows of a draft, to be fetched in one statement with whatever else an act needs."""

    draft: Draft
    renditions: QuerySet[Rendition]
    findings: QuerySet[Finding]
    places: QuerySet[DraftPiece]
    pages: QuerySet[RenditionVersion]  # of the web page, whose texts tell where it was
    versions: QuerySet[RenditionVersion]  # of the other formats, without their texts

    @property
    def rows(self) -> tuple[QuerySet[Any], ...]:
        return self.renditions, self.findings, self.places, self.pages, self.versions

    def keep(self) -> None:
        """Keep the rows on the draft, as if they had been prefetched."""
        at_once.nest([self.draft], "renditions", self.renditions, "draft_id")
        at_once.nest([self.draft], "places", self.places, "draft_id")
        at_once.nest(self.renditions, "findings", self.findings, "rendition_id")
        versions = [*self.pages, *self.versions]
        at_once.nest(self.renditions, "versions", versions, "rendition_id")


def whole(draft: Draft) -> Whole:
    """Return the rows of a draft. No query yet."""
    versions = RenditionVersion.objects.filter(rendition__draft=draft).order_by("-number")
    return Whole(
        draft,
        draft.renditions.order_by("pk"),
        Finding.objects.filter(rendition__draft=draft),
        draft.places.select_related("revision"),
        versions.filter(rendition__format=FormatName.WEB),
        versions.exclude(rendition__format=FormatName.WEB).defer("body"),
    )


def is_kept(rendition: Rendition, name: str) -> bool:
    """Tell whether rows of this name were read along with a rendition."""
    return name in getattr(rendition, "_prefetched_objects_cache", {})
