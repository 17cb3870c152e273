"""What the owner of a touched rendition is shown: each sentence with its state, its slot and the ways on."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils.module_loading import import_string

from content.draft_rules import WALL
from content.models import Document, Drift, Rendition
from content.services import drift_decisions
from halcytone.lib import zones
from halcytone.lib.rights import Actor

#: State of a rendition → what may be done about a changed sentence (specification §10).
WAYS: Mapping[str, tuple[str, ...]] = {
    "draft": ("take", "keep"),
    "in_review": ("take", "keep"),
    "approved": ("take", "keep", "hold"),
    "published": ("correct", "keep"),
}


@dataclass(frozen=True, slots=True)
class Line:
    """One changed sentence of one rendition. `slot` is its instant, None without one."""

    drift: Drift
    rendition: Rendition
    state: str
    slot: datetime | None
    slot_wall: str
    zone: str
    url: str
    release_id: int | None

    @property
    def ways(self) -> tuple[str, ...]:
        """What may be done, in order; a sentence that was taken out has nothing to take over."""
        return WAYS[self.state] if self.drift.decision == Drift.Decision.OPEN else ()


def lines(document: Document, *, by: Actor, is_open: bool = True) -> list[Line]:
    """Return the touched sentences that this person may see, nearest slot first, claims first."""
    rows = drift_decisions.visible_to(by).filter(notice__document=document)
    rows = rows.filter(decision=Drift.Decision.OPEN) if is_open else rows
    drifts = list(rows.select_related("rendition__draft__author", "decided_by", "notice")[:1000])
    standings = _standings({one.rendition_id: one.rendition for one in drifts}.values())
    found = [_line(one, standings[one.rendition_id]) for one in drifts]
    return sorted(found, key=_order)


def told_once(lines: Iterable[Line]) -> list[tuple[Line, list[str]]]:
    """Return each sentence of a rendition once, with every place in which it stands there."""
    found: dict[tuple[int, str, str], tuple[Line, list[str]]] = {}
    for line in lines:
        key = (line.rendition.pk, line.drift.sentence, line.drift.decision)
        found.setdefault(key, (line, []))[1].append(line.drift.where)
    return list(found.values())


def open_count(document: Document) -> int:
    """Return how many sentences of how many renditions wait for a decision."""
    return Drift.objects.filter(notice__document=document, decision=Drift.Decision.OPEN).count()


def _standings(renditions: Iterable[Rendition]) -> Mapping[int, Mapping[str, Any]]:
    find: Callable[[Sequence[Rendition]], Mapping[int, Mapping[str, Any]]] = import_string(
        settings.RENDITION_STANDINGS
    )
    return find(list(renditions))


def _line(one: Drift, standing: Mapping[str, Any]) -> Line:
    wall, zone = standing["slot_wall"], standing["zone"]
    return Line(
        drift=one,
        rendition=one.rendition,
        state=standing["state"],
        slot=zones.instant(datetime.strptime(wall, WALL), zone) if wall else None,  # noqa: DTZ007
        slot_wall=wall,
        zone=zone,
        url=standing["url"],
        release_id=standing["release_id"],
    )


def _order(line: Line) -> tuple[Any, ...]:
    soon = line.slot.timestamp() if line.slot else float("inf")
    return (
        line.state == "published",
        soon,
        line.rendition.draft_id,
        not line.drift.is_claim,
        line.drift.pk,
    )
