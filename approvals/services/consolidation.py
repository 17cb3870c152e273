"""All opinions of a round in one list, and the author's answer to each before she submits again.

Source: approvals specification §1 (level 2: consolidate, revise) and §8.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import structlog
from django.db import transaction

from approvals import signals
from approvals.models import Answer, Decision, Review
from approvals.services import boards
from content.models import FormatName
from content.services import access
from halcytone.lib.errors import Invalid, Problem, WrongState
from halcytone.lib.rights import Actor

log = structlog.get_logger(__name__)
MOST_WHY = 2_000
Verdict = Decision.Verdict


@dataclass(frozen=True, slots=True)
class Opinion:
    """What somebody said in one breath about some formats; `answer` is the author's, once given."""

    first: Decision
    formats: Sequence[str]
    answer: Answer | None
    needs_answer: bool

    @property
    def key(self) -> int:
        """The id by which it is answered: that of its first decision."""
        return self.first.pk


def opinions(review: Review, *, round: int | None = None) -> list[Opinion]:
    """Return what was said in a round (the present one): requests first, then what else has words."""
    rows = (
        Decision.objects.filter(stage__review=review, round=round or review.round)
        .select_related(
            "person", "delegate_of", "link", "policy", "seal", "stage", "answer__person"
        )
        .order_by("decided_at", "pk")
    )
    said = [each for each in rows if each.policy_id is None and each.verdict != Verdict.ABSTAIN]
    acts = [list(same) for _, same in groupby(said, key=_act)]
    found = [_opinion(act) for act in acts if act[0].comment or _asks(act[0])]
    return sorted(found, key=lambda one: not one.needs_answer)


def last_round(review: Review) -> list[Opinion]:
    """Return what was asked for in the round before, with the answers: what reviewers look at next."""
    if review.round == 1:
        return []
    return [one for one in opinions(review, round=review.round - 1) if one.needs_answer]


def unanswered(review: Review) -> list[Opinion]:
    return [one for one in opinions(review) if one.needs_answer and one.answer is None]


def problems(review: Review) -> list[Problem]:
    """Return the requests that the author has not answered: they keep a review from the next round."""
    if review.status != Review.Status.CHANGES_REQUESTED:
        return []
    return [
        Problem(
            "opinion_unanswered",
            f"{one.first.who} asked for changes in {_names(one.formats)}: say what you did about it.",
            f"answers.{one.key}",
            hint="Answer it in the list on the review: done, or not done and why.",
        )
        for one in unanswered(review)
    ]


@transaction.atomic
def answer(review: Review, *, by: Actor, answers: Mapping[int, tuple[bool, str]]) -> None:
    """Record the author's answers: {key of an opinion: (is it done, why)}.

    An answer may be changed until the next round begins. Raises NotAllowed, WrongState outside of
    a review that was sent back, Invalid for an unknown key or a "not done" without its reason.
    """
    access.require_draft(by, review.draft, act="answer for this draft")
    boards.lock(review)
    if review.status != Review.Status.CHANGES_REQUESTED:
        raise WrongState("Requests are answered while the review waits for its author.")
    known = {one.key: one for one in opinions(review) if one.needs_answer}
    if wrong := list(_wrong(answers, known)):
        raise Invalid(wrong)
    for key, (is_done, why) in answers.items():
        _write(known[key], by, is_done=is_done, why=why.strip())
    log.info("opinions_answered", review=review.pk, answers=len(answers))
    if not unanswered(review):
        signals.opinions_answered.send(Answer, review=review, person=by)


def _write(opinion: Opinion, by: Actor, *, is_done: bool, why: str) -> None:
    given = {"is_done": is_done, "why": why, "person": by}
    Answer.objects.update_or_create(decision=opinion.first, defaults=given)


def _wrong(answers: Mapping[int, tuple[bool, str]], known: Mapping[int, Opinion]) -> Any:
    for key, (is_done, why) in answers.items():
        if key not in known:
            yield Problem("not_found", f"Nothing was asked under {key}.", f"answers.{key}")
        elif not is_done and not why.strip():
            message = f"Say to {known[key].first.who} why it is not done."
            yield Problem("why_missing", message, f"answers.{key}")
        elif len(why) > MOST_WHY:
            message = f"Say why in at most {MOST_WHY:,} characters."
            yield Problem("max_length", message, f"answers.{key}")


def _opinion(act: Sequence[Decision]) -> Opinion:
    first = act[0]
    formats = [one.seal.format for one in act]
    return Opinion(first, formats, getattr(first, "answer", None), _asks(first))


def _asks(decision: Decision) -> bool:
    return decision.verdict == Verdict.REQUEST_CHANGES


def _act(one: Decision) -> tuple[Any, ...]:
    return (one.decided_at, one.person_id, one.link_id, one.verdict, one.reason, one.comment)


def _names(formats: Sequence[str]) -> str:
    labels = dict(FormatName.choices)
    return ", ".join(str(labels.get(format, format)) for format in formats)
