"""Words, images, notes and chips of a Google paragraph as runs."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import quote, urljoin

from content.sources.base import Picture
from content.sources.tree import Run, Runs
from halcytone.lib import canonical

Json = Mapping[str, Any]
Piece = Runs | None  # None is a line across
#: What Google puts where something without words stands; around its code blocks, too.
_OBJECT = "\ue907"
_MONOSPACED = re.compile(
    r".*\bmono\b.*|courier.*|consolas|menlo|monaco|source code pro|inconsolata|fira code|cousine"
    r"|anonymous pro|nanum gothic coding|lucida console|andale mono",
    re.IGNORECASE,
)
_IGNORED = frozenset({"pageBreak", "columnBreak", "autoText"})


@dataclass(slots=True)
class Whole:
    """What the tabs of a document share. `page` is its address for people, without a query."""

    id: str
    page: str
    labels: dict[tuple[str, str], str] = field(default_factory=dict)
    footnotes: dict[str, Runs] = field(default_factory=dict)
    pictures: dict[str, Picture] = field(default_factory=dict)

    def url(self, tab: str, part: str = "") -> str:
        """Return the address of a tab; `part` is `heading=…` or `bookmark=…`."""
        return f"{self.page}?tab={quote(tab)}" + (f"#{part}" if part else "")


@dataclass(slots=True)
class Reader:
    """Reads the paragraphs of one tab. `left_out` names what the last of them had to lose."""

    whole: Whole
    tab: str
    content: Json
    left_out: list[str] = field(default_factory=list)

    def pieces(self, paragraph: Json) -> list[Piece]:
        """Return a paragraph as runs, divided where a line stands across it."""
        self.left_out = []
        pieces: list[list[Run] | None] = [[]]
        for element in paragraph.get("elements") or ():
            if "horizontalRule" in element:
                pieces += [None, []]
            elif run := self._run(element):
                last = pieces[-1]
                if last is not None:
                    last.append(run)
        return [None if piece is None else tuple(piece) for piece in pieces]

    def runs(self, paragraph: Json) -> Runs:
        """Return a paragraph as runs, without lines across."""
        return tuple(run for piece in self.pieces(paragraph) for run in piece or ())

    def floating(self, paragraph: Json) -> list[Run]:
        """Return the images that are tied to a paragraph and stand beside it."""
        held = self.content.get("positionedObjects") or {}
        found = [
            self._image(id, (held.get(id) or {}).get("positionedObjectProperties"))
            for id in paragraph.get("positionedObjectIds") or ()
        ]
        return [run for run in found if run]

    def _run(self, element: Json) -> Run | None:
        kind = next((name for name in element if name in _READERS), "")
        if not kind:
            self.left_out += [
                _in_words(name)
                for name, value in element.items()
                if isinstance(value, dict) and name not in _IGNORED
            ]
            return None
        body = element[kind] or {}
        # they are left out at the source already; nothing pending may ever slip through
        return None if body.get("suggestedInsertionIds") else _READERS[kind](self, body)

    def _text(self, body: Json) -> Run:
        text = str(body.get("content") or "").removesuffix("\n").replace(_OBJECT, "")
        return self._styled(text.replace("\v", "\n"), body)

    def _styled(self, text: str, body: Json, link: str = "") -> Run:
        style = body.get("textStyle") or {}
        font = str((style.get("weightedFontFamily") or {}).get("fontFamily") or "")
        return Run(
            text,
            bold=bool(style.get("bold")),
            italic=bool(style.get("italic")),
            strike=bool(style.get("strikethrough")),
            code=_MONOSPACED.fullmatch(font) is not None,
            link=link or self._link(style.get("link") or {}),
        )

    def _link(self, link: Json) -> str:
        """Return where a link leads, in full, also inside the document."""
        if link.get("url"):
            return urljoin(self.whole.page, str(link["url"]))
        for name in ("heading", "bookmark"):
            target = link.get(name) or {"id": link.get(f"{name}Id"), "tabId": self.tab}
            if target.get("id"):
                return self.whole.url(
                    str(target.get("tabId") or self.tab), f"{name}={target['id']}"
                )
        return self.whole.url(str(link["tabId"])) if link.get("tabId") else ""

    def _inline_object(self, body: Json) -> Run | None:
        id = str(body.get("inlineObjectId"))
        held = (self.content.get("inlineObjects") or {}).get(id) or {}
        return self._image(id, held.get("inlineObjectProperties"))

    def _image(self, id: str, properties: Json | None) -> Run | None:
        """Return an image. Its alternative text is title and description, as Google combines them."""
        held = (properties or {}).get("embeddedObject") or {}
        uri = str((held.get("imageProperties") or {}).get("contentUri") or "")
        if not uri:
            self.left_out.append("a drawing")
            return None
        key = f"image:{canonical.sha256(f'{self.whole.id} {self.tab} {id}')[:24]}"
        self.whole.pictures[key] = Picture(url=uri)
        said = dict.fromkeys(
            " ".join(str(held.get(n) or "").split()) for n in ("title", "description")
        )
        return Run(". ".join(filter(None, said)), image=key)

    def _footnote(self, body: Json) -> Run:
        id = str(body.get("footnoteId"))
        label = self.whole.labels.get((self.tab, id))
        if label is None:
            label = self.whole.labels[self.tab, id] = str(len(self.whole.labels) + 1)
            note = (self.content.get("footnotes") or {}).get(id) or {}
            mine, self.left_out = self.left_out, []
            self.whole.footnotes[label] = trimmed(self.joined(note.get("content") or (), " "))
            self.left_out = mine + self.left_out
        return Run(footnote=label)

    def joined(self, content: Iterable[Json], between: str) -> Runs:
        """Return the paragraphs of a note or cell as one, with this text between them."""
        found: list[Run] = []
        for paragraph in (element["paragraph"] for element in content if "paragraph" in element):
            before, runs = self.left_out, self.runs(paragraph)
            self.left_out = before + self.left_out
            if any(run.text.strip() or run.image or run.footnote for run in runs):
                found += [Run(between)] * bool(found) + list(runs)
        return tuple(found)

    def _person(self, body: Json) -> Run:
        about = body.get("personProperties") or {}
        return self._styled(str(about.get("name") or about.get("email") or ""), body)

    def _rich_link(self, body: Json) -> Run:
        about = body.get("richLinkProperties") or {}
        uri = str(about.get("uri") or "")
        return self._styled(str(about.get("title") or uri), body, uri)

    def _date(self, body: Json) -> Run:
        return self._styled(
            str((body.get("dateElementProperties") or {}).get("displayText") or ""), body
        )

    def _dropdown(self, body: Json) -> Run:
        return self._styled(
            str((body.get("dropdownProperties") or {}).get("displayValue") or ""), body
        )


def trimmed(runs: Runs) -> Runs:
    """Return runs without blanks at both ends."""
    kept = list(runs)
    while kept and _is_blank(kept[0]):
        del kept[0]
    while kept and _is_blank(kept[-1]):
        del kept[-1]
    if kept:
        kept[0] = replace(kept[0], text=kept[0].text.lstrip())
        kept[-1] = replace(kept[-1], text=kept[-1].text.rstrip())
    return tuple(kept)


def _is_blank(run: Run) -> bool:
    return not (run.text.strip() or run.image or run.footnote)


def _in_words(name: str) -> str:
    """Return `an equation` for `equation`, `an auto text` for `autoText`."""
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).lower()
    return f"{'an' if words[:1] in 'aeiou' else 'a'} {words}"


_READERS: Mapping[str, Callable[[Reader, Json], Run | None]] = {
    "textRun": Reader._text,
    "inlineObjectElement": Reader._inline_object,
    "footnoteReference": Reader._footnote,
    "person": Reader._person,
    "richLink": Reader._rich_link,
    "dateElement": Reader._date,
    "dropdown": Reader._dropdown,
}
