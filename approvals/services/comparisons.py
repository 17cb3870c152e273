"""Three comparisons of what stands here with what stood: approved, out there, or in the source.

Source: approvals specification §8. On the words that readers see; images side by side; audience, slot,
arms and sender in sentences.
"""

import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import zip_longest
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.utils.module_loading import import_string

from approvals import comparison, readable, seals
from approvals.comparison import PlaceDiff
from approvals.models import Decision, Review, Seal
from approvals.seals import SealContent
from approvals.services import boards
from content.models import Asset, Drift, Rendition
from content.services import drift_decisions
from halcytone.lib import canonical
from halcytone.lib.errors import Invalid, Problem
from halcytone.lib.rights import Actor

APPROVAL, LIVE, SOURCE = SINCE = ("approval", "live", "source")


@dataclass(frozen=True, slots=True)
class Basis:
    """What a rendition is compared with, when that was, and in which words it is told."""

    kind: str  # approval, others_approval, live, source
    at: datetime | None = None
    who: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class ImagePair:
    """An image as it was and as it is; a name is "" where there is none, or none that is kept here."""

    number: int
    before: str
    after: str
    alt_before: str
    alt_after: str


@dataclass(frozen=True, slots=True)
class Compared:
    """One format; without a basis there is nothing to compare, and `nothing` says why."""

    rendition: Rendition
    basis: Basis | None
    nothing: str = ""
    sentences: Sequence[str] = ()
    places: Sequence[PlaceDiff] = ()
    images: Sequence[ImagePair] = ()

    @property
    def format(self) -> str:
        return self.rendition.format

    @property
    def is_changed(self) -> bool:
        return bool(self.sentences or self.images) or any(one.is_changed for one in self.places)


def compare(review: Review, *, since: str, by: Actor) -> list[Compared]:
    """Return each format of a review beside what it is compared with, in the order of the draft.

    `since`: "approval" (by this person; of somebody else where she approved nothing), "live" or
    "source". Raises Invalid for another word.
    """
    if since not in SINCE:
        message = f"Compare since one of: {', '.join(SINCE)}."
        raise Invalid([Problem("unknown_since", message, "since")])
    board = boards.read(review)
    rows = list(board.renditions.values())
    if since == SOURCE:
        return [_with_source(each) for each in rows]
    found = _approved(rows, by) if since == APPROVAL else _live(rows)
    return [_with_seal(each, board.seals[each.format], found.get(each.pk), since) for each in rows]


def _approved(rows: Collection[Rendition], by: Actor) -> Mapping[int, tuple[Seal, Basis]]:
    found: dict[int, tuple[Seal, Basis]] = {}
    yes = Decision.objects.filter(seal__rendition__in=rows, verdict=Decision.Verdict.APPROVE)
    yes = yes.select_related("seal", "person", "delegate_of", "link", "policy").order_by(
        "decided_at", "pk"
    )
    for one in yes.exclude(person=by) if by else yes:
        basis = Basis("others_approval", one.decided_at, one.who)
        found[one.seal.rendition_id] = (one.seal, basis)
    for one in yes.filter(person=by) if by else ():
        found[one.seal.rendition_id] = (one.seal, Basis("approval", one.decided_at, one.who))
    return found


def _live(rows: Collection[Rendition]) -> Mapping[int, tuple[Seal, Basis]]:
    find: Callable[[Sequence[Rendition]], Mapping[int, Mapping[str, Any]]] = import_string(
        settings.RENDITION_LIVE
    )
    out = find(list(rows))
    known = Seal.objects.in_bulk([each["seal_id"] for each in out.values()])
    return {
        pk: (known[each["seal_id"]], Basis("live", each["at"], url=each["url"]))
        for pk, each in out.items()
    }


def _with_seal(
    rendition: Rendition, now: SealContent, found: tuple[Seal, Basis] | None, since: str
) -> Compared:
    if found is None:
        return Compared(rendition, None, _NOTHING[since])
    old, basis = found
    is_text = {"rendition_sha256"}
    before = json.loads(old.content)
    beside = SealContent(now.sha256, {**now.content, **{key: before[key] for key in is_text}}, "")
    return Compared(
        rendition,
        basis,
        sentences=seals.differences(old, beside),
        places=comparison.places(readable.passages(old.body), readable.passages(now.body)),
        images=_images(before["media"], now.content["media"]),
    )


_NOTHING = {
    APPROVAL: "Nobody has approved this text before.",
    LIVE: "Nothing of this draft is out yet in this format.",
}


def _with_source(rendition: Rendition) -> Compared:
    drifts = list(_open_drifts(rendition))
    if not drifts:
        nothing = "Its sources say what they said when it was made, or somebody decided about each change."
        return Compared(rendition, None, nothing)
    content: dict[str, Any] = json.loads(rendition.body)
    unplaced = []
    for one in drifts:
        after = drift_decisions.replaced(content, one.sentence, one.new_sentence)
        if after == content:
            unplaced.append(_at_the_source(one))
        content = after
    now = readable.passages(rendition.body)
    return Compared(
        rendition,
        Basis("source", max(one.opened_at for one in drifts), url=drifts[0].source_url),
        sentences=unplaced,
        places=comparison.places(now, readable.passages(canonical.text(content))),
    )


def _open_drifts(rendition: Rendition) -> QuerySet[Drift]:
    return Drift.objects.filter(rendition=rendition, decision=Drift.Decision.OPEN)


def _at_the_source(one: Drift) -> str:
    if not one.new_sentence:
        return f"The source does not say “{one.sentence}” any more."
    return f"For “{one.sentence}” the source says “{one.new_sentence}” now."


def _images(
    before: Sequence[Mapping[str, str]], after: Sequence[Mapping[str, str]]
) -> list[ImagePair]:
    """Return the images of both that are not the same, in their order."""
    names = _names([*before, *after])
    empty: Mapping[str, str] = {}
    pairs = enumerate(zip_longest(before, after, fillvalue=empty), 1)
    return [
        ImagePair(
            number,
            names.get(old.get("sha256", ""), ""),
            names.get(new.get("sha256", ""), ""),
            old.get("alt", ""),
            new.get("alt", ""),
        )
        for number, (old, new) in pairs
        if old != new
    ]


def _names(media: Iterable[Mapping[str, str]]) -> dict[str, str]:
    """Return {hash: file name} of the images that are kept here."""
    kept = Asset.objects.filter(sha256__in={each["sha256"] for each in media if each["sha256"]})
    return {asset.sha256: asset.name for asset in kept}
