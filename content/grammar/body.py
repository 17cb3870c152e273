"""The body of an item: cleaning, length, links, images, patterns that must not leave."""

import re
import unicodedata
from dataclasses import replace
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from content.grammar import directives, duplicates, facts, labels, skeletons, words
from content.grammar.facts import Facts, Spot
from content.grammar.problems import Place
from content.grammar.raw import Raw, Value, Written, trimmed

if TYPE_CHECKING:
    from content.grammar.finish import Work

SHORT = 20
LONG, LONG_BLOG = 5_000, 50_000
MAX_LINKS = 5
MAX_ALT = 1_000
_SPAM_WORDS = ("viagra", "casino", "lottery", "winner", "congratulations")
_CAPITALS = re.compile(r"[A-ZÀ-ÖØ-Þ]{10,}")
_REPEATED = re.compile(r"(\S)\1{10,}")
_PLACEHOLDER = re.compile(
    r"(?<!\w)TODO(?!\w)|(?<!\w)lorem\s{1,3}ipsum(?!\w)|\{\{?\s{0,3}[A-Za-z_][\w.\- ]{0,60}\}",
    re.IGNORECASE,
)
_RULE_MARKS = "-=_*+~|:#"
_TARGET = re.compile(r"!?\[[^\]]*\]\(\s*<?([^\s<>)]*)>?[^)]*\)|<(https?://[^<>\s]*)>")


