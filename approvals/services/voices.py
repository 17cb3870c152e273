"""One person's answer: which renditions she is asked about, in which role, and what she was shown."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from approvals import seals
from approvals.models import Decision, Review, Stage
from approvals.services import eligibility, gate, talk
from approvals.services.boards import Board
from approvals.services.eligibility import Refusal
from approvals.standing import LAST_WORD, Cell
from content.models import FormatName
from halcytone.lib.errors import HalcytoneError, Invalid, NotAllowed, Problem, WrongState
from halcytone.lib.rights import Actor

Verdict = Decision.Verdict
#: {format: the stage that asks, and the role in which the person answers}
Chosen = dict[str, tuple[Stage, str]]
_SIDE_BY_SIDE = (Stage.Mode.PARALLEL, Stage.Mode.COMMITTEE)


@dataclass(frozen=True, slots=True)
class _Speaker:
    """Somebody who wants to speak: the role she spoke in before, hers, and what she spoke about."""

    person: Actor
    role: str
    held: Sequence[str]
    spoken: frozenset[str]


def check_answer(verdict: str, *, reason: str, comment: str) -> None:
    """Raise Invalid unless the verdict exists and carries what it needs."""
    problems = []
    if verdict not in Verdict.values:
        known = ", ".join(Verdict.values)
        problems.append(Problem("unknown_verdict", f"A verdict is one of: {known}.", "verdict"))
    if reason and reason not in Decision.Reason.values:
        known = ", ".join(Decision.Reason.values)
        problems.append(Problem("unknown_reason", f"A reason is one of: {known}.", "reason"))
    if verdict in (Verdict.REQUEST_CHANGES, Verdict.REJECT):
        if not reason:
            problems.append(Problem("reason_missing", "Choose what the reason is about.", "reason"))
        if not comment.strip():
            problems.append(Problem("comment_missing", "Say what should change.", "comment"))
    if problems:
        raise Invalid(problems)


def choose(board: Board, person: Actor, verdict: str, formats: Sequence[str] | None) -> Chosen:
    """Return what this person answers now: the named formats, or all that wait for her.

    One role speaks for all of them. Raises NotAllowed or WrongState with the rule that stands
    against the first format that cannot be answered.
    """
    cells = {cell.format: cell for cell in _open_cells(board, verdict)}
    speaker = _speaker(board, person)
    chosen: Chosen = {}
    refused: list[HalcytoneError] = []
    for format in cells if formats is None else formats:
        try:
            chosen[format] = _answer(board, cells.get(format), format, speaker)
            speaker = replace(speaker, role=chosen[format][1])
        except (NotAllowed, WrongState) as error:
            refused.append(error)
    if refused and (formats is not None or not chosen):
        raise refused[0]
    if not chosen:
        raise Invalid("Name at least one format.", code="no_formats")
    return chosen


def delegator(board: Board, person: Actor, format: str, role: str) -> Any:
    """Return for whom this person speaks when she answers in this role; None when for herself.

    Nobody speaks twice about one seal, so whoever has spoken herself, or through another, is left out.
    """
    if person is None or role in board.hands.roles_of(person):
        return None
    found = [
        mandate.person
        for mandate in eligibility.usable(person, format, board.hands)
        if role in mandate.roles
    ]
    spoken = {
        each
        for decision in board.decisions.values()
        if decision.round == board.review.round
        and decision.seal.sha256 == board.seals[format].sha256
        for each in (decision.person_id, decision.delegate_of_id)
    }
    for each in found:
        if each.pk not in spoken:
            return each
    raise WrongState(
        f"{found[0]}, for whom you act, already decided about {label(format)} as it stands.",
        code="already_decided",
    )


def check_shown(board: Board, chosen: Chosen, shown: Mapping[str, str]) -> None:
    """Raise unless exactly what stands there now was on the person's screen."""
    missing = [format for format in chosen if format not in shown]
    if missing:
        raise Invalid(
            [
                Problem("not_shown", f"{label(each)} was not on the screen.", f"shown.{each}")
                for each in missing
            ]
        )
    changed = [format for format in chosen if shown[format] != board.seals[format].sha256]
    if changed:
        raise WrongState(
            f"{_what_changed(board, changed, shown)} Nothing was recorded; look at it as it stands "
            "now and decide again.",
            code="changed_meanwhile",
        )


