"""One person's answer: which renditions she is asked about, in which role, and what she was shown."""

from collections.abc import Mapping, Sequence

from approvals.models import Decision, Review, Stage
from approvals.services import eligibility, gate
from approvals.services.boards import Board
from approvals.services.eligibility import Refusal
from approvals.standing import Cell
from content.models import FormatName
from halcytone.lib.errors import Invalid, Problem, WrongState
from halcytone.lib.rights import Actor

Verdict = Decision.Verdict
#: {format: the stage that asks, and the role in which the person answers}
Chosen = dict[str, tuple[Stage, str]]
_SIDE_BY_SIDE = (Stage.Mode.PARALLEL, Stage.Mode.COMMITTEE)


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
    cells = _open_cells(board, verdict)
    asked = list(formats) if formats is not None else [cell.format for cell in cells]
    chosen, refused = _answers(board, person, cells, asked)
    first = next((format for format in asked if format in refused), None)
    if first is not None and (formats is not None or not chosen):
        raise refused[first]
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
    changed = [format for format in chosen if shown[format] != board.renditions[format].digest]
    if changed:
        names = ", ".join(_label(format) for format in changed)
        raise WrongState(
            f"The text changed while you were reading: {names}. Nothing was recorded; look at the "
            "new text and decide again.",
            code="text_changed",
        )


def check_sound(board: Board, chosen: Chosen) -> None:
    """Raise Invalid when a finding blocks one of the renditions, which nobody may approve."""
    who = f"{board.draft.author} can change it."
    if problems := gate.blocking([board.renditions[format] for format in chosen], who):
        raise Invalid(problems, code="not_ready")


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


def _answers(
    board: Board, person: Actor, cells: Sequence[Cell], formats: Sequence[str]
) -> tuple[Chosen, dict[str, Exception]]:
    """Return what can be answered, and for each other format the error that says why not."""
    by_format = {cell.format: cell for cell in cells}
    spoken = _spoken(board, person)
    role = eligibility.spoken_role(person, board.review.pk)
    held = eligibility.roles_of(person)
    chosen: Chosen = {}
    refused: dict[str, Exception] = {}
    for format in formats:
        if format not in by_format:
            refused[format] = WrongState(f"{_label(format)} waits for no decision now.")
            continue
        cell = by_format[format]
        stage = board.stages[cell.step.key]
        refusal = eligibility.find_refusal(person, format, stage, board.hands)
        if refusal is None and format in spoken:
            refused[format] = WrongState(
                f"You already decided about {_label(format)} as it stands.", code="already_decided"
            )
            continue
        role = role or _role(cell, held)
        if refusal is None and role not in _welcome(cell):
            refusal = _out_of_turn(cell, role)
        if refusal is None:
            chosen[format] = (stage, role)
        else:
            refused[format] = refusal.error()
    return chosen, refused


def _spoken(board: Board, person: Actor) -> set[str]:
    """Return the formats about whose current seal this person already spoke in this round."""
    if person is None:
        return set()
    return {
        decision.seal.format
        for decision in board.decisions.values()
        if decision.person_id == person.pk
        and decision.round == board.review.round
        and decision.seal.format in board.seals
        and decision.seal.sha256 == board.seals[decision.seal.format].sha256
    }


def _welcome(cell: Cell) -> list[str]:
    return [role for group in cell.welcome for role in group]


def _role(cell: Cell, held: Sequence[str]) -> str:
    """Return the role in which somebody speaks: the first that is waited for, else a welcome one."""
    return next((role for role in _welcome(cell) if role in held), "")


def _out_of_turn(cell: Cell, role: str) -> Refusal:
    next_group = eligibility.label(cell.waiting[0]) if cell.waiting else "nobody"
    voice = eligibility.label([role]) if role else "this role"
    return Refusal(
        "not_your_turn", f"{_label(cell.format)} waits for {next_group}, not for {voice}."
    )


def _label(format: str) -> str:
    return str(dict(FormatName.choices).get(format, format))
