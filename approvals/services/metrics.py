"""How approval goes, in numbers: each is worked out from rows, and each knows which rows.

A voice is what one person, or one named link, said in one stage and round, whatever number of formats
it was about. It takes from the moment at which its stage was entered. Signatures of the policy take no
time and are left out; so are voices of a round before their stage was entered again.
"""

import statistics
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.auth import get_user_model
from django.db.models import DurationField, ExpressionWrapper, F, Max, Min, Window
from django.db.models.functions import RowNumber
from django.utils import timezone

from approvals.models import Decision, Escalation, Review, Stage
from halcytone.lib import rights
from halcytone.lib.errors import NotAllowed
from halcytone.lib.rights import Actor

INDIVIDUALS = "access.change_user"  # whoever keeps the people sees the figures of each
LATEST = 20  # decisions of a stage by which the next one is judged
TOOK = F("decided_at") - F("stage__entered_stage_at")
NOT_OLDER = timedelta(days=365)
TOGETHER = (Stage.Mode.PARALLEL, Stage.Mode.COMMITTEE)
SAYS = (Decision.Verdict.APPROVE, Decision.Verdict.REQUEST_CHANGES, Decision.Verdict.REJECT)
#: What the house does not keep as rows yet, said instead of a number.
NOT_MEASURED = (
    "Errors found after publication, by reviewer and by stage: corrections are not kept as rows yet.",
    "Thoroughness of checklists against corrections: it needs the same rows.",
)


