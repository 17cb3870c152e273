"""Which value holds for an item: its own directive, its section's, the banner's, the document's."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from content.grammar.banners import Banner
from content.grammar.blocks import Builder
from content.grammar.dates import FaultError, Moment, is_too_far, read_moment
from content.grammar.directives import Directive, Line
from content.grammar.problems import Log, Place
from content.grammar.raw import Raw

TIMES = ("scheduled_for", "expires_at")


@dataclass(frozen=True, slots=True)
class Origin:
    """What the place of a text says of it, for items that do not say it themselves."""

    published_on: date | None = None
    author: str = ""


@dataclass(frozen=True, slots=True)
class Context:
    """What every item of a document shares. `now` is the aware moment of the fetch.

    `confirmed` holds the exact keys (duplicates.exact_key) of pieces that the ledger has confirmed.
    """

    zone: str
    now: datetime
    log: Log
    document: tuple[Line, ...] = ()
    confirmed: frozenset[str] = frozenset()
    blocks: Builder = field(default_factory=Builder)
    origin: Origin = field(default_factory=Origin)


@dataclass(slots=True)
class Chosen:
    """The directives that hold for an item, by key; values of a banner stand apart."""

    own: dict[str, Directive]
    section: dict[str, Directive]
    banner: Banner | None
    document: dict[str, Directive]

    def directive(self, key: str) -> Directive | None:
        """Return the directive that decides, or None if a banner or default does."""
        near = self.own.get(key) or self.section.get(key)
        if near is not None or (self.banner is not None and key in self.banner.effects):
            return near
        return self.document.get(key)

    def value(self, key: str, default: Any) -> Any:
        found = self.directive(key)
        if found is not None:
            return found.value
        return self.banner.effects.get(key, default) if self.banner else default


def choose(raw: Raw, context: Context) -> Chosen:
    return Chosen(
        by_key(raw.lines), by_key(raw.section.lines), raw.banner, by_key(context.document)
    )


def by_key(lines: Iterable[Line]) -> dict[str, Directive]:
    """Return the usable directives by key, the first of each."""
    found: dict[str, Directive] = {}
    for line in lines:
        if line.directive is not None and line.directive.value is not None:
            found.setdefault(line.directive.key, line.directive)
    return found


def errors(raw: Raw) -> list[str]:
    """Return the codes of what is wrong with the directives of an item and of its section."""
    return [
        code
        for line in (*raw.lines, *raw.section.lines)
        for code in (*line.codes, *(line.directive.codes if line.directive else ()))
    ]


def tell_conflicts(chosen: Chosen, log: Log) -> None:
    """Warn where an item or section says the opposite of the banner above it."""
    if chosen.banner is None:
        return
    for key, wanted in chosen.banner.effects.items():
        found = chosen.own.get(key) or chosen.section.get(key)
        if found is not None and found.value != wanted:
            log.add(
                "banner_conflict",
                found.value_place,
                f"{key}: {found.text} on line {found.place.line} contradicts the banner "
                f"{chosen.banner.name} on line {chosen.banner.line + 1}; the directive holds.",
                hint="Move the item below another banner, or take the directive away.",
                about=key,
            )


def moment(
    found: Directive | None, context: Context, *, may_be_past: bool
) -> tuple[Moment | None, str | None]:
    """Return the instant of a time directive, or the code of the error that replaced it."""
    if found is None:
        return None, None
    log, place = context.log, found.value_place
    try:
        when = read_moment(found.text, context.zone)
    except FaultError as fault:
        return None, _tell(log, fault.code, place, found, fault.message, fault.hint)
    if is_too_far(when, context.now):
        message = f"{found.text} is more than a year ahead."
        return None, _tell(log, "schedule_too_far", place, found, message, "Check the year.")
    if when.at <= context.now and not may_be_past:
        message = f"{found.text} is not in the future."
        hint = "Choose a later time, or put the item below ARCHIVE."
        return None, _tell(log, "schedule_past", place, found, message, hint)
    if when.is_repeated:
        message = f"{found.text} happens twice in {context.zone}; the first is taken."
        hint = f"Give the offset: {when.local_text} is the first."
        _tell(log, "schedule_ambiguous", place, found, message, hint)
    return when, None


def check_times(lines: Iterable[Line], context: Context) -> None:
    """Tell what is wrong with times that may hold for no item: no instant, skipped, too far."""
    for line in lines:
        found = line.directive
        if found is not None and found.value is not None and found.key in TIMES:
            moment(found, context, may_be_past=True)


def _tell(log: Log, code: str, place: Place, found: Directive, message: str, hint: str) -> str:
    return log.add(code, place, f"{found.key}: {message}", hint=hint, about=found.key)