@lru_cache(maxsize=32)
def zone_of(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def gather(raw: Raw) -> Facts:
    """Return the facts of a body; a skeleton's tags line becomes its tags first."""
    lines = trimmed(raw.body)
    if raw.kind is not None and "tags" not in raw.fields:
        lines = _without_tags_line(raw, lines)
    found = facts.gather(lines)
    if found.deep_lists:
        found.lines = _flattened(found)
    return found


def _without_tags_line(raw: Raw, lines: list[Written]) -> list[Written]:
    for number in range(len(lines) - 1, -1, -1):
        end = labels.tags_line(lines[number].text)
        if end is not None:
            place = Place(lines[number].line + 1, lines[number].index + end + 1)
            raw.fields["tags"] = Value(lines[number].text[end:].strip(), place)
            return trimmed(lines[:number] + lines[number + 1 :])
    return lines


def _flattened(found: Facts) -> list[Written]:
    """Bring lists below the sixth level up to it."""
    lines = list(found.lines)
    for start, stop in found.deep_lists:
        above = next((n for n in range(start - 1, -1, -1) if lines[n].text.strip()), start)
        indent = _indent(lines[above].text)
        for number in range(start, min(stop, len(lines))):
            text = lines[number].text.lstrip()
            if text:
                lines[number] = replace(lines[number], text=" " * indent + text)
    return lines


def _indent(text: str) -> int:
    return len(text) - len(text.lstrip())


def check(work: "Work") -> None:
    """Tell everything that is wrong with the body, and note the codes that block."""
    found = work.facts
    _check_html(work)
    _check_length(work)
    _check_links(work)
    _check_images(work)
    _check_patterns(work)
    if found.deep_lists:
        start = found.deep_lists[0][0]
        place = work.body_place(start, _indent(found.texts[start]))
        work.tell(
            "list_flattened", place, "Lists deeper than six levels were brought up to the sixth."
        )
    for key in ("alt",):
        if key in work.raw.fields:
            check_placeholders(work, work.raw.fields[key].text, work.raw.fields[key].place, key)
    for key in ("excerpt", "seo_description", "call_to_action"):
        if (own := work.chosen.own.get(key)) is not None:
            check_placeholders(work, own.text, own.value_place, key)


def _check_html(work: "Work") -> None:
    removed = work.facts.removed
    names = work.removed + (removed.names if removed is not None else [])
    if names:
        place, about = work.raw.place, "title"
        if removed is not None and not work.removed:
            place, about = _removed_place(work, removed.line, removed.index), "content"
        hint = "Use Markdown; the text itself was kept."
        work.tell(
            "html_removed", place, f"Removed: {', '.join(dict.fromkeys(names))}.", hint, about
        )
    for line, index in removed.directives if removed is not None else ():
        tell_inline_directive(work, _removed_place(work, line, index))


def _removed_place(work: "Work", line: int, index: int) -> Place:
    """Return where something stood that is no longer in the body."""
    if work.raw.path is not None:
        return work.content_place
    written = work.facts.lines[line]
    return work.source.place(written.line, max(0, written.index + index))


def tell_inline_directive(work: "Work", place: Place) -> None:
    work.tell("directive_malformed", place, directives.INLINE, directives.INLINE_HINT)


def _check_length(work: "Work") -> None:
    length = len(work.facts.text.strip())
    if not length:
        hint = "Write a Content bullet, or text below the heading."
        work.tell("item_empty", work.raw.place, "The item has no body.", hint, "content")
    elif length < SHORT:
        message = f"The body has {length} characters; at least {SHORT} are needed."
        work.tell("body_short", work.content_place, message, "Say more.", "content")
    if length > LONG and length > (limit := LONG_BLOG if _is_blog(work) else LONG):
        message = f"The body has {length:,} characters; at most {limit:,} read well."
        work.tell("body_long", work.content_place, message, "Shorten or split it.", "content")


def _is_blog(work: "Work") -> bool:
    given = work.chosen.value("type", None) or work.raw.kind
    if given is None:
        from content.grammar.enrich import content_type

        given = content_type(work.title, work.facts.prose).value
    return bool(given == "blog")


def _check_links(work: "Work") -> None:
    for spot in work.facts.links:
        if not spot.target.strip() or not spot.text:
            what = "target" if not spot.target.strip() else "text"
            place = work.body_place(spot.line, spot.index)
            work.tell("link_empty", place, f"A link has no {what}.", f"Give the {what}.", "content")
    written = work.raw.fields.get("link")
    if written is not None and target(written.text) is None:
        work.tell("link_empty", written.place, "A link has no target.", "Give the target.", "link")
    urls = work.facts.urls
    if len(urls) > MAX_LINKS:
        message = f"The body has {len(urls)} different URLs; more than {MAX_LINKS} look like spam."
        work.tell("too_many_links", work.content_place, message, "Keep the best.", "content")


def _check_images(work: "Work") -> None:
    for spot in work.facts.images:
        place = work.body_place(spot.line, spot.index)
        _check_image(work, spot, place, "content")
    image = work.raw.fields.get("image")
    if image is not None:
        alt = work.raw.fields.get("alt")
        inline = _alt_of(image.text)
        spot = Spot(target(image.text) or "", alt.text if alt else inline, 0, 0)
        _check_image(work, spot, image.place, "image")


def _alt_of(text: str) -> str:
    found = re.match(r"!\[([^\]]*)\]\(", text)
    return found[1].strip() if found else ""


def _check_image(work: "Work", spot: Spot, place: Place, about: str) -> None:
    if not spot.text:
        hint = "Say what it shows in an Alt bullet or between ![ and ], or write decorative."
        work.tell("image_no_alt", place, "An image has no alt text.", hint, about)
    elif len(spot.text) > MAX_ALT:
        message = f"The alt text has {len(spot.text)} characters; at most {MAX_ALT} are allowed."
        work.tell("image_no_alt", place, message, "Shorten the alt text.", about)
    work.tell("image_not_fetched", place, f"The image {spot.target} was not fetched.", "", about)


def target(text: str) -> str | None:
    """Return the URL of a Link or Image bullet, also where it is written as Markdown."""
    found = _TARGET.fullmatch(text.strip())
    if found is None:
        return text.strip() or None
    return (found[1] if found[1] is not None else found[2]) or None


def _check_patterns(work: "Work") -> None:
    prose = work.facts.prose
    for text in (work.title, prose):
        about = "title" if text is work.title else "content"
        for hit in words.hits(_SPAM_WORDS, text):
            _tell_spam(work, hit, f"the word “{hit}”", about)
        if found := _CAPITALS.search(text):
            _tell_spam(work, found.group(), f"“{found.group()[:20]}”, ten capitals in a row", about)
        if (run := _repeated(text)) is not None:
            _tell_spam(work, run, f"“{run[:12]}”, eleven equal characters", about)
    check_body_placeholders(work)


def _repeated(text: str) -> str | None:
    for found in _REPEATED.finditer(text):
        mark = found[1]
        if mark in _RULE_MARKS and _is_rule(text, found.start(), found.end()):
            continue
        if mark.isalnum() or unicodedata.category(mark)[0] == "P" or mark in "$+<=>^`|~":
            return found.group()
    return None


def _is_rule(text: str, start: int, stop: int) -> bool:
    """Tell whether a line has nothing but the marks of a rule or table."""
    begin = text.rfind("\n", 0, start) + 1
    end = text.find("\n", stop)
    return not text[begin : end if end >= 0 else len(text)].strip(_RULE_MARKS + " ")


def _tell_spam(work: "Work", needle: str, what: str, about: str) -> None:
    title = work.raw.title
    if about == "title" and title:
        place = work.place_of(needle, title.place)
    else:
        place = _place_of(work, needle)
    hint = "Write it another way; mail filters refuse it."
    work.tell("spam_pattern", place, f"The {about} has {what}.", hint, about)


def _place_of(work: "Work", needle: str) -> Place:
    for number, written in enumerate(work.facts.lines):
        if number not in work.facts.code_lines:
            index = facts.visible(written.text).lower().find(needle.lower())
            if index >= 0:
                return work.body_place(number, index)
    return work.content_place


def check_body_placeholders(work: "Work") -> None:
    found = {hit.group() for hit in _PLACEHOLDER.finditer(work.facts.prose) if _counts(hit)}
    if not found:
        return
    told: set[str] = set()
    for number, written in enumerate(work.facts.lines):
        if number in work.facts.code_lines:
            continue
        for hit in _PLACEHOLDER.finditer(facts.visible(written.text)):
            if hit.group() in found:
                told.add(hit.group())
                _tell_placeholder(
                    work, work.body_place(number, hit.start()), hit.group(), "content"
                )
    for missing in sorted(found - told):
        _tell_placeholder(work, _place_of(work, missing.split()[0]), missing, "content")


def _counts(hit: re.Match[str]) -> bool:
    """TODO counts in capitals only: “todo” is a word of some languages."""
    return hit.group().lower() != "todo" or hit.group() == "TODO"


def check_placeholders(work: "Work", text: str, place: Place, about: str) -> None:
    for hit in _PLACEHOLDER.finditer(text):
        if _counts(hit):
            _tell_placeholder(work, work.place_of(hit.group(), place), hit.group(), about)


def _tell_placeholder(work: "Work", place: Place, found: str, about: str) -> None:
    hint = "Write what was meant to stand there."
    work.tell("placeholder", place, f"“{found}” was left in the text.", hint, about)


def media_contact(work: "Work") -> str | None:
    """Return the text of an announcement's Media Contact part."""
    if work.raw.kind != "announcement":
        return None
    leaves = work.facts.leaves
    for leaf, below in pairwise(leaves):
        if leaf.kind == "heading" and skeletons.name_of(leaf.text) == "media contact":
            return below.text if 0 < len(below.text) <= 200 else None
    return None


def is_confirmed(work: "Work") -> bool:
    return duplicates.exact_key(work.title, work.facts.text) in work.context.confirmed


def tell_unscheduled(work: "Work") -> None:
    work.tell(
        "schedule_missing",
        work.raw.place,
        "The item stands below SCHEDULED CONTENT and has no time.",
        "Add <!-- scheduled_for: YYYY-MM-DDTHH:MM --> above it.",
        "scheduled_for",
    )