@dataclass(frozen=True, slots=True)
class Voice:
    """What one person, or one link, said in one stage and round. `person` None is a link."""

    review: int
    title: str
    type: str
    level: int
    stage: int
    stage_name: str
    mode: str
    round: int
    person: int | None
    verdict: str
    at: datetime
    took_s: float


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of a table. `filters` are the query parameters that list exactly its rows."""

    name: str
    count: int
    mean_s: float
    median_s: float
    filters: Mapping[str, str | int]


@dataclass(frozen=True, slots=True)
class Share:
    """How many of how many."""

    part: int
    whole: int

    @property
    def percent(self) -> int | None:
        """None when there is nothing to divide by."""
        return round(100 * self.part / self.whole) if self.whole else None


@dataclass(frozen=True, slots=True)
class Metrics:
    """The numbers of a span of time. `people` holds those that this reader may see."""

    voices: int
    by_kind: Sequence[Figure]
    by_stage: Sequence[Figure]
    bottleneck: Figure | None
    people: Sequence[Figure]
    rounds: Sequence[tuple[int, int]]
    mean_rounds: float | None
    escalations: Sequence[tuple[str, int]]
    agreement: Share
    recalled: Share


def read(person: Actor, since: datetime) -> Metrics:
    """Return the numbers since then, as far as this person may see them. Six queries, at most."""
    spoken = voices(since)
    by_stage = _figures(
        spoken, lambda one: (("stage", one.stage_name),), lambda one: one.stage_name
    )
    rounds = _rounds(since)
    return Metrics(
        len(spoken),
        _figures(
            spoken,
            lambda one: (("type", one.type), ("level", one.level)),
            lambda one: f"{one.type.capitalize()}, level {one.level}",
        ),
        by_stage,
        max(by_stage, key=lambda figure: figure.median_s, default=None),
        _people(spoken, person),
        sorted(rounds.items()),
        _mean(rounds),
        _escalations(since),
        agreement(spoken),
        _recalled(since),
    )


def voices(since: datetime) -> list[Voice]:
    """Return every voice since then, in the order of time. One query.

    Of somebody who said different things about formats at once, the gravest counts: the verdicts are
    in the order of their names.
    """
    rows = Decision.objects.filter(
        policy__isnull=True, decided_at__gte=since, verdict__in=SAYS
    ).filter(decided_at__gte=F("stage__entered_stage_at"))
    grouped = rows.order_by().values(
        "stage__review", "stage__review__draft__title", "stage__review__draft__type",
        "stage__review__level", "stage", "stage__name", "stage__mode", "stage__entered_stage_at",
        "round", "person", "link",
    )  # fmt: skip
    told = grouped.annotate(at=Min("decided_at"), said=Max("verdict")).order_by("at", "stage")
    return [
        Voice(
            row["stage__review"],
            row["stage__review__draft__title"],
            row["stage__review__draft__type"],
            row["stage__review__level"],
            row["stage"],
            row["stage__name"],
            row["stage__mode"],
            row["round"],
            row["person"],
            row["said"],
            row["at"],
            (row["at"] - row["stage__entered_stage_at"]).total_seconds(),
        )
        for row in told
    ]


def chosen(
    person: Actor, since: datetime, *, type: str = "", level: int | None = None, stage: str = "",
    of: int | None = None, disagreed: bool | None = None,
) -> list[Voice]:  # fmt: skip
    """Return the rows behind a number, newest first. Raises NotAllowed for the figures of others."""
    if of is not None and not may_see(person, of):
        raise NotAllowed(
            f"The figures of one person are seen by her and by {rights.who_may(INDIVIDUALS)}"
        )
    found = voices(since)
    if disagreed is not None:
        keys = {key for key, said in _together(found).items() if (len(said) > 1) == disagreed}
        found = [one for one in found if (one.stage, one.round) in keys]
    return [
        one
        for one in reversed(found)
        if (not type or one.type == type)
        and level in (None, one.level)
        and (not stage or one.stage_name == stage)
        and of in (None, one.person)
    ]


def may_see(person: Actor, of: int) -> bool:
    """Tell whether this person may see the figures of that one: her own, or all as an administrator."""
    return bool(person.pk == of) or rights.may(person, INDIVIDUALS)


def agreement(spoken: Iterable[Voice]) -> Share:
    """Return in how many rounds of stages with several voices side by side all said the same."""
    said = _together(spoken)
    return Share(sum(len(verdicts) == 1 for verdicts in said.values()), len(said))


def recent_times(stages: Iterable[str]) -> dict[str, list[float]]:
    """Return {name of a stage: seconds that each of its latest decisions took}. One query, at most."""
    names = sorted(set(stages))
    if not names:
        return {}
    latest = [F("decided_at").desc(), F("pk").desc()]
    place = Window(RowNumber(), partition_by=[F("stage__name")], order_by=latest)
    rows = (
        Decision.objects.filter(
            stage__name__in=names,
            person__isnull=False,
            decided_at__gte=F("stage__entered_stage_at"),
            stage__entered_stage_at__gte=timezone.now() - NOT_OLDER,
        )
        .order_by()
        .annotate(place=place)
        .filter(place__lte=LATEST)
    )
    took = rows.annotate(took=ExpressionWrapper(TOOK, DurationField()))
    found: dict[str, list[float]] = {}
    for name, time in took.values_list("stage__name", "took"):
        found.setdefault(name, []).append(time.total_seconds())
    return found


def _figures(
    spoken: Iterable[Voice],
    key: Callable[[Voice], tuple[tuple[str, str | int], ...]],
    name: Callable[[Voice], str],
) -> list[Figure]:
    """Return a line for each key, in the order of their names."""
    groups: dict[tuple[tuple[str, str | int], ...], list[Voice]] = {}
    for one in spoken:
        groups.setdefault(key(one), []).append(one)
    found = []
    for filters, same in groups.items():
        times = [one.took_s for one in same]
        mean, median = statistics.fmean(times), statistics.median(times)
        found.append(Figure(name(same[0]), len(same), mean, median, dict(filters)))
    return sorted(found, key=lambda figure: figure.name)


def _people(spoken: Sequence[Voice], person: Actor) -> list[Figure]:
    """Return the figures of each person whose figures this reader may see."""
    sees_all = rights.may(person, INDIVIDUALS)
    seen = [one for one in spoken if one.person and (sees_all or one.person == person.pk)]
    people = get_user_model()._default_manager.in_bulk({one.person for one in seen})
    names = {pk: str(row) for pk, row in people.items()}
    return _figures(
        seen, lambda one: (("person", one.person or 0),), lambda one: names[one.person or 0]
    )


def _together(spoken: Iterable[Voice]) -> dict[tuple[int, int], set[str]]:
    """Return {(stage, round): what was said}, where several voices spoke side by side."""
    said: dict[tuple[int, int], list[str]] = {}
    for one in spoken:
        if one.mode in TOGETHER:
            said.setdefault((one.stage, one.round), []).append(one.verdict)
    return {key: set(verdicts) for key, verdicts in said.items() if len(verdicts) > 1}


def _rounds(since: datetime) -> dict[int, int]:
    """Return {number of rounds: reviews that needed them}, of those submitted since then."""
    found: dict[int, int] = {}
    for round in Review.objects.filter(submitted_at__gte=since).values_list("round", flat=True):
        found[round] = found.get(round, 0) + 1
    return found


def _mean(rounds: Mapping[int, int]) -> float | None:
    count = sum(rounds.values())
    return sum(round * reviews for round, reviews in rounds.items()) / count if count else None


def _escalations(since: datetime) -> list[tuple[str, int]]:
    """Return (stage, steps that were taken up the chain) since then."""
    found: dict[str, int] = {}
    steps = Escalation.objects.filter(at__gte=since).order_by()
    for _, _, name in steps.values_list("stage", "step", "stage__name").distinct():
        found[name] = found.get(name, 0) + 1
    return sorted(found.items())


def _recalled(since: datetime) -> Share:
    """Return how many approvals of this span were recalled before publication."""
    approved = Review.objects.filter(approved_at__gte=since)
    states = list(approved.values_list("status", flat=True))
    return Share(states.count(Review.Status.RECALLED), len(states))
