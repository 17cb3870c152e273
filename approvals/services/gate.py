"""What must hold before a draft may be submitted; every broken rule with its place and a way on."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from django.db.models import prefetch_related_objects

from approvals import wording
from approvals.models import Role, Stage
from approvals.policy import Group
from approvals.services import boards, eligibility
from approvals.services.boards import Board
from approvals.services.eligibility import Hands
from approvals.standing import pair
from content.models import Draft, Finding, FormatName, Rendition
from content.services import renditions
from halcytone.lib import rights
from halcytone.lib.errors import Problem

BLOCKING = (Finding.Severity.ERROR, Finding.Severity.CRITICAL)


class _WhoCanChange:
    """A sentence about who can change a draft, which is asked for only when something is wrong."""

    def __init__(self, draft: Draft) -> None:
        self.draft = draft

    def __str__(self) -> str:
        return f"{self.draft.author} can change it. {rights.who_may('content.change_draft')}"


def problems(draft: Draft) -> list[Problem]:
    """Return why a draft cannot be submitted: what is missing, outdated, empty or has an error."""
    who = _WhoCanChange(draft)
    if not draft.formats:
        return [
            Problem(
                "no_formats", "The draft names no format to publish in.", "formats", hint=str(who)
            )
        ]
    rows = boards.renditions_of(draft)
    absent = [
        Problem(
            "rendition_missing",
            f"{_label(format)} has not been generated.",
            format,
            hint=f"Generate the draft. {who}",
        )
        for format in draft.formats
        if format not in rows
    ]
    return [*absent, *_outdated(draft, rows, who), *_of_renditions(rows.values(), who)]


def blocking(rows: Iterable[Rendition], who: object) -> list[Problem]:
    """Return the findings that block these renditions, each with its place and who can change it."""
    renditions = list(rows)
    prefetch_related_objects(renditions, "findings")
    return [
        Problem(
            finding.code,
            f"{_label(rendition.format)}{_place(finding)}: {finding.message}",
            rendition.format,
            finding.line,
            f"{finding.hint} {who}".strip(),
        )
        for rendition in renditions
        for finding in rendition.findings.all()
        if finding.severity in BLOCKING
    ]


def unanswerable(board: Board) -> list[Problem]:
    """Return the voices of a review that nobody eligible could give, and who could be added.

    One person has one role, so two roles that only the same person holds are a problem too.
    """
    found: dict[tuple[int, Group], Problem] = {}
    voters = eligibility.voters(board.stages.values(), board.hands, formats=list(board.seals))
    for format in board.seals:
        for stage, group in _unseated(board, format, voters):
            found.setdefault((stage.pk, group), _nobody(stage, group, format, board.hands))
    return list(found.values())


def _outdated(draft: Draft, rows: Mapping[str, Rendition], who: object) -> Iterator[Problem]:
    """Yield the renditions that say what the draft was before its pieces or settings changed."""
    for format in renditions.outdated(draft):
        if format in rows:
            again = "Generate it again"
            if rows[format].is_edited:
                again += "; what was edited by hand stays in its history, to be made anew"
            yield Problem(
                "rendition_outdated",
                f"{_label(format)} is older than the draft: its pieces or settings have changed "
                "since it was rendered.",
                format,
                hint=f"{again}. {who}",
            )


def _of_renditions(rows: Iterable[Rendition], who: object) -> Iterator[Problem]:
    for rendition in rows:
        if wording.is_empty(wording.read(rendition.body)):
            label = _label(rendition.format)
            yield Problem("rendition_empty", f"{label} is empty.", rendition.format, hint=str(who))
    yield from blocking(rows, who)


def _unseated(
    board: Board, format: str, voters: Sequence[tuple[Any, set[str]]]
) -> list[tuple[Stage, Group]]:
    """Return the voices about a format that nobody is left for when each person takes one."""
    seats = list(_open_seats(board, format))
    voices = [roles for person, roles in voters if not board.hands.act(person.pk, format)]
    placed = pair(seats, voices, lambda seat, roles: not roles.isdisjoint(seat[1]))
    short = [seat for place, seat in enumerate(seats) if place not in placed]
    return [
        (stage, group) for stage, group in short if not _has_quorum(board, stage, seats, placed)
    ]


def _has_quorum(
    board: Board, stage: Stage, seats: Sequence[tuple[Stage, Group]], placed: Mapping[int, Any]
) -> bool:
    """Tell whether enough people are left for a stage that does not need them all, with authority."""
    here = [seats[place][1] for place in placed if seats[place][0].pk == stage.pk]
    spoken = [
        voice.role for cell in board.standing.of_step(stage.pk) for voice in cell.filled if voice
    ]
    is_able = not stage.authority or any(
        role in stage.authority for role in (*spoken, *(role for group in here for role in group))
    )
    return stage.quorum is not None and len(here) >= stage.quorum and is_able


def _open_seats(board: Board, format: str) -> Iterator[tuple[Stage, Group]]:
    """Yield each distinct choice of roles that still has to speak about a format."""
    seen: set[Group] = set()
    for cell in board.standing.cells:
        if cell.format != format or cell.is_complete:
            continue
        stage = board.stages[cell.step.key]
        for group, voice in zip(cell.groups, cell.filled, strict=True):
            by_link = stage.hears_links and Role.EXTERNAL in group  # who is named after submission
            if voice is None and group not in seen and not by_link:
                seen.add(group)
                yield stage, group


def _nobody(stage: Stage, group: Sequence[str], format: str, known: Hands) -> Problem:
    role = eligibility.label(group)
    holders = [str(person) for person in eligibility.holders(group)]
    why = (
        f"{', '.join(holders)} had a hand in it, or is the only one for another voice too."
        if holders
        else "No active person holds this role."
    )
    return Problem(
        "nobody_eligible",
        f"{stage.name}: nobody can decide as {role} about {_label(format)}. {why}",
        format,
        hint=eligibility.who_could_join(group, format, known),
    )


def _place(finding: Finding) -> str:
    return f", {finding.where}" if finding.where else ""


def _label(format: str) -> str:
    return str(dict(FormatName.choices).get(format, format))
