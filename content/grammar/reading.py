"""One door to the grammar: bytes or text in, a Reading out. Pure: no clock, no network, no rows."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from typing import Any

from content.grammar import (
    blocks,
    body,
    checks,
    directives,
    duplicates,
    facts,
    finish,
    freeform,
    frontmatter,
    jsonlayout,
    notes,
    outline,
    resolve,
    sections,
    source,
    strategy,
    vocabulary,
)
from content.grammar.blocks import Block
from content.grammar.dates import is_zone
from content.grammar.finish import Finished
from content.grammar.item import Item
from content.grammar.jsontext import Cell
from content.grammar.problems import START, Log, Place, Problem
from content.grammar.raw import Gathered, Raw, Written, text_of, trimmed
from content.grammar.resolve import Context, Origin
from content.grammar.source import Source
from content.grammar.strategy import Choice

DEFAULT_ZONE = "America/New_York"
_NOWHERE = Origin()


@dataclass(frozen=True)
class Reading:
    """What a document says, and what is wrong with it.

    `items` are in document order, `problems` in order of line, column, code. `document` has the
    directives that hold for the whole document. `introduction` and `edition` are Markdown that
    belongs to no item.
    """

    items: tuple[Item, ...]
    problems: tuple[Problem, ...]
    strategy: str
    decided_by: str
    decided_line: int | None
    title: str
    zone: str
    document: Mapping[str, Any]
    introduction: str
    edition: str
    blocks: tuple[Block, ...]

    @cached_property
    def fingerprint(self) -> str:
        """The digest of what the items say, wherever they stand and whenever they were read (§6)."""
        return duplicates.fingerprint([item.identity() for item in self.items])

    @property
    def is_blocked(self) -> bool:
        return any(problem.is_blocking for problem in self.problems)


@dataclass(slots=True)
class _Job:
    """A document while it is read."""

    name: str
    zone: str
    now: datetime
    log: Log
    confirmed: frozenset[str]
    text: str = ""
    source: Source = field(default_factory=lambda: Source((), (), ()))
    env: dict[str, Any] = field(default_factory=dict)
    origin: Origin = field(default_factory=Origin)


def parse(
    data: bytes | str,
    *,
    name: str = "",
    zone: str = DEFAULT_ZONE,
    strategy: str = "auto",
    at: datetime,
    confirmed: Collection[str] = (),
    origin: Origin = _NOWHERE,
) -> Reading:
    """Read a living document.

    `name` is the file's name (`.json` decides), `zone` the IANA zone of its registration, `at` the
    aware moment of the fetch. `confirmed` holds exact keys (`duplicates.exact_key`) of pieces that
    the ledger has confirmed: their time may be past. `origin` is what holds where an item names no day or
    author. Never raises on any text; ValueError is for a
    caller's mistake (unknown strategy or zone, naive `at`).
    """
    _refuse_mistakes(strategy, at, zone)
    log = Log()
    text = source.decoded(data, log)
    if text is None:
        return _nothing(log, Choice(strategy, "The document could not be read."), zone)
    job = _Job(name, zone, at, log, frozenset(confirmed), text, origin=origin)
    return _read(job, strategy)


def _refuse_mistakes(chosen: str, at: datetime, zone: str) -> None:
    if chosen not in vocabulary.STRATEGIES:
        raise ValueError(f"There is no strategy “{chosen}”.")
    if at.tzinfo is None:
        raise ValueError("`at` must be aware.")
    if not is_zone(zone):
        raise ValueError(f"There is no time zone “{zone}”.")


def _nothing(log: Log, choice: Choice, zone: str) -> Reading:
    because = choice.because
    return Reading(
        (), log.ordered(), choice.strategy, because, choice.line, "", zone, {}, "", "", ()
    )


def _read(job: _Job, wanted: str) -> Reading:
    if wanted == "json" or (wanted == "auto" and jsonlayout.is_meant(job.text, job.name)):
        cell = jsonlayout.parsed(job.text, job.log) if job.text.strip() else None
        if wanted == "json" or not _is_scalar(cell):
            return _read_json(job, cell, wanted)
    job.source = source.prepared(job.text, job.log)
    if job.source.is_blank:
        _tell_empty(job, "The document has no text.")
        return _nothing(job.log, Choice("freeform", "There is nothing to read."), job.zone)
    if _is_too_much(job):
        return _nothing(job.log, Choice(wanted, "The document is too large to be read."), job.zone)
    if wanted == "freeform":
        return _finished(job, strategy.forced(wanted), freeform.read(job.source, job.log))
    return _read_text(job, wanted)


def _is_too_much(job: _Job) -> bool:
    """Tell whether a text has more lines or marks than are read: before any time is spent on them."""
    lines = job.source.lines
    texts = ((Place(number, 1), line) for number, line in enumerate(lines, 1))
    return checks.is_over_limit({"lines": len(lines)}, job.log) or checks.has_too_many_marks(
        texts, job.log
    )


def _is_scalar(cell: Cell | None) -> bool:
    return cell is not None and not isinstance(cell.value, (dict, list))


def _read_json(job: _Job, cell: Cell | None, wanted: str) -> Reading:
    because = "The editor chose json." if wanted == "json" else "The document is JSON."
    choice = Choice("json", because, 1)
    if cell is None:
        if not job.text.strip():
            _tell_empty(job, "The document has no text.")
        return _nothing(job.log, choice, job.zone)
    job.source = Source(("",), ("",), ("",))
    found = jsonlayout.read(job.text, cell, job.log)
    bodies = ((raw.place, _words_of(raw)) for raw in found.items)
    lines = sum(len(raw.body) for raw in found.items)
    if checks.is_over_limit({"lines": lines}, job.log) or checks.has_too_many_marks(
        bodies, job.log
    ):
        return _nothing(job.log, choice, job.zone)
    return _finished(job, choice, found)


def _read_text(job: _Job, wanted: str) -> Reading:
    skipped = frontmatter.length(job.source)
    seen = outline.read(job.source, skipped)
    choice = strategy.choose(seen) if wanted == "auto" else strategy.forced(wanted)
    title, lines = frontmatter.read(job.source, skipped, job.log) if skipped else ("", [])
    if choice.strategy == "freeform" and not skipped:
        return _finished(job, choice, freeform.read(job.source, job.log))
    job.env = dict(seen.env)
    layout = "markdown" if choice.strategy == "freeform" else choice.strategy
    found = sections.read(seen, layout, job.log, skipped, lines)
    found.title = found.title or title
    notes.bring_home(found, seen.tokens, job.log)
    return _finished(job, choice, found, seen.count())


def _tell_empty(job: _Job, message: str) -> None:
    job.log.add("document_empty", START, message, hint="Write a heading and a text below it.")


def _finished(job: _Job, choice: Choice, found: Gathered, counted: int = 0) -> Reading:
    """Finish what a layout gathered; `counted` is its number of blocks, where that is known."""
    zone = _zone(job, found)
    if checks.is_over_limit({"items": len(found.items), "blocks": counted}, job.log):
        return replace(_nothing(job.log, choice, zone), title=found.title)
    built = blocks.Builder(found.title)
    context = Context(zone, job.now, job.log, tuple(found.lines), job.confirmed, built, job.origin)
    checks.settle_sections(found, job.log, {id(raw): _words_of(raw) for raw in found.items})
    done = [
        (raw, one)
        for raw in found.items
        if (one := finish.finish(raw, job.source, context, job.env)) is not None
    ]
    for lines in (found.lines, *(section.lines for section in found.sections)):
        resolve.check_times(lines, context)
    loose = [_clean_loose(part, job) for part in (found.introduction, found.edition)]
    if _is_over_limit(done, loose, built, job.log):
        return replace(_nothing(job.log, choice, zone), title=found.title)
    items = _checked(done, found, context)
    if not items:
        job.log.drop("directive_orphan")
        if not any(problem.code == "json_schema" for problem in job.log.ordered()):
            _tell_empty(job, "The document has no item.")
    document = {key: one.value for key, one in resolve.by_key(found.lines).items()}
    return Reading(
        items=items,
        problems=_with_blocks(job.log.ordered(), built.found),
        strategy=choice.strategy,
        decided_by=choice.because,
        decided_line=choice.line,
        title=found.title,
        zone=zone,
        document=document,
        introduction=loose[0].content,
        edition=loose[1].content,
        blocks=tuple(built.found),
    )


def _zone(job: _Job, found: Gathered) -> str:
    given = resolve.by_key(found.lines).get("zone")
    return str(given.value) if given is not None else job.zone


def _words_of(raw: Raw) -> str:
    return f"{raw.title.text if raw.title else ''}\n{text_of(raw.body)}"


def _clean_loose(lines: list[Written], job: _Job) -> facts.Facts:
    found = facts.gather(trimmed(lines))
    if found.removed is not None and found.lines:
        written = found.lines[min(found.removed.line, len(found.lines) - 1)]
        place = job.source.place(written.line, written.index + found.removed.index)
        if names := ", ".join(found.removed.names):
            job.log.add("html_removed", place, f"Removed: {names}.", hint="Use Markdown.")
        _tell_inline(found, job)
    return found


def _tell_inline(found: facts.Facts, job: _Job) -> None:
    """A directive behind text that belongs to no item has no effect."""
    for line, index in found.removed.directives if found.removed else ():
        written = found.lines[min(line, len(found.lines) - 1)]
        place = job.source.place(written.line, written.index + index)
        job.log.add("directive_malformed", place, directives.INLINE, hint=directives.INLINE_HINT)


def _is_over_limit(
    done: list[tuple[Raw, Finished]],
    loose: list[facts.Facts],
    built: blocks.Builder,
    log: Log,
) -> bool:
    everything = [one.facts for _, one in done] + loose
    counts = {
        "characters": sum(len(part.text) for part in everything)
        + sum(len(one.item.title) for _, one in done if not _is_cut_from(one)),
        "blocks": len(built.found) + sum(len(part.leaves) for part in loose),
        "images": sum(len(part.images) for part in everything)
        + sum(1 for _, one in done if one.item.image),
    }
    return checks.is_over_limit(counts, log)


def _is_cut_from(one: Finished) -> bool:
    """Tell whether a title was taken from the body, where its characters count already."""
    return one.facts.text.startswith(one.item.title)


def _checked(
    done: list[tuple[Raw, Finished]], found: Gathered, context: Context
) -> tuple[Item, ...]:
    places = [raw.place for raw, _ in done]
    items = checks.linked_duplicates([one.item for _, one in done], places, context.log)
    checks.tell_near(items, places, context.log)
    today = context.now.astimezone(body.zone_of(context.zone))
    for item, place in zip(items, places, strict=True):
        checks.tell_stale(item, today, place, context.log)
    checks.tell_featured(items, context.now, context.log)
    checks.tell_missing(found, items, context.log)
    return items


def _with_blocks(problems: tuple[Problem, ...], built: list[Block]) -> tuple[Problem, ...]:
    """Name the block that each problem's line stands in, where there is one."""
    by_line: dict[int, str] = {}
    for block in built:
        for line in range(block.line_start, block.line_end + 1):
            by_line.setdefault(line, block.id)
    return tuple(problem.inside(by_line.get(problem.line)) for problem in problems)
