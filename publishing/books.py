"""The books of a release: counts of rows, made anew on every view. Every number opens its rows."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.db.models import Count, Min, Q

from content.models import FormatName
from publishing.models import Delivery, Purge, Release

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
    prepared: int
    lines: Sequence[Line]
    by_format: Mapping[str, Mapping[str, int]]
    by_reason: Mapping[str, int]
    refused: Mapping[str, str] = field(default_factory=dict)  # {format: why}, without rows

    purges: int = 0  # calls to caches that are still to be done

    @property
    def is_balanced(self) -> bool:
        """Candidates = confirmed + excluded + failed + uncertain: nothing is on its way."""
        return self.candidates == self.confirmed + self.excluded + self.failed + self.uncertain

    @property
    def to_resolve(self) -> int:
        """How many rows and refused parts wait for a person."""
        return self.uncertain + self.prepared + self.planned + self.purges + len(self.refused)


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
        purges=_purges(release),
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


def failures(release: Release) -> list[str]:
    """Return a sentence for each format of which something failed: how much, and the first reason."""
    is_failed = Q(state=State.FAILED)
    formats = release.deliveries.order_by().values("part_of__format")
    counts = formats.annotate(
        all=Count("pk"), failed=Count("pk", filter=is_failed), first=Min("pk", filter=is_failed)
    )
    rows = sorted((row for row in counts if row["failed"]), key=lambda row: row["first"])
    reasons = dict(
        Delivery.objects.filter(pk__in=[row["first"] for row in rows]).values_list("pk", "error")
    )
    return [_failure(row, reasons[row["first"]]) for row in rows] + _not_forgotten(release)


def _not_forgotten(release: Release) -> list[str]:
    """Return why caches may still show what was there before, a sentence for each of them."""
    if "cdn" not in settings.CACHE_TARGETS:
        return []
    rows = Purge.objects.filter(order__release=release, error__gt="")
    rows = rows.exclude(state=Purge.State.CONFIRMED).order_by("target", "-pk")
    found = dict(rows.values_list("target", "error"))
    return [f"The cache ({name}) may show the page before: {why}." for name, why in found.items()]


def _failure(row: Mapping[str, Any], reason: str) -> str:
    format = dict(FormatName.choices).get(row["part_of__format"], row["part_of__format"])
    why = f"{reason.rstrip('.') or 'No reason is known'}."
    if row["all"] == 1:
        return f"{format} failed: {why}"
    return f"{format}: {row['failed']} of {row['all']} failed. The first: {why}"


def _line(release: Release, group: Mapping[str, object]) -> Line:
    name, state, reason = (str(group[key]) for key in ("part_of__format", "state", "reason"))
    filters: dict[str, str | int] = {"release": release.pk, "format": name, "state": state}
    if reason:
        filters["reason"] = reason
    return Line(name, state, reason, int(str(group["count"])), filters)


def _purges(release: Release) -> int:
    """Return how many calls to caches are open; nothing is asked where there is no content network."""
    if "cdn" not in settings.CACHE_TARGETS:
        return 0
    return Purge.objects.open().filter(order__release=release).count()


def _refused(release: Release) -> dict[str, str]:
    """Return the refused parts that no row stands for."""
    parts = release.parts.exclude(refusal="").filter(deliveries__isnull=True)
    return dict(parts.values_list("format", "refusal"))
