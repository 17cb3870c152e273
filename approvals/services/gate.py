"""What must hold before a draft may be submitted; every broken rule with its place and a way on."""

from collections.abc import Iterable, Iterator, Sequence

from approvals import wording
from approvals.models import Stage
from approvals.policy import Group
from approvals.services import boards, eligibility
from approvals.services.boards import Board
from approvals.services.eligibility import Hands
from approvals.standing import pair
from content.models import Draft, Finding, FormatName, Rendition
from halcytone.lib import rights
from halcytone.lib.errors import Problem

BLOCKING = (Finding.Severity.ERROR, Finding.Severity.CRITICAL)


def problems(draft: Draft) -> list[Problem]:
    """Return why a draft cannot be submitted: what is missing, empty or blocked by a finding."""
    who = f"{draft.author} can change it. {rights.who_may('content.change_draft')}"
    if not draft.formats:
        return [
            Problem("no_formats", "The draft names no format to publish in.", "formats", hint=who)
        ]
    renditions = boards.renditions_of(draft)
    absent = [
        Problem(
            "rendition_missing",
            f"{_label(format)} has not been generated.",
            format,
            hint=f"Generate the draft. {who}",
        )
        for format in draft.formats
        if format not in renditions
    ]
    return [*absent, *_of_renditions(renditions.values(), who)]


def blocking(renditions: Iterable[Rendition], who: str) -> list[Problem]:
    """Return the findings that block these renditions, each with its place and who can change it."""
    findings = Finding.objects.filter(rendition__in=list(renditions), severity__in=BLOCKING)
    return [
        Problem(
            finding.code,
            f"{_label(finding.rendition.format)}{_place(finding)}: {finding.message}",
            finding.rendition.format,
            finding.line,
            f"{finding.hint} {who}".strip(),
        )
        for finding in findings.select_related("rendition")
    ]


def unanswerable(board: Board) -> list[Problem]:
    """Return the voices of a review that nobody eligible could give, and who could be added.

    One person has one role, so two roles that only the same person holds are a problem too.
    """
    found: dict[tuple[int, Group], Problem] = {}
    for format in board.seals:
        for stage, group in _unseated(board, format):
            found.setdefault((stage.pk, group), _nobody(stage, group, format, board.hands))
    return list(found.values())


def _of_renditions(renditions: Iterable[Rendition], who: str) -> Iterator[Problem]:
    renditions = list(renditions)
    for rendition in renditions:
        if wording.is_empty(wording.read(rendition.body)):
            label = _label(rendition.format)
            yield Problem("rendition_empty", f"{label} is empty.", rendition.format, hint=who)
    yield from blocking(renditions, who)


def _unseated(board: Board, format: str) -> list[tuple[Stage, Group]]:
    """Return the voices about a format that nobody is left for when each person takes one."""
    seats = list(_open_seats(board, format))
    people = {
        person.pk: person
        for stage, _ in seats
        for person in eligibility.eligible(stage, format, board.hands)
    }
    voices = [_voices_of(person, board) for person in people.values()]
    placed = pair(seats, voices, lambda seat, roles: not roles.isdisjoint(seat[1]))
    return [seat for place, seat in enumerate(seats) if place not in placed]


def _open_seats(board: Board, format: str) -> Iterator[tuple[Stage, Group]]:
    """Yield each distinct choice of roles that still has to speak about a format."""
    seen: set[Group] = set()
    for cell in board.standing.cells:
        if cell.format != format or cell.is_complete:
            continue
        for group, voice in zip(cell.groups, cell.filled, strict=True):
            if voice is None and group not in seen:
                seen.add(group)
                yield board.stages[cell.step.key], group


def _voices_of(person: object, board: Board) -> set[str]:
    """Return the roles in which this person may speak in this review."""
    spoken = eligibility.spoken_role(person, board.review.pk)
    return {spoken} if spoken else set(eligibility.roles_of(person))


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
