"""What may leave now of many drafts, read in a few statements: for one of them `reviews.approved_seals`."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any, TypeVar

from approvals import seals
from approvals.models import Decision, Review, Seal, Stage
from approvals.services import boards, eligibility
from approvals.services.people import People, everybody
from content.models import Authorship, Draft, Rendition
from halcytone.lib import at_once

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Approved:
    """A rendition as it stands in the database, approved as exactly that: the digest of its seal."""

    rendition: Rendition
    sha256: str


def of_all(drafts: Iterable[Draft]) -> dict[int, dict[str, Approved]]:
    """Return {draft: {format: what may leave now}}, seals computed anew from the rows as they stand.

    The drafts have just been read, with their segments. Says of each draft what
    `reviews.approved_seals` would.
    """
    by_id = {draft.pk: draft for draft in drafts}
    reviews: dict[int, Review] = {}
    for review in Review.objects.filter(draft__in=by_id).counting():
        reviews.setdefault(review.draft_id, review)
    ground = _read({pk: by_id[pk] for pk in reviews}, [review.pk for review in reviews.values()])
    return {pk: _approved(by_id[pk], review, ground) for pk, review in reviews.items()}


@dataclass(frozen=True, slots=True)
class _Ground:
    """What the word of many reviews depends on, by draft or by review."""

    renditions: Mapping[int, Mapping[str, Rendition]]
    contents: Mapping[int, seals.SealContent]  # by rendition: what a seal over it would hold now
    acts: Mapping[int, Sequence[Authorship]]
    stages: Mapping[int, Sequence[Stage]]
    seals: Mapping[int, Sequence[Seal]]
    decisions: Mapping[int, Sequence[Decision]]
    people: People


def _read(drafts: Mapping[int, Draft], reviews: Sequence[int]) -> _Ground:
    people, ids = everybody(), list(drafts)
    stages = Stage.objects.filter(review__in=reviews).order_by("position")
    sealed = Seal.objects.filter(review__in=reviews).defer("content", "body")
    said = Decision.objects.filter(seal__review__in=reviews)
    decisions = said.select_related("person", "delegate_of", "link")
    acts = Authorship.objects.filter(draft__in=ids).select_related("person")
    at_once.fill(stages, sealed, decisions, acts, *people.rows)
    known = {seal.pk: seal for seal in sealed}
    for decision in decisions:
        decision.seal = known[decision.seal_id]
    rows = Rendition.objects.filter(draft__in=ids).order_by("pk")
    named = {pk: boards.in_order(drafts[pk], own) for pk, own in _by("draft_id", rows).items()}
    every = [rendition for own in named.values() for rendition in own.values()]
    contents = zip(every, seals.compute_all(every), strict=True)
    return _Ground(
        named,
        {rendition.pk: content for rendition, content in contents},
        _by("draft_id", acts),
        _by("review_id", stages),
        _by("review_id", sealed),
        _by("seal.review_id", decisions),
        people,
    )


def _approved(draft: Draft, review: Review, ground: _Ground) -> dict[str, Approved]:
    renditions = ground.renditions.get(draft.pk, {})
    now = {format: ground.contents[each.pk] for format, each in renditions.items()}
    said = ground.decisions.get(review.pk, ())
    hands = eligibility.hands_of(draft, ground.acts.get(draft.pk, ()), said, ground.people)
    stages = {stage.pk: stage for stage in ground.stages.get(review.pk, ())}
    approved = boards.standing_of(review, stages, now, said, hands).approved()
    sealed = {seal.sha256 for seal in ground.seals.get(review.pk, ())}
    return {
        format: Approved(renditions[format], content.sha256)
        for format, content in now.items()
        if format in approved and content.sha256 in sealed
    }


def _by(name: str, rows: Iterable[Row]) -> dict[Any, list[Row]]:
    """Return these rows by an attribute of theirs, in their order."""
    key, found = attrgetter(name), dict[Any, list[Row]]()
    for row in rows:
        found.setdefault(key(row), []).append(row)
    return found
