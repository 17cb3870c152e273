"""The words of a rendition or a piece: what is text in it, and which figures and quotations. Pure."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import nh3

#: Quoted words are a quotation from three words on; fewer are a name or a term.
_QUOTATION = re.compile(r"[“„«\"](?P<words>[^“”„«»\"]{8,300}?)[”“»\"]")
_BLOCK_QUOTE = re.compile(r"^\s{0,3}>\s*(?P<words>\S.*)$", re.MULTILINE)
_NOT_PROSE = re.compile(r"https?://\S+|\[\[[^\]]*\]\]|^\s*\d+[.)]\s", re.MULTILINE)
_FIGURE = re.compile(
    r"(?:[$€£]\s?)?\d+(?:[.,:/-]\d+)*(?:\s?(?:%|percent\b|million\b|billion\b|USD\b|EUR\b))?"
)
_DATE = re.compile(r"\d{4}(?:-\d{2}-\d{2})?|\d{1,2}:\d{2}|\d{1,2}/\d{1,2}/\d{2,4}")
_LINK = re.compile(r"https?://[^\s)\]<>\"'”]+")
#: Two capitalised words side by side, or one in the middle of a sentence.
_NAME = re.compile(
    r"(?:(?:Dr|Prof|Mr|Mrs|Ms)\.\s)?[A-Z][a-zà-ÿ]+(?:[ -][A-Z][a-zà-ÿ]+)+"
    r"|(?<=[a-zà-ÿ,;] )(?:(?:Dr|Prof|Mr|Mrs|Ms)\.\s)?[A-Z][a-zà-ÿ]{2,}"
)
_NO_NAMES = (
    "Monday Tuesday Wednesday Thursday Friday Saturday Sunday January February March April May June "
    "July August September October November December Halcytone Breathscape English Bluetooth"
)
_HTML_FIELDS = ("html",)
_NOT_TEXT = ("slug", "path", "json_ld", "open_graph", "canonical", "published_on", "link", "toc")


def read(body: str) -> Mapping[str, Any]:
    """Return the content of a rendition's body; a body that is no JSON object is all text."""
    try:
        content = json.loads(body)
    except ValueError:
        return {"text": body}
    return content if isinstance(content, dict) else {"text": body}


def texts(content: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield (place, text) for each text that a reader of a rendition sees, in its order.

    Places read "subject", "part 2"; HTML comes without its tags. Technical fields are left out.
    """
    for name, value in content.items():
        if name in _NOT_TEXT:
            continue
        if isinstance(value, str):
            yield name, nh3.clean(value, tags=set()) if name in _HTML_FIELDS else value
        elif isinstance(value, list):
            yield from _members(name, value)


def is_empty(content: Mapping[str, Any]) -> bool:
    """Tell whether a rendition says nothing at all."""
    return not any(text.strip() for _, text in texts(content))


def figures(text: str) -> list[str]:
    """Return the numbers, percentages, money and dates in a text, once each, as they are written."""
    prose = _NOT_PROSE.sub(" ", text)
    return list(dict.fromkeys(found.group().strip() for found in _FIGURE.finditer(prose)))


def is_date(figure: str) -> bool:
    """Tell whether a figure is a year, a date or a time of day, as far as its looks go."""
    return _DATE.fullmatch(figure) is not None


def links(text: str) -> list[str]:
    """Return the addresses in a text, once each."""
    return list(dict.fromkeys(found.group().rstrip(".,;:!?") for found in _LINK.finditer(text)))


def names(text: str) -> list[str]:
    """Return what looks like a proper name, once each. Lines in title case are left out."""
    found: dict[str, None] = {}
    for line in _NOT_PROSE.sub(" ", text).splitlines():
        words = re.findall(r"[A-Za-zà-ÿ]{4,}", line)
        if len(words) > 1 and all(word[0].isupper() for word in words):
            continue
        found |= dict.fromkeys(each.group() for each in _NAME.finditer(line))
    none = set(_NO_NAMES.split())
    return [each for each in found if not none.issuperset(re.split(r"[ -]", each))]


def quotations(text: str) -> list[str]:
    """Return the quoted passages of a text, once each, without their marks."""
    marked = [found["words"].strip() for found in _QUOTATION.finditer(text)]
    blocks = [found["words"].strip() for found in _BLOCK_QUOTE.finditer(text)]
    return list(dict.fromkeys([words for words in marked if len(words.split()) >= 3] + blocks))


def _members(name: str, values: list[Any]) -> Iterator[tuple[str, str]]:
    singular = name.removesuffix("s")
    for number, member in enumerate(values, 1):
        text = member.get("text", "") if isinstance(member, Mapping) else member
        if isinstance(text, str):
            yield f"{singular} {number}", text
