"""The queue as one person sees it: sections with counts, filters as counts, and rows for one page.

However many reviews run, the number of queries is the same: what everything is sorted and counted by
is read once for all of them, what a row says is read once for the rows that are shown.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Exists, Max, Min, OuterRef, Q
from django.utils import timezone
from django.utils.module_loading import import_string

from approvals import deadlines as hours
from approvals.models import Ask, Decision, DueEvent, Presence, Review, Role, Seal, Stage
from approvals.services import mandates, metrics, queue
from content.models import FormatName
from halcytone.lib import zones
from halcytone.lib.rights import Actor

RECENT = timedelta(days=7)
PAGE_SIZE = 40
#: (key, heading, rows shown while all sections are, what is said of an empty one)
SECTIONS = (
    ("pending", "Pending your approval", 15,
     "Nothing waits for you. When a stage asks for your role, the piece stands here."),
    ("active", "Active reviews", 5,
     "No other review runs. Open a draft and submit it, and its stages are shown here."),
    ("others", "Waiting for others", 5,
     "Nothing that you wrote or spoke about waits for somebody else."),
    ("unsealed", "Unsealed", 5, "Nothing was changed after its approval."),
    ("back", "With the author", 5, "Nothing was sent back, and nothing is late."),
    ("approved", "Recently approved", 5, "Nothing was approved in the last 7 days."),
)  # fmt: skip
_BACK = (Review.Status.CHANGES_REQUESTED, Review.Status.LATE)
_GLYPHS = {"passed": "✓", "active": "●", "returned": "↺", "skipped": "–", "waiting": "○"}
_FORMATS = dict(FormatName.choices)


@dataclass(frozen=True, slots=True)
class Filters:
    """What is left of the queue: one format, level, preset; "" or None = all of them."""

    format: str = ""
    level: int | None = None
    preset: str = ""

    def keep(self, entry: "Entry") -> bool:
        return (
            (not self.format or self.format in entry.formats)
            and self.level in (None, entry.level)
            and (not self.preset or self.preset == entry.preset)
        )


@dataclass(frozen=True, slots=True)
class Entry:
    """What a review is sorted, counted and filtered by. `due_at` None = nothing is due by any time."""

    pk: int
    status: str
    level: int
    preset: str
    formats: Sequence[str]
    due_at: datetime | None
    approved_at: datetime | None
    section: str


@dataclass(frozen=True, slots=True)
class Row:
    """One review as the queue tells it. `light` is green, amber, red, overdue, or "" without a time."""

    review: Review
    formats: Sequence[str]
    waits_for: Sequence[str]
    due_at: datetime | None = None
    light: str = ""
    steps: str = ""
    steps_words: str = ""
    changed: str = ""
    is_legal: bool = False
    is_late_from_start: bool = False
    result: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Section:
    """One part of the queue; `count` is of all its rows, `rows` are those of this page."""

    key: str
    name: str
    count: int
    rows: Sequence[Row]
    empty: str


@dataclass(frozen=True, slots=True)
class Queue:
    """What a page of the queue shows. `counts` = {"format": {"web": 3}, "level": …, "preset": …}."""

    sections: Sequence[Section]
    counts: Mapping[str, Mapping[Any, int]]
    total: int


def read(
    person: Actor, filters: Filters = Filters(), *, only: str = "", page: int = 1, size: int = PAGE_SIZE
) -> Queue:  # fmt: skip
    """Return the queue of this person: every section with its first rows, or a page of one.

    `size` is how many rows such a page has.
    """
    acts = _acts(person)
    entries = _entries(person, acts)
    kept = [entry for entry in entries if filters.keep(entry)]
    wanted = {
        key: _page(
            [each for each in kept if each.section == key], first, (page, size) if only else None
        )
        for key, _, first, _ in SECTIONS
        if not only or key == only
    }
    rows = _rows([entry for shown in wanted.values() for entry in shown], _looked(person, acts))
    count = Counter(entry.section for entry in kept)
    return Queue(
        [
            Section(key, name, count[key], [rows[entry.pk] for entry in wanted[key]], empty)
            for key, name, _, empty in SECTIONS
            if key in wanted
        ],
        _counts(entries),
        len(kept),
    )


def _entries(person: Actor, acts: Collection[int]) -> list[Entry]:
    """Return every review that is not over, and those approved lately, next due first. Two queries."""
    mine = set(queue.asks_for(person).values_list("review", flat=True))
    is_recent = Q(status=Review.Status.APPROVED, approved_at__gte=timezone.now() - RECENT)
    runs = ~Q(status__in=(*Review.FINAL, Review.Status.APPROVED))
    is_active = Q(stages__status=Stage.Status.ACTIVE)
    rows = (
        Review.objects.filter(runs | is_recent)
        .order_by("pk")
        .annotate(due=Min("stages__due_at", filter=is_active))
        .values_list("pk", "status", "level", "policy__preset", "draft__formats", "due",
                     "draft__slot_wall", "draft__zone", "approved_at", "draft__author")
    )  # fmt: skip
    found = []
    for pk, status, level, preset, formats, due, wall, zone, approved_at, author in rows:
        has_part = pk in acts or author == person.pk
        section = _section_of(status, is_asked=pk in mine, has_part=has_part)
        due_at = due or _final(wall, zone)
        found.append(Entry(pk, status, level, preset, formats, due_at, approved_at, section))
    far = timezone.now() + timedelta(days=36_500)
    found.sort(key=lambda entry: (entry.due_at or far, entry.pk))
    approved = [entry for entry in found if entry.section == "approved"]
    approved.sort(key=lambda entry: (entry.approved_at or far, entry.pk), reverse=True)
    return [entry for entry in found if entry.section != "approved"] + approved


def _section_of(status: str, *, is_asked: bool, has_part: bool) -> str:
    if status == Review.Status.APPROVED:
        return "approved"
    if status == Review.Status.UNSEALED:
        return "unsealed"
    if status in _BACK:
        return "back"
    if is_asked:
        return "pending"
    return "others" if has_part else "active"


def _final(wall: str, zone: str) -> datetime | None:
    """Return when the last decision is due for a slot whose stages have no times of their own."""
    if not wall:
        return None
    lead = timedelta(minutes=settings.APPROVAL_LEAD_MINUTES)
    return zones.instant(datetime.fromisoformat(wall), zone) - lead


def _acts(person: Actor) -> dict[int, datetime]:
    """Return when this person last submitted, or spoke in, each review that is not over."""
    runs = ~Q(stage__review__status__in=Review.FINAL)
    spoken = Decision.objects.filter(runs, person=person).order_by().values("stage__review")
    last = spoken.annotate(at=Max("decided_at")).values_list("stage__review", "at")
    submitted = Review.objects.exclude(status__in=Review.FINAL).filter(submitted_by=person)
    return _latest([*last, *submitted.values_list("pk", "submitted_at")])


def _looked(person: Actor, acts: Mapping[int, datetime]) -> dict[int, datetime]:
    """Return when this person last had each review before her, as far as rows say so."""
    present = Presence.objects.filter(person=person).values_list("review", "seen_at")
    return _latest([*acts.items(), *present])


def _latest(times: Iterable[tuple[int, datetime]]) -> dict[int, datetime]:
    found: dict[int, datetime] = {}
    for pk, at in times:
        found[pk] = max(at, found.get(pk, at))
    return found


def _page(entries: Sequence[Entry], first: int, page: tuple[int, int] | None) -> Sequence[Entry]:
    """Return the first entries; or a page of them, given by its number and size."""
    if page is None:
        return entries[:first]
    number, size = page
    return entries[(number - 1) * size : number * size]


def _counts(entries: Iterable[Entry]) -> dict[str, Mapping[Any, int]]:
    """Return how many reviews each filter would leave, over all sections."""
    formats, levels, presets = Counter[str](), Counter[int](), Counter[str]()
    for entry in entries:
        formats.update(entry.formats)
        levels[entry.level] += 1
        presets[entry.preset] += 1
    return {
        "format": {name: formats[name] for name in _FORMATS if formats[name]},
        "level": dict(sorted(levels.items())),
        "preset": dict(sorted(presets.items())),
    }


def _rows(entries: Sequence[Entry], looked: Mapping[int, datetime]) -> dict[int, Row]:
    """Return the rows of these reviews: one query for each thing that they tell."""
    pks = [entry.pk for entry in entries]
    came_late = DueEvent.objects.filter(
        review=OuterRef("pk"), kind=DueEvent.Kind.LATE_START, is_cancelled=False
    )
    related = Review.objects.select_related("draft__author")
    reviews = related.annotate(came_late=Exists(came_late)).in_bulk(pks)
    stages = _grouped(Stage.objects.filter(review__in=pks).order_by("review", "position"))
    asks = _grouped(Ask.objects.filter(review__in=pks))
    changes = _changes(pks, looked)
    names = {stage.name for all_of in stages.values() for stage in all_of}
    usual = metrics.recent_times(names)
    results = _results([entry.pk for entry in entries if entry.section == "approved"], reviews)
    away = mandates.away_by_role()
    return {
        entry.pk: replace(
            _row(
                entry, reviews[entry.pk], stages.get(entry.pk, []), usual,
                changes.get(entry.pk, ""), results.get(reviews[entry.pk].draft_id, {}),
            ),
            waits_for=_waits_for(asks.get(entry.pk, []), away),
            is_late_from_start=reviews[entry.pk].came_late,
        )
        for entry in entries
    }  # fmt: skip


def _waits_for(asks: Sequence[Ask], away: Mapping[str, str]) -> list[str]:
    """Return the roles that are asked now, with who of their holders is away and who acts for her."""
    labels = dict.fromkeys((ask.role, str(ask.get_role_display())) for ask in asks)
    return [label + mandates.named([role], away) for role, label in labels]


def _row(
    entry: Entry, review: Review, stages: Sequence[Stage],
    usual: Mapping[str, Sequence[float]], changed: str, result: Mapping[str, Any],
) -> Row:  # fmt: skip
    return Row(
        review,
        [str(_FORMATS.get(name, name)) for name in entry.formats],
        [],
        due_at=entry.due_at,
        light=light(entry.due_at, stages, usual) if review.status == Review.Status.OPEN else "",
        steps="–".join(_GLYPHS.get(stage.status, "○") for stage in stages),
        steps_words=_steps_words(stages),
        changed=changed or ("" if entry.section == "approved" else _first_look(review)),
        is_legal=any(Role.LEGAL in group for stage in stages for group in stage.roles),
        result=result,
    )


def light(
    due_at: datetime | None, stages: Sequence[Stage], usual: Mapping[str, Sequence[float]]
) -> str:
    """Return the traffic light of the stage that decides now; "" when nothing is due."""
    active = next((stage for stage in stages if stage.status == Stage.Status.ACTIVE), None)
    if due_at is None or active is None:
        return ""
    left = due_at - timezone.now()
    if left <= timedelta(0):
        return "overdue"
    return hours.light(left, hours.usual(usual.get(active.name, ()), active.sla_h))


def _steps_words(stages: Sequence[Stage]) -> str:
    told = ", ".join(f"{stage.name} {stage.get_status_display().lower()}" for stage in stages)
    passed = sum(stage.status == Stage.Status.PASSED for stage in stages)
    return f"{passed} of {len(stages)} stages passed: {told}"


def _first_look(review: Review) -> str:
    return f"round {review.round}" if review.round > 1 else ""


def _changes(pks: Sequence[int], looked: Mapping[int, datetime]) -> dict[int, str]:
    """Return which formats were sealed anew after this person last looked: "LinkedIn changed"."""
    seen = [pk for pk in pks if pk in looked]
    first: set[tuple[int, str]] = set()
    changed: dict[int, dict[str, None]] = {}
    rows = Seal.objects.filter(review__in=seen).order_by("pk")
    for pk, format, at in rows.values_list("review", "format", "created_at"):
        if (pk, format) in first and at > looked[pk]:
            changed.setdefault(pk, {})[str(_FORMATS.get(format, format))] = None
        first.add((pk, format))
    return {pk: f"{', '.join(names)} changed" for pk, names in changed.items()}


def _results(pks: Sequence[int], reviews: Mapping[int, Review]) -> Mapping[int, Mapping[str, Any]]:
    """Return {draft: what its release did so far}, from whoever releases."""
    if not pks:
        return {}
    find = import_string(settings.REVIEW_RESULTS)
    found: Mapping[int, Mapping[str, Any]] = find([reviews[pk].draft_id for pk in pks])
    return found


def _grouped(rows: Iterable[Any]) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = {}
    for row in rows:
        found.setdefault(row.review_id, []).append(row)
    return found
