"""Which renditions of a review wait for which voices in which stage. Pure: rows in, value out.

A rendition walks through the stages in their order. In a stage it needs one voice of each group of
roles that looks at its format (or of as many groups as the quorum says). A voice counts only while
it carries the rendition's current seal, so a changed rendition asks again, and it alone.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from approvals.policy import Group

APPROVE = "approve"
#: In a committee that needs all its voices: asked when the others have approved.
LAST_WORD: Group = ("ceo",)
Seat = TypeVar("Seat")
One = TypeVar("One")


@dataclass(frozen=True, slots=True)
class Step:
    """One stage. `quorum` None = every group; a role not in `role_formats` looks at every format.

    `added` are roles that may speak as well, by the role whose voice they may give. With `authority` one
    voice must be of one of these roles. `is_beside`: it does not wait for the stages before it.
    """

    key: int
    mode: str
    groups: tuple[Group, ...]
    quorum: int | None = None
    role_formats: Mapping[str, Sequence[str]] = field(default_factory=dict)
    added: Mapping[str, Sequence[str]] = field(default_factory=dict)
    authority: Group = ()
    is_beside: bool = False

    def asked_about(self, format: str) -> tuple[Group, ...]:
        """Return the groups that look at this format, each with the roles that do."""
        looking = (
            tuple(role for role in group if format in self.role_formats.get(role, (format,)))
            for group in self.groups
        )
        return tuple(self._with_added(group) for group in looking if group)

    def _with_added(self, group: Group) -> Group:
        more = (role for each in group for role in self.added.get(each, ()))
        return tuple(dict.fromkeys((*group, *more)))


@dataclass(frozen=True, slots=True)
class Voice:
    """One decision. `is_policy`: the policy's own, which speaks for every group of its stage.

    `person` is None for the policy, and for somebody who spoke through a named review link.
    """

    key: int
    step: int
    format: str
    seal: str
    person: int | None
    role: str
    verdict: str
    is_policy: bool = False


@dataclass(frozen=True, slots=True)
class Cell:
    """One rendition in one stage. `filled` holds a voice, or None, for each group in its order."""

    step: Step
    format: str
    groups: tuple[Group, ...]
    filled: tuple[Voice | None, ...]
    is_complete: bool
    is_in_turn: bool

    @property
    def waiting(self) -> tuple[Group, ...]:
        """The groups that are asked now: the next one in a sequence, otherwise all that lack."""
        if not self.is_in_turn:
            return ()
        open_groups = tuple(
            group for group, voice in zip(self.groups, self.filled, strict=True) if voice is None
        )
        is_in_line = self.step.mode == "sequential" and not self.step.is_beside
        return open_groups[:1] if is_in_line else self._before_the_last_word(open_groups)

    @property
    def has_last_word(self) -> bool:
        """Whether one voice comes after all others: in a committee, unless a part of it is enough."""
        is_whole = self.step.quorum is None or self.step.quorum >= len(self.groups)
        return self.step.mode == "committee" and is_whole and LAST_WORD in self.groups

    def _before_the_last_word(self, groups: tuple[Group, ...]) -> tuple[Group, ...]:
        if not self.has_last_word:
            return groups
        return tuple(group for group in groups if group != LAST_WORD) or groups

    @property
    def welcome(self) -> tuple[Group, ...]:
        """The groups that may speak now: those that are asked, and those that already spoke."""
        spoke = tuple(
            group
            for group, voice in zip(self.groups, self.filled, strict=True)
            if voice is not None
        )
        return (*self.waiting, *spoke) if self.is_in_turn else ()


@dataclass(frozen=True, slots=True)
class Standing:
    """Every rendition in every stage, by stage and then by format."""

    cells: tuple[Cell, ...]

    def in_turn(self) -> list[Cell]:
        return [cell for cell in self.cells if cell.is_in_turn]

    def of_step(self, key: int) -> list[Cell]:
        return [cell for cell in self.cells if cell.step.key == key]

    def approved(self) -> set[str]:
        """Return the formats whose every stage has its voices."""
        formats = {cell.format for cell in self.cells}
        return formats - {cell.format for cell in self.cells if not cell.is_complete}


def compute(steps: Sequence[Step], current: Mapping[str, str], voices: Iterable[Voice]) -> Standing:
    """Return where each rendition stands. `current` maps each format to the digest of its seal.

    Steps are in their order. Voices about other seals are ignored; so is anything but approval: an
    abstention fills nothing, and a request is answered by the author's next submission.
    """
    counted = [
        voice
        for voice in voices
        if voice.verdict == APPROVE and current.get(voice.format) == voice.seal
    ]
    cells = []
    for format in current:
        is_reached = True
        for step in steps:
            cell = _cell(step, format, counted, is_reached=is_reached or step.is_beside)
            is_reached = is_reached and cell.is_complete
            cells.append(cell)
    order = {step.key: place for place, step in enumerate(steps)}
    return Standing(tuple(sorted(cells, key=lambda cell: order[cell.step.key])))


def _cell(step: Step, format: str, counted: Sequence[Voice], *, is_reached: bool) -> Cell:
    groups = step.asked_about(format)
    here = [voice for voice in counted if voice.step == step.key and voice.format == format]
    filled = _filled(groups, here)
    wanted = len(groups) if step.quorum is None else min(step.quorum, len(groups))
    has_authority = not step.authority or any(
        voice is not None and voice.role in step.authority for voice in filled
    )
    is_complete = has_authority and sum(voice is not None for voice in filled) >= wanted
    return Cell(step, format, groups, filled, is_complete, is_reached and not is_complete)


def _filled(groups: Sequence[Group], voices: Sequence[Voice]) -> tuple[Voice | None, ...]:
    signature = next((voice for voice in voices if voice.is_policy), None)
    if signature is not None:
        return tuple(signature for _ in groups)
    placed = pair(groups, voices, lambda group, voice: voice.role in group)
    return tuple(placed.get(place) for place in range(len(groups)))


def pair(
    seats: Sequence[Seat], people: Sequence[One], fits: Callable[[Seat, One], bool]
) -> dict[int, One]:
    """Seat as many people as possible, one on each seat: {place of the seat: person}.

    Earlier people keep a seat when later ones come, though maybe another (augmenting paths, Kuhn).
    """
    taken: dict[int, int] = {}

    def seat(person: int, tried: set[int]) -> bool:
        for place, each in enumerate(seats):
            if place in tried or not fits(each, people[person]):
                continue
            tried.add(place)
            if place not in taken or seat(taken[place], tried):
                taken[place] = person
                return True
        return False

    for person in range(len(people)):
        seat(person, set())
    return {place: people[person] for place, person in taken.items()}
