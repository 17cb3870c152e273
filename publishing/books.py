"""The books of a release: counts of rows, made anew on every view. Every number opens its rows."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from django.db.models import Count

from publishing.models import Delivery, Release

State = Delivery.State


@dataclass(frozen=True, slots=True)
class Line:
    """One number. `filters` are the query parameters that list exactly its rows."""

    format: str
    state: str
    reason: str
    count: int
    filters: Mapping[str, str | int]


@dataclass(frozen=True, slots=True)
class Books:
    """What became of every candidate of a release."""

    candidates: int
    confirmed: int
    excluded: int
    failed: int
    uncertain: int
    planned: int
    claimed: int
    handed_over: int
    lines: Sequence[Line]
    by_format: Mapping[str, Mapping[str, int]]
    by_reason: Mapping[str, int]
    refused: Mapping[str, str] = field(default_factory=dict)  # {format: why}, without rows

    @property
    def is_balanced(self) -> bool:
        """Candidates = confirmed + excluded + failed + uncertain: nothing is on its way."""
        return self.candidates == self.confirmed + self.excluded + self.failed + self.uncertain

    @property
    def to_resolve(self) -> int:
        """How many rows and refused parts wait for a person."""
        return self.uncertain + self.planned + len(self.refused)


def books(release: Release) -> Books:
    """Return the books of this release: one grouped query, and one for refused parts."""
    groups = (
        release.deliveries.order_by()
        .values("part_of__format", "state", "reason")
        .annotate(count=Count("pk"))
    )
    lines = [_line(release, group) for group in groups]
    states = Counter[str]()
    reasons = Counter[str]()
    formats: dict[str, Counter[str]] = {}
    for line in lines:
        states[line.state] += line.count
        formats.setdefault(line.format, Counter())[line.state] += line.count
        if line.reason:
            reasons[line.reason] += line.count
    return Books(
        candidates=states.total(),
        **{state: states[state] for state in State.values},
        lines=sorted(lines, key=lambda line: (line.format, line.state, line.reason)),
        by_format={name: dict(counts) for name, counts in formats.items()},
        by_reason=dict(reasons),
        refused=_refused(release),
    )


def status(release: Release, books: Books) -> str:
    """Return the API's word: preview, pending, success, partial or failed (specification §1)."""
    if release.is_dry:
        return "preview"
    if release.status not in (Release.Status.DONE, Release.Status.INCOMPLETE):
        return "pending"
    if books.confirmed == 0:
        return "failed"
    is_whole = release.status == Release.Status.DONE and books.failed == 0
    return "success" if is_whole else "partial"


def _line(release: Release, group: Mapping[str, object]) -> Line:
    name, state, reason = (str(group[key]) for key in ("part_of__format", "state", "reason"))
    filters: dict[str, str | int] = {"release": release.pk, "format": name, "state": state}
    if reason:
        filters["reason"] = reason
    return Line(name, state, reason, int(str(group["count"])), filters)


def _refused(release: Release) -> dict[str, str]:
    """Return the refused parts that no row stands for."""
    parts = release.parts.exclude(refusal="").filter(deliveries__isnull=True)
    return dict(parts.values_list("format", "refusal"))
