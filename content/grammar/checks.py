"""What can only be told of a whole document: sections, duplicates, stale and featured items, limits."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from content.grammar import commonmark, duplicates
from content.grammar.duplicates import Profile
from content.grammar.item import Item
from content.grammar.problems import START, Log, Place
from content.grammar.raw import Gathered, Section
from content.grammar.vocabulary import REQUIRED_SECTIONS, SECTIONS
from content.grammar.words import section_by_score

STALE_DAYS = 90
MAX_FEATURED = 3
MAX_ITEMS = 500
MAX_BLOCKS = 20_000
MAX_IMAGES = 200
MAX_CHARACTERS = 2_000_000
MAX_LINES = 100_000


def settle_sections(found: Gathered, log: Log, texts: dict[int, str]) -> None:
    """Give each section without a key the one its words speak of; tell it for a named section.

    `texts` has the text of each raw item by id().
    """
    for section in found.sections:
        if section.key is not None:
            continue
        words = [section.heading, section.title, *(texts[id(raw)] for raw in section.items)]
        section.key = section_by_score(words)
        if section.is_named:
            _tell_unknown(section, log)


def _tell_unknown(section: Section, log: Log) -> None:
    log.add(
        "section_unknown",
        section.place,
        f"There is no section “{section.heading}”; its items were put under {section.key}.",
        hint="Use one of: " + ", ".join(SECTIONS) + ".",
        about="category",
    )


def tell_missing(found: Gathered, items: Sequence[Item], log: Log) -> None:
    """Warn of each required section without an item, where the layout has sections by name."""
    is_short_json = found.strategy == "json" and not found.is_long_json
    if found.is_skeleton or not (found.strategy in ("living", "structured") or is_short_json):
        return
    present = {item.category for item in items}
    for section in REQUIRED_SECTIONS:
        if section not in present:
            log.add(
                "section_missing",
                START,
                f"The section {section} is absent or empty.",
                hint=f"Add ## [{section.capitalize()}] with an item.",
                about=section,
            )


def tell_stale(item: Item, now: datetime, place: Place, log: Log) -> None:
    if item.is_archived or not item.is_dated:
        return
    age = (now.date() - item.on).days
    if age > STALE_DAYS:
        message = f"The item is {age} days old; more than {STALE_DAYS} is stale."
        log.add("stale_item", place, message, hint="Update it or move it below ARCHIVE.")


def tell_featured(items: Sequence[Item], now: datetime, log: Log) -> None:
    active = [
        item
        for item in items
        if item.featured
        and item.published
        and not item.is_archived
        and not (item.expires and item.expires.at <= now)
    ]
    if len(active) > MAX_FEATURED:
        log.add(
            "too_many_featured",
            START,
            f"{len(active)} items are featured; at most {MAX_FEATURED} should be.",
            hint="Lines: " + ", ".join(str(item.line_start) for item in active) + ".",
        )


def linked_duplicates(items: Sequence[Item], places: Sequence[Place], log: Log) -> tuple[Item, ...]:
    """Mark each older exact duplicate with the position of the newest, and warn of it."""
    groups: dict[str, list[int]] = defaultdict(list)
    for number, item in enumerate(items):
        groups[duplicates.exact_key(item.title, item.text)].append(number)
    marked = list(items)
    for members in groups.values():
        winner = max(members, key=lambda number: (items[number].on, number))
        for number in members:
            if number == winner:
                continue
            marked[number] = replace(items[number], duplicate_of=winner)
            log.add(
                "duplicate_item",
                places[number],
                f"The same title and text stand on line {items[winner].line_start}; "
                "the newer item is used.",
                hint="Take one of the two away.",
            )
    return tuple(marked)


def tell_near(items: Sequence[Item], places: Sequence[Place], log: Log) -> None:
    """Warn of each item that says nearly the same as an earlier one of the document."""
    profiles = [Profile(item.title, item.text) for item in items]
    index: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for number, profile in enumerate(profiles):
        for earlier in sorted(
            {n for s in profile.body | profile.introduction for n in index.get(s, ())}
        ):
            if items[number].duplicate_of is not None or items[earlier].duplicate_of is not None:
                continue
            if (why := duplicates.near(profiles[earlier], profile)) is not None:
                line = items[earlier].line_start
                message = f"The item is close to the one on line {line}: {why}."
                log.add("near_duplicate", places[number], message, hint="Keep both only if meant.")
                break
        for shingle in profile.body | profile.introduction:
            index[shingle].append(number)


def has_too_many_marks(texts: Iterable[tuple[Place, str]], log: Log) -> bool:
    """Tell whether these texts, together, have more marks of Markdown than are read in fair time."""
    count = 0
    for place, text in texts:
        count += commonmark.count_marks(text)
        if count > commonmark.MAX_MARKS:
            log.add(
                "source_truncated",
                place,
                f"Up to here the document has more than {commonmark.MAX_MARKS:,} marks of Markdown, "
                "such as * and [; no more are read.",
                hint="Split it into several documents.",
                about="marks",
            )
            return True
    return False


def is_over_limit(counts: dict[str, int], log: Log) -> bool:
    """Tell whether a document is larger than may be read; each limit itself is allowed."""
    limits = {
        "characters": MAX_CHARACTERS,
        "items": MAX_ITEMS,
        "blocks": MAX_BLOCKS,
        "images": MAX_IMAGES,
        "lines": MAX_LINES,
    }
    for name, limit in limits.items():
        if counts.get(name, 0) > limit:
            log.add(
                "source_truncated",
                START,
                f"The document has {counts[name]:,} {name}; at most {limit:,} are read.",
                hint="Split it into several documents.",
                about=name,
            )
            return True
    return False
