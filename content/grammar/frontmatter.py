"""Front matter: `key: value` lines between two `---` at the top, read as document directives."""

import re

from content.grammar import directives, vocabulary
from content.grammar.directives import Directive, Line
from content.grammar.problems import Log
from content.grammar.source import Source

_KEY = re.compile(r"([A-Za-z_][\w-]*)[ \t]*:(?:[ \t]+|$)")
_MAX_LINES = 200


def length(source: Source) -> int:
    """Return how many lines the front matter has, its fences included, or 0."""
    if source.grammar[0].rstrip() != "---":
        return 0
    has_key = False
    for number, line in enumerate(source.grammar[1:_MAX_LINES], 1):
        if line.rstrip() in ("---", "..."):
            return number + 1 if has_key else 0
        is_key = _KEY.match(line) is not None
        has_key = has_key or is_key
        if line.strip() and not is_key and line[0] not in " \t#-":
            return 0
    return 0


def read(source: Source, stop: int, log: Log) -> tuple[str, list[Line]]:
    """Return the title and the directives of the lines 1 to `stop`; unknown keys are reported."""
    title, found = "", []
    for number in range(1, stop - 1):
        key = _KEY.match(source.grammar[number])
        if key is None:
            continue
        text = _unquoted(source.lines[number][key.end() :].strip())
        if key[1] == "title":
            title = text
        else:
            found.append(_line(source, number, key, _listed(source, number, stop, text), log))
    return title, found


def _unquoted(text: str) -> str:
    if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'":
        return text[1:-1]
    if text.startswith("[") and text.endswith("]"):
        return ", ".join(part.strip().strip("\"'") for part in text[1:-1].split(","))
    return text


def _listed(source: Source, number: int, stop: int, text: str) -> str:
    """Return the members of a list that hangs below an empty key as comma text."""
    members = []
    for line in source.lines[number + 1 : stop - 1]:
        entry = line.strip()
        if text or not entry.startswith("- "):
            break
        members.append(entry[2:].strip().strip("\"'"))
    return ", ".join(members) or text


def _line(source: Source, number: int, key: re.Match[str], text: str, log: Log) -> Line:
    place, value_place = source.place(number), source.place(number, key.end())
    name = key[1]
    if name not in vocabulary.DIRECTIVE_KEYS and name.lower() in vocabulary.DIRECTIVE_KEYS:
        message = f"The key “{name}” must be written in lower case: {name.lower()}."
        hint = f"Write {name.lower()}: {text}"
        return Line(codes=(log.add("directive_malformed", place, message, hint=hint),))
    if name not in vocabulary.DIRECTIVE_KEYS:
        return Line(codes=(directives.tell_unknown(name, place, log),))
    written = Directive(name, text, number, 0, key.end())
    return Line(directives.valued(written, (place, value_place), log))
