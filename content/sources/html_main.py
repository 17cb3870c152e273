"""Which part of a web page is its text, and what the page says of itself."""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlsplit

from lxml import etree

from content.sources.html_state import Element
from content.sources.html_where import Where

#: Above this the library's guess costs more than it is worth; then the whole body is read.
_MAX_GUESSED = 500_000
_LEAST_GUESSED = 200  # characters; of less there is no part to choose
_MOST_OF = 0.8  # of the words that count as text must lie in the part that is chosen
_SECTIONS = frozenset({"article", "main", "section", "blockquote", "figure", "aside", "details"})
_PIECES = (
    "p",
    "li",
    "dd",
    "dt",
    "td",
    "th",
    "pre",
    "blockquote",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
)
_PUBLISHED = frozenset({
    "article:published_time", "og:article:published_time", "datepublished", "date", "dc.date", "dc.date.issued",
    "dcterms.date", "dcterms.issued", "dcterms.created", "pubdate", "publishdate", "publication_date",
    "citation_publication_date", "sailthru.date", "parsely-pub-date",
})  # fmt: skip
_DAY = re.compile(r"\s*(\d{4})-(\d{2})-(\d{2})(?![\d-])")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*")


@dataclass(frozen=True, slots=True)
class About:
    """What a page says of itself; "" and None where it says nothing. `url` is its canonical address."""

    url: str
    title: str = ""
    author: str = ""
    language: str = ""
    published_on: date | None = None


def main(root: Element) -> Element:
    """Return the element that holds the text: `<article>`, `<main>`, else the densest block, else all."""
    body = root.find("body")
    if body is None:
        return root
    articles = [one for one in body.iter("article") if not _is_inside(one, "article")]
    mains = [one for one in body.iter("main", "div", "section") if _is_main(one)]
    if len(articles) == 1 and (not mains or 2 * _size(articles[0]) >= _size(mains[0])):
        return articles[0]
    if mains:
        return mains[0]
    _drop_furniture(body)
    return _densest(body)


def about(root: Element, main: Element, url: str) -> About:
    """Return what the page says of itself, from what is written for machines to read."""
    told = _told(root)
    linked = list(_linked_data(root))
    canonical = next(
        (a for a in root.iter("link") if "canonical" in a.get("rel", "").lower()), None
    )
    href = canonical.get("href", "") if canonical is not None else ""
    found = Where(url, url).link(href) if not href.startswith("#") else ""
    guessed_title, guessed_author = _guessed(root)
    named = told.get("og:title", "") or title(root)
    return About(
        url=found if urlsplit(found)[:2] == urlsplit(url)[:2] else url,
        title=(guessed_title or named) if named else "",
        author=guessed_author[:100] if "://" not in guessed_author else "",
        language=language(root),
        published_on=_published_on(main, told, linked),
    )


def _is_main(element: Element) -> bool:
    return "main" in (element.tag, element.get("role"))


def _is_inside(element: Element, tag: str) -> bool:
    return next(element.iterancestors(tag), None) is not None


def _size(element: Element) -> int:
    return sum(len(text.strip()) for text in element.itertext(etree.Element))


def _drop_furniture(body: Element) -> None:
    """Take out what frames every page of a site: headers and footers outside of any section."""
    for element in list(body.iter("header", "footer")):
        if not any(up.tag in _SECTIONS for up in element.iterancestors()):
            element.clear(keep_tail=True)
            element.tag = "span"


def _densest(body: Element) -> Element:
    """Return the smallest element that holds nearly all of what reads like text.

    What reads like text is trafilatura's judgement; the words themselves are read by us, from the page.
    """
    text = _extracted(body)
    said = {words for line in text.split("\n") if (words := _folded(line))}
    weights: dict[Element, int] = {}
    for piece in body.iter(*_PIECES):
        words = _folded("".join(piece.itertext()))
        if words in said:
            for holder in (piece, *piece.iterancestors()):
                weights[holder] = weights.get(holder, 0) + len(words)
    found, enough = body, _MOST_OF * weights.get(body, 0)
    while enough and len(found):
        most = max(found, key=lambda inner: weights.get(inner, 0))
        if most.tag in _PIECES or weights.get(most, 0) < enough:
            break
        found = most
    return found


def _extracted(body: Element) -> str:
    html = etree.tostring(body, encoding="unicode", method="html")
    if len(html) > _MAX_GUESSED or _size(body) < _LEAST_GUESSED:
        return ""
    from trafilatura import extract  # costs half a second that most readings need not wait

    found = extract(html, favor_recall=True, include_comments=False, include_tables=True)
    return str(found or "")


def _folded(text: str) -> str:
    return re.sub(r"[\W_]+", " ", text).strip().casefold()


def _guessed(root: Element) -> tuple[str, str]:
    """Return title and author as trafilatura finds them in tags, linked data and bylines."""
    html = etree.tostring(root, encoding="unicode", method="html")
    if len(html) > _MAX_GUESSED or not len(root.find("head")):
        return "", ""
    from trafilatura import extract_metadata

    found = extract_metadata(html, extensive=False)
    return (found.title or "", found.author or "") if found else ("", "")


def _told(root: Element) -> dict[str, str]:
    """Return the `<meta>` of a page by name in lower case; the first of a name counts."""
    told: dict[str, str] = {}
    for meta in root.iter("meta"):
        name = meta.get("property") or meta.get("name") or meta.get("itemprop") or ""
        if content := meta.get("content", "").strip():
            told.setdefault(name.strip().lower(), content)
    return told


def _linked_data(root: Element) -> Iterator[dict[str, Any]]:
    """Yield the objects of JSON-LD that a page carries, those inside `@graph` too."""
    for script in root.iter("script"):
        try:
            data = json.loads(script.text or "")
        except (ValueError, RecursionError):
            continue
        for one in data if isinstance(data, list) else [data]:
            if isinstance(one, dict):
                yield one
                graph = one.get("@graph")
                yield from (
                    (inner for inner in graph if isinstance(inner, dict))
                    if isinstance(graph, list)
                    else ()
                )


def _published_on(
    main: Element, told: dict[str, str], linked: Iterable[dict[str, Any]]
) -> date | None:
    """Return the day on which the page says it was published; never one that is only in its words."""
    marked = (one for one in main.iter("time") if _says_published(one))
    alone = [one.get("datetime", "") for one in main.iter("time")]
    candidates = [
        *(text for name, text in told.items() if name in _PUBLISHED),
        *(str(one["datePublished"]) for one in linked if one.get("datePublished")),
        *(one.get("datetime", "") for one in marked),
        *(alone if len(alone) == 1 else ()),
    ]
    return next((day for text in candidates if (day := _day(text))), None)


def _says_published(element: Element) -> bool:
    return element.get("pubdate") is not None or element.get("itemprop") == "datePublished"


def _day(text: str) -> date | None:
    found = _DAY.match(text)
    try:
        return date(*map(int, found.groups())) if found else None
    except ValueError:
        return None


def language(root: Element) -> str:
    """Return the language a page says it is written in, as a BCP 47 tag, or ""."""
    told = _told(root)
    named = (root.get("lang", ""), told.get("content-language", ""), told.get("og:locale", ""))
    tidy = (text.strip().replace("_", "-") for text in named)
    return next((text for text in tidy if _LANGUAGE.fullmatch(text)), "")


def title(root: Element) -> str:
    """Return what stands in `<title>`."""
    element = root.find(".//title")
    return " ".join("".join(element.itertext()).split()) if element is not None else ""
