"""From an item as written to an item: title, body, fields, values; every remark with its place."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from slugify import slugify

from content.grammar import body as bodies
from content.grammar import (
    directives,
    enrich,
    htmlclean,
    markdown,
    resolve,
    sessions,
    values,
    vocabulary,
)
from content.grammar.dates import FaultError, Moment, read_day
from content.grammar.directives import Line
from content.grammar.facts import Facts
from content.grammar.item import Item
from content.grammar.problems import Place, is_error
from content.grammar.raw import Raw, Value
from content.grammar.resolve import Chosen, Context
from content.grammar.source import Source

MAX_TITLE = 200
_URGENT = {"critical": 1, "high": 2}


@dataclass(slots=True)
class Work:
    """One item on its way: what was decided so far, and the codes of its errors."""

    raw: Raw
    source: Source
    context: Context
    chosen: Chosen
    facts: Facts
    title: str = ""
    codes: list[str] = field(default_factory=list)
    evidence: dict[str, str] = field(default_factory=dict)
    removed: list[str] = field(default_factory=list)  # tags of the title

    def tell(self, code: str, place: Place, message: str, hint: str = "", about: str = "") -> None:
        about = ".".join(part for part in (self.raw.path or "", about) if part)
        self.context.log.add(code, place, message, hint=hint, about=about or None)
        if is_error(code):
            self.codes.append(code)

    def body_place(self, line: int, index: int) -> Place:
        """Return where character `index` of body line `line` was written."""
        if self.raw.path is not None or not self.facts.lines:
            return self.content_place
        written = self.facts.lines[min(line, len(self.facts.lines) - 1)]
        return self.source.place(written.line, max(0, written.index + written.before(index)))

    def place_of(self, needle: str, beside: Place) -> Place:
        """Return where these words stand on the line of a field, else the place of the field."""
        if self.raw.path is not None or beside.line > len(self.source.lines):
            return beside
        index = self.source.lines[beside.line - 1].find(needle)
        return beside if index < 0 else self.source.place(beside.line - 1, index)

    @property
    def content_place(self) -> Place:
        if "content" in self.raw.fields:
            return self.raw.fields["content"].place
        for written in self.facts.lines:
            if written.text.strip():
                lead = len(written.text) - len(written.text.lstrip())
                return self.source.place(written.line, written.index + lead)
        return self.raw.place


@dataclass(slots=True)
class Finished:
    """An item with the facts of its body."""

    item: Item
    facts: Facts


def finish(raw: Raw, source: Source, context: Context, env: dict[str, Any]) -> Finished | None:
    """Return the finished item, or None where there is neither title nor body."""
    chosen = resolve.choose(raw, context)
    work = Work(raw, source, context, chosen, bodies.gather(raw), codes=[])
    work.codes += raw.codes + resolve.errors(raw)
    resolve.tell_conflicts(chosen, context.log)
    _title(work, env)
    bodies.check(work)
    if not work.title and not work.facts.text:
        return None
    return Finished(_item(work), work.facts)


def _title(work: Work, env: dict[str, Any]) -> None:
    written = work.raw.title
    place = written.place if written else work.raw.place
    if written is not None:
        work.title = written.text if work.raw.is_plain else _plain_title(work, written, env)
    if not work.title:
        hint = "Write the title behind ### or give a Title bullet."
        work.tell("item_untitled", work.raw.place, "The item has no title.", hint, "title")
    elif len(work.title) > MAX_TITLE:
        message = f"The title has {len(work.title)} characters; at most {MAX_TITLE} are allowed."
        work.tell("title_long", place, message, "Shorten the title.", "title")
    bodies.check_placeholders(work, work.title, place, "title")


def _plain_title(work: Work, written: Value, env: dict[str, Any]) -> str:
    title, removed = markdown.plain(written.text, env)
    if not removed:
        return title
    names = [htmlclean.tag_name(token.content) for token in removed]
    if htmlclean.WITH_CONTENT & set(names):
        title = markdown.plain(htmlclean.without_tags(written.text), env)[0]
    for token in removed:
        if directives.speaks_of_a_key(token.content):
            at = work.source.lines[written.place.line - 1].find(token.content)
            place = work.source.place(written.place.line - 1, max(at, 0))
            bodies.tell_inline_directive(work, place)
            names.remove(htmlclean.tag_name(token.content))
    work.removed = names
    return " ".join(title.split(" ")).strip()


def _item(work: Work) -> Item:
    raw = work.raw
    kind = _type(work)
    day, is_dated = _day(work)
    told = _announcement(work, kind) | _wishes(work) | _texts(work, kind) | _measures(work.facts)
    return Item(
        title=work.title,
        on=day,
        is_dated=is_dated,
        category=raw.section.key or vocabulary.DEFAULT_SECTION,
        type=kind,
        line_start=raw.start + 1,
        line_end=max(raw.stop, raw.start + 1),
        zone=work.context.zone,
        session=sessions.read(work.facts.cells) if kind == "session" else None,
        banner=raw.banner.name if raw.banner else None,
        heading=raw.section.heading,
        codes=tuple(sorted(set(work.codes))),
        block_ids=work.context.blocks.item(
            raw.section.heading, work.title, raw.start + 1, work.facts
        ),
        evidence=work.evidence,
        **told,
    )


def _wishes(work: Work) -> dict[str, Any]:
    """Return what the document asks to be done with the item."""
    value = work.chosen.value
    published = bool(value("published", False))
    scheduled, expires = _times(work, published)
    return {
        "published": published,
        "scheduled": scheduled,
        "expires": expires,
        "weekly": bool(value("weekly", work.raw.is_weekly)),
        "dry_run": bool(value("dry_run", False)),
        "press_release": bool(value("press_release", False)),
        "channels": value("channels", vocabulary.DEFAULT_CHANNELS),
        "template": value("template", "auto"),
        "budget": value("budget", None),
        "sensitive": value("sensitive", ()),
        "call_to_action": value("call_to_action", None),
        "media_contact": value("media_contact", None) or bodies.media_contact(work),
    }


def _texts(work: Work, kind: str) -> dict[str, Any]:
    """Return the texts about the item: given ones, or made from its title and body."""
    value, text = work.chosen.value, work.facts.sentences
    return {
        "tags": _tags(work, kind),
        "author": _author(work),
        "excerpt": value("excerpt", None) or enrich.excerpt(text) or None,
        "slug": value("slug", None) or slugify(work.title, max_length=100) or None,
        "seo_description": value("seo_description", None) or enrich.seo_description(text),
        "blog_category": _blog_category(work),
        "sources": _sources(work),
        "link": _field(work, "link"),
        "image": _field(work, "image"),
        "alt": _field(work, "alt"),
    }


def _measures(facts: Facts) -> dict[str, Any]:
    """Return what can be counted and found in the body."""
    count = enrich.word_count(facts.text)
    return {
        "content": facts.content,
        "text": facts.text,
        "word_count": count,
        "reading_time_min": enrich.reading_time_min(count),
        "character_count": len(facts.text),
        "complexity": enrich.complexity(facts.prose),
        "language": enrich.language(facts.prose),
        "techniques": enrich.techniques(facts.text),
        "links": tuple(facts.urls),
        "images": tuple(spot.target for spot in facts.images),
    }


def _type(work: Work) -> str:
    given = work.chosen.value("type", None)
    if given is None and work.raw.kind is not None:
        work.evidence["type"] = f"{work.raw.kind}: the heading is that of the skeleton"
        return work.raw.kind
    if given is not None:
        work.evidence["type"] = f"{given}: the directive says so"
        return str(given)
    told = enrich.content_type(work.title, work.facts.prose)
    work.evidence["type"] = told.evidence
    work.tell("type_detected", work.raw.place, f"Type {told.evidence}.", about="type")
    return told.value


def _day(work: Work) -> tuple[date, bool]:
    today = work.context.now.astimezone(bodies.zone_of(work.context.zone)).date()
    written = work.raw.fields.get("date")
    published = work.context.origin.published_on
    if written is None and published is not None:
        message = f"No date is given; the day of publication, {published.isoformat()}, is used."
        work.tell("date_defaulted", work.raw.place, message, about="date")
        return published, True
    if written is None:
        message = f"No date is given; the day of reading, {today.isoformat()}, is used."
        work.tell("date_defaulted", work.raw.place, message, about="date")
        return today, False
    text = directives.straightened(written.text, written.place, work.context.log)
    try:
        return read_day(text), True
    except FaultError as fault:
        work.tell(fault.code, written.place, fault.message, fault.hint, "date")
        return today, False


def _announcement(work: Work, kind: str) -> dict[str, Any]:
    """Return urgency, featured and priority; an urgent announcement is featured and comes first."""
    chosen = work.chosen
    urgency = chosen.value("urgency", None)
    if urgency is None and kind == "announcement":
        told = enrich.urgency(work.title, work.facts.prose)
        urgency, work.evidence["urgency"] = told
    featured = bool(chosen.value("featured", False))
    priority = int(chosen.value("priority", vocabulary.DEFAULT_PRIORITY))
    if kind == "announcement" and urgency in _URGENT:
        wanted = _URGENT[urgency]
        if not featured or priority != wanted:
            message = f"An announcement of urgency {urgency} is featured, with priority {wanted}."
            work.tell("urgency_derived", work.raw.place, message, about="urgency")
        featured, priority = True, wanted
    if kind != "announcement":
        _tell_unused(work)
    return {"urgency": urgency or "medium", "featured": featured, "priority": priority}


def _tell_unused(work: Work) -> None:
    for key in vocabulary.ANNOUNCEMENT_KEYS:
        found = work.chosen.own.get(key) or work.chosen.section.get(key)
        if found is not None:
            message = f"{key} belongs to announcements; it is kept, but nothing else uses it."
            work.tell("field_unused", found.place, message, about=key)


def _times(work: Work, published: bool) -> tuple[Moment | None, Moment | None]:
    is_archived = work.raw.banner is not None and work.raw.banner.is_archive
    may_be_past = not published or is_archived or bodies.is_confirmed(work)
    found = work.chosen.directive("scheduled_for")
    scheduled, code = resolve.moment(found, work.context, may_be_past=may_be_past)
    expires, other = resolve.moment(
        work.chosen.directive("expires_at"), work.context, may_be_past=may_be_past
    )
    work.codes += [wrong for wrong in (code, other) if wrong]
    if found is None and work.raw.banner is not None and work.raw.banner.is_scheduled:
        bodies.tell_unscheduled(work)
    return scheduled, expires


def _tags(work: Work, kind: str) -> tuple[str, ...]:
    written = work.raw.fields.get("tags") or _directive_value(work, "tags")
    if written is None:
        return enrich.tags(work.title, work.facts.prose)
    tags: dict[str, int] = {}
    for member, offset in values.members(written.text):
        if member:
            tags.setdefault(member.lower(), offset)
    limit = vocabulary.TAG_LIMITS.get(kind, vocabulary.DEFAULT_TAG_LIMIT)
    fitting = tuple(tag for tag in tags if len(tag) <= values.MAX_TAG)[:limit]
    if len(fitting) < len(tags):
        message = f"At most {limit} tags of {values.MAX_TAG} characters each are allowed."
        place = written.place.behind(written.text[: _first_over(tags, limit)], written.members)
        work.tell("directive_value", place, f"tags: {message}", "Take some away.", "tags")
    return fitting


def _directive_value(work: Work, key: str) -> Value | None:
    found = work.chosen.directive(key)
    return None if found is None else Value(found.text, found.value_place, found.members)


def _first_over(tags: dict[str, int], limit: int) -> int:
    """Return the offset of the first character that makes a tag too long, or one tag too many."""
    for number, (tag, offset) in enumerate(tags.items()):
        if len(tag) > values.MAX_TAG:
            return offset + values.MAX_TAG
        if number >= limit:
            return offset
    return 0


def _author(work: Work) -> str:
    written = work.raw.fields.get("author")
    if written is None:
        default = work.context.origin.author or vocabulary.DEFAULT_AUTHOR
        return str(work.chosen.value("author", default))
    if len(written.text) > 100:
        message = "author: At most 100 characters are allowed."
        place = written.place.behind(written.text[:100])
        work.tell("directive_value", place, message, values.hint("author"), "author")
        return vocabulary.DEFAULT_AUTHOR
    return written.text


def _blog_category(work: Work) -> str:
    given = work.chosen.value("category", None)
    if given is not None:
        return str(given)
    told = enrich.blog_category(work.title, work.facts.prose)
    work.evidence["blog_category"] = told.evidence
    return told.value


def _sources(work: Work) -> tuple[str, ...]:
    own = _cited(work.raw.lines) + [value.text for value in work.raw.sources]
    found = own or _cited(work.raw.section.lines) or _cited(work.context.document)
    return tuple(dict.fromkeys(found))


def _cited(lines: Sequence[Line]) -> list[str]:
    found = [line.directive for line in lines if line.directive is not None]
    return [one.text for one in found if one.key == "source" and one.text]


def _field(work: Work, key: str) -> str | None:
    written = work.raw.fields.get(key)
    if written is None:
        return None
    if key in ("link", "image"):
        return bodies.target(written.text)
    return written.text
