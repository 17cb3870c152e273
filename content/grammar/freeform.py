"""Freeform text (§3.8): paragraphs; a short line without a full stop begins an item."""

import re
from dataclasses import dataclass

from content.grammar import markdown
from content.grammar.outline import Node
from content.grammar.problems import Log, Place
from content.grammar.raw import Gathered, Raw, Section, Value, Written, joined
from content.grammar.source import Source
from content.grammar.words import section_of

MAX_TITLE = 100
# A list, table, quotation, or bare address goes on with the item above it.
_PART = re.compile(r"(?:[-+*>]|[0-9]{1,9}[.)])[ \t]|\||<?https?://\S+$")


@dataclass(slots=True)
class _Open:
    """The item that takes the next paragraphs, and whether it has some already."""

    raw: Raw | None = None


def read(source: Source, log: Log) -> Gathered:
    found, current = Gathered("freeform"), _Open()
    for node in _paragraphs(source):
        lines = [Written(source.lines[n], n) for n in range(node.start, node.stop)]
        if current.raw is None and (node.kind == "code" or not _has_words(lines[0])):
            found.introduction = joined(found.introduction, lines)
        elif _begins(node, lines, current):
            _begin(found, current, source, lines, log)
        elif current.raw is not None:
            current.raw.body = joined(current.raw.body, lines)
            current.raw.stop = node.stop
    for raw in found.items:
        _settle(raw)
    return found


def _paragraphs(source: Source) -> list[Node]:
    """Return runs of lines without a blank one between; code keeps its blank lines."""
    tokens, _ = markdown.blocks("\n".join(source.grammar), frozenset())
    code: dict[int, int] = {}
    for token in tokens:
        if token.level == 0 and token.type in ("fence", "code_block", "html_block") and token.map:
            code[token.map[0]] = token.map[1]
    found: list[Node] = []
    number, total = 0, len(source.lines)
    while number < total:
        if not source.lines[number].strip():
            number += 1
            continue
        start, kind = number, "code" if number in code else "text"
        number = max(code.get(number, 0), number + 1)
        while (
            kind == "text"
            and number < total
            and source.lines[number].strip()
            and number not in code
        ):
            number += 1
        found.append(Node(kind, start, min(number, total)))
    return found


def _has_words(line: Written) -> bool:
    """Tell whether a line says something; an image is no words."""
    text = line.text.lstrip()
    return not text.startswith("![") and any(letter.isalnum() for letter in text)


def _begins(node: Node, lines: list[Written], current: _Open) -> bool:
    """Tell whether a paragraph begins an item."""
    if current.raw is None:
        return True
    first = lines[0].text.strip()
    if (
        node.kind == "code"
        or len(first) > MAX_TITLE
        or _PART.match(first)
        or not _has_words(lines[0])
    ):
        return False
    if len(lines) == 1:
        return not first.endswith((".", "!", "…"))
    return bool(current.raw.body)


def _begin(found: Gathered, current: _Open, source: Source, lines: list[Written], log: Log) -> None:
    first = lines[0].text.strip()
    lead = len(lines[0].text) - len(lines[0].text.lstrip())
    place = source.place(lines[0].line, lead)
    section = Section(is_named=False)
    raw = Raw(lines[0].line, lines[-1].line + 1, place, section)
    raw.body = lines[1:]
    if len(first) > MAX_TITLE:
        raw.body, first = lines, _cut(first, place, log)
    raw.title = Value(first.lstrip("#").strip() if first.startswith("#") else first, place)
    section.items.append(raw)
    found.sections.append(section)
    found.items.append(raw)
    current.raw = raw


def _cut(first: str, place: Place, log: Log) -> str:
    cut = first[:MAX_TITLE]
    if not first[MAX_TITLE].isspace() and " " in cut:
        cut = cut[: cut.rindex(" ")]
    log.add(
        "title_cut",
        place,
        f"The first line has more than {MAX_TITLE} characters; the title was cut at a word.",
        hint="Put a short title on a line of its own.",
    )
    return cut.rstrip()


def _settle(raw: Raw) -> None:
    """Take the section from the title, else from the body, leftmost word first."""
    title = raw.title.text if raw.title else ""
    body = "\n".join(line.text for line in raw.body)
    named = section_of(title) or section_of(body)
    raw.section.key = named[0] if named else None
