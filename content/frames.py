"""Renditions as people look at them: as pages, as posts with counters, as forms, as differences."""

import difflib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.html import escape, format_html, format_html_join
from django.utils.safestring import SafeString

from content.formats import merge, weight
from content.models import Finding, Rendition

DARK = re.compile(r"@media\s*\(prefers-color-scheme:\s*dark\)")
#: Characters a reader sees per network, as the hard limits of the formats say.
LIMITS = {"x": 280, "linkedin": 3000, "facebook": 63_206, "instagram": 2_200}
WIDTHS = (600, 375)
HTML_FORMATS = frozenset({"newsletter", "web"})
SAMPLE_READER = {
    "name": "",
    "email": "reader@halcytone.example",
    "unsubscribe_url": "#unsubscribe",
    "preferences_url": "#preferences",
    "view_url": "#view",
}
SHORT = 120  # characters; longer fields are typed in a text area


@dataclass(frozen=True)
class Post:
    """One text as a network shows it, with how full it is."""

    text: str
    length: int
    limit: int
    number: int
    label: str = ""


@dataclass(frozen=True)
class Shown:
    """One rendition for the page of its draft."""

    rendition: Rendition
    content: Mapping[str, Any]
    posts: list[Post] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)

    @property
    def is_page(self) -> bool:
        return self.rendition.format in HTML_FORMATS

    @property
    def errors(self) -> int:
        return sum(one.severity in ("error", "critical") for one in self.findings)

    @property
    def warnings(self) -> int:
        return sum(one.severity == "warning" for one in self.findings)


def shown(rendition: Rendition) -> Shown:
    """Return a rendition with its posts counted and its findings at hand."""
    content = json.loads(rendition.body)
    return Shown(
        rendition, content, posts(rendition.format, content), list(rendition.findings.all())
    )


def posts(name: str, content: Mapping[str, Any]) -> list[Post]:
    """Return the texts that a network shows, in order; empty for newsletter and web."""
    if name in HTML_FORMATS:
        return []
    texts = [part["text"] for part in content.get("parts", [])] or [content.get("text", "")]
    labels = [""] * len(texts)
    for comment in content.get("comments", []):
        texts.append(comment)
        labels.append("first comment")
    length = weight.weighted_length if name == "x" else len
    return [
        Post(text, length(text), LIMITS[name], number, label)
        for number, (text, label) in enumerate(zip(texts, labels, strict=True), start=1)
    ]


def page(rendition: Rendition, *, is_dark: bool) -> str:
    """Return a page that shows a rendition of HTML with a sample reader's values."""
    content = json.loads(rendition.body)
    html = merge.fill_html(merge.split(content.get("html", "")), SAMPLE_READER)
    if is_dark:
        html = DARK.sub("@media all", html)
    if "<html" not in html[:500].lower():
        html = str(_around(content.get("title", ""), html, is_dark=is_dark))
    return html


def _around(title: str, html: str, *, is_dark: bool) -> SafeString:
    ink, paper = ("#e8ebed", "#11161a") if is_dark else ("#1a2228", "#ffffff")
    css = (
        f"body{{font:17px/1.6 Georgia,serif;max-width:42rem;margin:1.5rem auto;padding:0 1rem;"
        f"color:{ink};background:{paper}}}img{{max-width:100%;height:auto}}table{{border-collapse:"
        "collapse;width:100%}td,th{border:1px solid #9998;padding:.3rem .5rem;text-align:left}"
        "a{color:inherit}"
    )
    return format_html(
        "<!doctype html><html lang='en'><head><meta charset='utf-8'><title>{}</title>"
        "<style>{}</style></head><body><h1>{}</h1>{}</body></html>",
        title,
        SafeString(css),
        title,
        SafeString(html),
    )


def editable(content: Mapping[str, Any], prefix: str = "") -> list[dict[str, Any]]:
    """Return the texts of a rendition as rows of a form: `{name, label, value, is_long}`."""
    rows: list[dict[str, Any]] = []
    for name, value in content.items():
        path = f"{prefix}{name}"
        if isinstance(value, str):
            rows.append(_row(path, value))
        elif isinstance(value, list):
            rows += _list_rows(path, value)
    return rows


def _list_rows(path: str, members: list[Any]) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for index, member in enumerate(members):
        if isinstance(member, str):
            rows.append(_row(f"{path}.{index}", member))
        elif isinstance(member, dict):
            rows += editable(member, f"{path}.{index}.")
    return rows


def _row(path: str, value: str) -> dict[str, Any]:
    words = [str(int(word) + 1) if word.isdigit() else word for word in path.split(".")]
    label = " ".join(words).replace("_", " ").capitalize()
    return {"name": path, "label": label, "value": value, "is_long": len(value) > SHORT}


def from_form(content: Mapping[str, Any], posted: Mapping[str, str]) -> dict[str, Any]:
    """Return a copy of the content with the texts that were posted under their paths.

    A text area sends CRLF; the content keeps LF.
    """
    changed: dict[str, Any] = json.loads(json.dumps(content))
    for row in editable(content):
        if row["name"] in posted:
            _put(changed, row["name"].split("."), posted[row["name"]].replace("\r\n", "\n"))
    return changed


def _put(target: Any, path: list[str], value: str) -> None:
    for step in path[:-1]:
        target = target[int(step)] if step.isdigit() else target[step]
    last = path[-1]
    target[int(last) if last.isdigit() else last] = value


def changes(older: str | None, newer: str) -> list[dict[str, Any]]:
    """Return what differs between two bodies: `{label, html}` for each text, words marked."""
    before = {row["name"]: row for row in editable(json.loads(older))} if older else {}
    after = {row["name"]: row for row in editable(json.loads(newer))}
    found = []
    for name in {**before, **after}:
        old, new = (side.get(name, {}).get("value", "") for side in (before, after))
        if old != new:
            label = (after.get(name) or before[name])["label"]
            found.append({"label": label, "html": marked(old, new)})
    return found


def marked(old: str, new: str) -> SafeString:
    """Return the new text with removed words in <del> and added ones in <ins>."""
    a, b = (re.findall(r"\s+|[^\s<>]+|[<>]", text) for text in (old, new))
    pieces = []
    for kind, i1, i2, j1, j2 in difflib.SequenceMatcher(None, a, b, autojunk=False).get_opcodes():
        if kind == "equal":
            pieces.append((SafeString(escape("".join(a[i1:i2]))),))
            continue
        if i2 > i1:
            pieces.append((format_html("<del>{}</del>", "".join(a[i1:i2])),))
        if j2 > j1:
            pieces.append((format_html("<ins>{}</ins>", "".join(b[j1:j2])),))
    return format_html_join("", "{}", pieces)