def check_sound(board: Board, chosen: Chosen) -> None:
    """Raise Invalid when nobody may approve one of the renditions: a finding or a thread blocks it."""
    who = f"{board.draft.author} can change it."
    if problems := gate.blocking([board.renditions[format] for format in chosen], who):
        raise Invalid(problems, code="not_ready")
    if problems := talk.in_the_way(board.must_fix, chosen):
        raise Invalid(problems, code="must_fix_open")


def _what_changed(board: Board, formats: Sequence[str], shown: Mapping[str, str]) -> str:
    """Return what is not as it was on the screen, in sentences; the seal of then may be on record."""
    names = ", ".join(label(format) for format in formats)
    before = (board.rows[shown[format]] for format in formats if shown[format] in board.rows)
    found = dict.fromkeys(
        sentence
        for seal in before
        for sentence in seals.differences(seal, board.seals[seal.format])
    )
    return " ".join([f"It changed while you were reading: {names}.", *found])


def _open_cells(board: Board, verdict: str) -> list[Cell]:
    """Return where voices are welcome. Raises WrongState when the review takes none."""
    review, cells = board.review, board.standing.in_turn()
    if review.status == Review.Status.OPEN and cells:
        return cells
    if review.status == Review.Status.CHANGES_REQUESTED and verdict != Verdict.REJECT:
        beside = [cell for cell in cells if _is_beside(board.stages[cell.step.key])]
        if beside:
            return beside
    raise WrongState(
        f"The review is {review.get_status_display().lower()}; no decision is waited for."
    )


def _is_beside(stage: Stage) -> bool:
    return stage.status == Stage.Status.RETURNED and stage.mode in _SIDE_BY_SIDE


def _speaker(board: Board, person: Actor) -> _Speaker:
    if person is None:
        return _Speaker(None, "", (), frozenset())
    about = (
        decision.seal
        for decision in board.decisions.values()
        if person.pk in (decision.person_id, decision.delegate_of_id)
        and decision.round == board.review.round
    )
    current = {content.sha256 for content in board.seals.values()}
    return _Speaker(
        person,
        board.hands.spoken.get(person.pk, ""),
        board.hands.roles_of(person),
        frozenset(seal.format for seal in about if seal.sha256 in current),
    )


def _answer(board: Board, cell: Cell | None, format: str, speaker: _Speaker) -> tuple[Stage, str]:
    """Return the stage and role in which somebody may speak about a format now.

    Raises NotAllowed or WrongState with the first rule that stands against it.
    """
    if cell is None:
        raise WrongState(f"{label(format)} waits for no decision now.")
    stage = board.stages[cell.step.key]
    if refusal := eligibility.find_refusal(speaker.person, format, stage, board.hands):
        raise refusal.error()
    if format in speaker.spoken:
        raise WrongState(
            f"You already decided about {label(format)} as it stands.", code="already_decided"
        )
    lent = eligibility.usable(speaker.person, format, board.hands)
    held = [*speaker.held, *(role for mandate in lent for role in sorted(mandate.roles))]
    role = speaker.role or _role(cell, held)
    if role not in _welcome(cell):
        mine = [role] if role else [each for each in held if each in _asked(cell)]
        raise _out_of_turn(cell, mine).error()
    delegator(board, speaker.person, format, role)
    return stage, role


def _welcome(cell: Cell) -> list[str]:
    return [role for group in cell.welcome for role in group]


def _role(cell: Cell, held: Sequence[str]) -> str:
    """Return the role in which somebody speaks: the first that is waited for, else a welcome one."""
    return next((role for role in _welcome(cell) if role in held), "")


def _asked(cell: Cell) -> list[str]:
    return [role for group in cell.groups for role in group]


def _out_of_turn(cell: Cell, roles: Sequence[str]) -> Refusal:
    if cell.has_last_word and cell.waiting and set(roles) == set(LAST_WORD):
        others = " and ".join(eligibility.label(group) for group in cell.waiting)
        sentence = f"The CEO has the last word: {others} speak first about {label(cell.format)}."
        return Refusal("last_word", sentence)
    first = eligibility.label(cell.waiting[0]) if cell.waiting else "nobody"
    sentence = f"{label(cell.format)} waits for {first}, not for {eligibility.label(roles)}."
    return Refusal("not_your_turn", sentence)


def label(format: str) -> str:
    return str(dict(FormatName.choices).get(format, format))
