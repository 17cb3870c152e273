"""One person's answer: which renditions she is asked about, in which role, and what she was shown."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from approvals import seals
from approvals.models import Decision, Review, Stage
from approvals.services import eligibility, gate
from approvals.services.boards import Board
from approvals.services.eligibility import Refusal
from approvals.standing import Cell
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


def check_shown(board: Board, chosen: Chosen, shown: Mapping[str, str]) -> None:
    """Raise unless exactly what stands there now was on the person's screen."""
    missing = [format for format in chosen if format not in shown]
    if missing:
        raise Invalid(
            [
                Problem("not_shown", f"{_label(each)} was not on the screen.", f"shown.{each}")
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
    """Raise Invalid when a finding blocks one of the renditions, which nobody may approve."""
    who = f"{board.draft.author} can change it."
    if problems := gate.blocking([board.renditions[format] for format in chosen], who):
        raise Invalid(problems, code="not_ready")


def _what_changed(board: Board, formats: Sequence[str], shown: Mapping[str, str]) -> str:
    """Return what is not as it was on the screen, in sentences; the seal of then may be on record."""
    names = ", ".join(_label(format) for format in formats)
    before = board.review.seals.filter(sha256__in=[shown[format] for format in formats])
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
        if decision.person_id == person.pk and decision.round == board.review.round
    )
    current = {content.sha256 for content in board.seals.values()}
    return _Speaker(
        person,
        eligibility.spoken_role(person, board.review.pk),
        eligibility.roles_of(person),
        frozenset(seal.format for seal in about if seal.sha256 in current),
    )


def _answer(board: Board, cell: Cell | None, format: str, speaker: _Speaker) -> tuple[Stage, str]:
    """Return the stage and role in which somebody may speak about a format now.

    Raises NotAllowed or WrongState with the first rule that stands against it.
    """
    if cell is None:
        raise WrongState(f"{_label(format)} waits for no decision now.")
    stage = board.stages[cell.step.key]
    if refusal := eligibility.find_refusal(speaker.person, format, stage, board.hands):
        raise refusal.error()
    if format in speaker.spoken:
        raise WrongState(
            f"You already decided about {_label(format)} as it stands.", code="already_decided"
        )
    role = speaker.role or _role(cell, speaker.held)
    if role not in _welcome(cell):
        mine = [role] if role else [held for held in speaker.held if held in _asked(cell)]
        raise _out_of_turn(cell, mine).error()
    return stage, role


def _welcome(cell: Cell) -> list[str]:
    return [role for group in cell.welcome for role in group]


def _role(cell: Cell, held: Sequence[str]) -> str:
    """Return the role in which somebody speaks: the first that is waited for, else a welcome one."""
    return next((role for role in _welcome(cell) if role in held), "")


def _asked(cell: Cell) -> list[str]:
    return [role for group in cell.groups for role in group]


def _out_of_turn(cell: Cell, roles: Sequence[str]) -> Refusal:
    first = eligibility.label(cell.waiting[0]) if cell.waiting else "nobody"
    sentence = f"{_label(cell.format)} waits for {first}, not for {eligibility.label(roles)}."
    return Refusal("not_your_turn", sentence)


def _label(format: str) -> str:
    return str(dict(FormatName.choices).get(format, format))
