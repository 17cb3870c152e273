"""Directive comments: `<!-- key: value -->`, one to a line, at the left margin."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from rapidfuzz.distance import Levenshtein

from content.grammar import values, vocabulary
from content.grammar.dates import FaultError
from content.grammar.problems import START, Log, Place
from content.grammar.source import Source

_DASH = "‐‑‒–—―−"
OPEN = re.compile(rf"<!(?:--|-?[{_DASH}]+-?)")
CLOSE = re.compile(rf"--+>|-?[{_DASH}]+-?>|→")
_WORD = re.compile(r"[ \t]*([^\W\d][\w-]*)([ \t]*:)?")
_EXACT = re.compile(r" ([a-z_]+): (?! )(.*?) ?\Z")
_TYPOGRAPHIC = re.compile(f"[{_DASH}‘’‚“”„′″→]")
STRAIGHT = str.maketrans(
    dict.fromkeys(_DASH, "-") | dict.fromkeys("‘’‚′", "'") | dict.fromkeys("“”„″", '"')
)
NEAR = 2
INLINE = "Text stands before a directive; it has no effect here."
INLINE_HINT = "Give the directive a line of its own above the heading of its item."


@dataclass(frozen=True, slots=True)
class Directive:
    """A well-formed directive with a known key. `value` is None where it was wrong.

    `index` and `value_index` are 0-based in line `line` (0-based); `codes` are its own errors.
    """

    key: str
    text: str
    line: int
    index: int = 0
    value_index: int = 0
    value: object = None
    codes: tuple[str, ...] = ()
    place: Place = START
    value_place: Place = START
    members: tuple[Place, ...] = ()


@dataclass(frozen=True, slots=True)
class Line:
    """What a directive line holds: the directive if it may take effect, and text beside it.

    `codes` are the errors of a line whose directive cannot take effect.
    """

    directive: Directive | None = None
    rest: str = ""
    rest_index: int = 0
    codes: tuple[str, ...] = ()


def is_directive(line: str) -> bool:
    """Tell whether a line must be a directive: its first word has a colon, or is nearly a key."""
    if not line.startswith("<!") or (opened := OPEN.match(line)) is None:
        return False
    return _names_a_key(line, opened.end())


def is_typographic_comment(line: str) -> bool:
    """Tell whether a line is a comment whose dashes a word processor has changed."""
    opened = None if line.startswith("<!--") else OPEN.match(line)
    closed = CLOSE.search(line, opened.end()) if opened else None
    return closed is not None and not line[closed.end() :].strip()


def _names_a_key(line: str, start: int) -> bool:
    word = _WORD.match(line, start)
    if word is None:
        return False
    return word[2] is not None or word[1] == "zone" or _near(word[1]) is not None


def speaks_of_a_key(comment: str) -> bool:
    """Tell whether a comment inside a line was meant as a directive: key (or nearly), then colon."""
    opened = OPEN.match(comment)
    word = _WORD.match(comment, opened.end()) if opened else None
    return word is not None and word[2] is not None and _near(word[1].lower()) is not None


def _near(word: str) -> str | None:
    """Return the nearest item key, or None if none is within two changes."""
    if len(word) > 20:
        return None
    best = min(vocabulary.ITEM_KEYS, key=lambda key: Levenshtein.distance(word, key))
    return best if Levenshtein.distance(word, best) <= NEAR else None


def nearest(word: str) -> str | None:
    """Return the key a person may have meant, for a hint."""
    word = word.lower().replace("-", "_")[:40]
    best = min(vocabulary.DIRECTIVE_KEYS, key=lambda key: Levenshtein.distance(word, key))
    return best if Levenshtein.distance(word, best) <= max(2, len(word) // 3) else None


def read(source: Source, number: int, log: Log) -> Line:
    """Read the directive on line `number` (0-based), telling the log what is wrong with it."""
    line = source.grammar[number]
    opened = OPEN.match(line)
    if opened is None:
        return Line(rest=line)
    closed = CLOSE.search(line, opened.end())
    end = closed.start() if closed else len(line.rstrip())
    after = closed.end() if closed else len(line)
    rest = _Rest(source, number, after)
    fault = _fault(line, opened.end(), end, closed is not None)
    if fault is None and rest.kept:
        fault = (after + rest.lead, "Text stands behind a directive.")
    if rest.is_another:
        second = (after + rest.lead, "A second directive stands on the line.")
        _tell_malformed(source, number, second, "", log)
    if rest.is_comment:
        log.add("html_removed", source.place(number, rest.index), "Removed: comment.")
    if fault is not None:
        codes = (_tell_malformed(source, number, fault, line[opened.end() : end], log),)
        return Line(None, rest.kept, rest.index, codes)
    _tell_typography(source, number, line[:after], opened.end(), end, log)
    return _known(source, number, line, (opened.end(), end), rest, log)


class _Rest:
    """What stands behind the close of a directive: nothing, text, a comment, another directive."""

    def __init__(self, source: Source, number: int, after: int) -> None:
        line = source.grammar[number]
        behind = line[after:]
        self.lead = len(behind) - len(behind.lstrip())
        self.index = after + self.lead
        self.text = behind.strip()
        self.is_another = is_directive(self.text)
        self.is_comment = not self.is_another and self._is_comment()
        is_text = bool(self.text) and not (self.is_another or self.is_comment)
        self.kept = source.lines[number][self.index :].strip() if is_text else ""

    def _is_comment(self) -> bool:
        opened = OPEN.match(self.text)
        closed = CLOSE.search(self.text, opened.end()) if opened else None
        return closed is not None and closed.end() == len(self.text)


def _fault(line: str, start: int, end: int, is_closed: bool) -> tuple[int, str] | None:
    """Return the index and reason of the first character that breaks the form, or None."""
    inner = line[start:end]
    word = _WORD.match(inner)
    if word is None:
        return start, "A directive must begin with its key."
    if word.start(1) != 1 or inner[0] != " ":
        return start + (inner[0] == " "), "Exactly one blank must stand before the key."
    key, colon = word[1], word[2]
    if (wrong := _wrong_case(key)) is not None:
        return start + 1 + wrong, f"The key “{key}” must be written in lower case: {key.lower()}."
    if colon != ":":
        return start + word.end(1), "A colon must follow the key at once."
    return _value_fault(line, start + word.end(), end, is_closed)


def _wrong_case(key: str) -> int | None:
    lower = key.lower()
    if key == lower or (lower not in vocabulary.DIRECTIVE_KEYS):
        return None
    return next(n for n, letter in enumerate(key) if letter != lower[n])


def _value_fault(line: str, at: int, end: int, is_closed: bool) -> tuple[int, str] | None:
    value = line[at:end]
    if not value.strip():
        return None if is_closed else (end, "The directive is not closed.")
    if value[0] != " " or value[1:2] in (" ", "\t"):
        return at + (value[0] == " "), "Exactly one blank must stand behind the colon."
    if not is_closed:
        return end, "The directive is not closed."
    if value[-1] not in " \t":
        return end, "A blank must stand before the end of the directive."
    return None


def _tell_malformed(
    source: Source, number: int, fault: tuple[int, str], inner: str, log: Log
) -> str:
    key, _, value = inner.strip().partition(":")
    if not inner:
        hint = "Give every directive a line of its own."
    elif key.strip().lower().replace("-", "_") in vocabulary.DIRECTIVE_KEYS:
        spelled = key.strip().lower().replace("-", "_")
        hint = f"Write <!-- {spelled}: {value.strip() or '…'} --> alone on its line."
    else:
        hint = "Write <!-- key: value --> alone on its line."
    return log.add("directive_malformed", source.place(number, fault[0]), fault[1], hint=hint)


def _tell_typography(
    source: Source, number: int, text: str, inner: int, end: int, log: Log
) -> None:
    key = text[inner:end].strip().partition(":")[0]
    free = key in vocabulary.FREE_TEXT
    wrong = next(
        (
            found
            for found in _TYPOGRAPHIC.finditer(text)
            if not (free and inner <= found.start() < end)
        ),
        None,
    )
    if wrong is not None:
        tell_straightened(source.place(number, wrong.start()), wrong.group(), log)


def tell_straightened(place: Place, mark: str, log: Log) -> None:
    log.add("typography_fixed", place, f"“{mark}” was read as its plain form.")


def straightened(text: str, place: Place, log: Log) -> str:
    """Return a grammar value with plain dashes and quotes, and tell if there were others."""
    if (wrong := _TYPOGRAPHIC.search(text)) is None:
        return text
    tell_straightened(Place(place.line, place.column + wrong.start()), wrong.group(), log)
    return text.translate(STRAIGHT)


def _known(
    source: Source, number: int, line: str, span: tuple[int, int], rest: _Rest, log: Log
) -> Line:
    start, end = span
    inner = line[start:end]
    key, _, value = inner.partition(":")
    key = key.strip()
    place = source.place(number, start + 1)
    if key not in vocabulary.DIRECTIVE_KEYS:
        code = tell_unknown(key, place, log)
        return Line(None, rest.kept, rest.index, (code,))
    value_index = min(start + inner.index(":") + 2, max(end, start))
    value_place = source.place(number, value_index)
    text = value.strip()
    if key in vocabulary.FREE_TEXT:
        text = source.lines[number][start:end].partition(":")[2].strip()
    else:
        text = text.translate(STRAIGHT)
    written = Directive(key, text, number, start + 1, value_index)
    return Line(
        valued(
            written,
            (place, value_place),
            log,
            at=lambda offset: source.place(number, value_index + offset),
        )
    )


def valued(
    directive: Directive,
    places: tuple[Place, Place],
    log: Log,
    path: str | None = None,
    at: Callable[[int], Place] | None = None,
) -> Directive:
    """Return the directive with its value, or with the code of what is wrong with it.

    `path` is its place in JSON, if that is where it stands; `at` tells where a character of its
    text was written, where that is not simply so much further on.
    """
    place, value_place = places
    key, text = directive.key, directive.text
    codes: tuple[str, ...] = ()
    value = None
    try:
        value = values.read(key, text)
    except FaultError as fault:
        wrong = value_place.behind(text[: fault.offset], directive.members)
        wrong = at(fault.offset) if at is not None else wrong
        message = f"{path or key}: {fault.message}"
        codes = (log.add(fault.code, wrong, message, hint=fault.hint, about=path or key),)
    if key == "type" and text in vocabulary.TYPE_ALIASES:
        log.add("alias_used", value_place, f"“{text}” was read as “{value}”.", about=path or key)
    return replace(directive, value=value, codes=codes, place=place, value_place=value_place)


def tell_unknown(key: str, place: Place, log: Log, about: str | None = None) -> str:
    guess = nearest(key)
    hint = f"Did you mean {guess}?" if guess else "Known keys: " + ", ".join(vocabulary.ITEM_KEYS)
    return log.add("directive_unknown", place, f"There is no key “{key}”.", hint=hint, about=about)
