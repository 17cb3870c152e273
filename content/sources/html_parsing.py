"""HTML as a tree that holds nothing but what can be read: built by choosing, not by cleaning.

Elements and attributes that are not known here never come into it. Both its depth and its size have an
end, and no attribute list is long enough to matter.
"""

import re

from lxml import etree

from content.sources import encodings
from halcytone.lib.errors import Refused

MAX_ELEMENTS = 300_000
MAX_DEPTH = 400  # deeper HTML is read flat
HEADINGS = {f"h{level}": level for level in range(1, 7)}
DOCUMENT_TITLE = "document-title"  # the class of a heading that is the title, whatever others are
LISTS = {"ul", "ol", "menu", "dl"}
#: What stands on lines of its own.
BLOCKS = frozenset({
    *HEADINGS, *LISTS, "address", "article", "aside", "blockquote", "caption", "center", "dd",
    "details", "dialog", "dir", "div", "dt", "fieldset", "figcaption", "figure", "footer", "form", "header",
    "hgroup", "hr", "legend", "li", "main", "nav", "p", "pre", "search", "section", "summary", "table",
    "tbody", "td", "tfoot", "th", "thead", "tr",
})  # fmt: skip
_INLINE = frozenset({
    "a", "abbr", "b", "bdi", "bdo", "big", "br", "cite", "code", "data", "del", "dfn", "em", "font", "i",
    "img", "input", "ins", "kbd", "label", "mark", "picture", "q", "rb", "rp", "rt", "rtc", "ruby", "s",
    "samp", "small", "source", "span", "strike", "strong", "sub", "sup", "time", "tt", "u", "var", "wbr",
})  # fmt: skip
#: Known, and no text: read for what they tell, or told as left out.
MEDIA = frozenset({"applet", "audio", "canvas", "embed", "iframe", "object", "video"})
_TELLING = frozenset({"title", "meta", "link", "base", "script"})
_GONE = frozenset({
    "annotation", "annotation-xml", "button", "datalist", "frameset", "noembed", "noframes", "noscript",
    "optgroup", "option", "param", "select", "style", "svg", "template", "textarea",
})  # fmt: skip
_ROOTS = frozenset({"html", "head", "body"})
_KNOWN = BLOCKS | _INLINE | MEDIA | _TELLING
_KEPT = frozenset({
    "alt", "aria-hidden", "aria-label", "checked", "cite", "class", "colspan", "content", "data-lazy-src",
    "data-original", "data-src", "data-srcset", "datetime", "dir", "height", "hidden", "href", "id",
    "itemprop", "lang", "name", "open", "property", "pubdate", "rel", "reversed", "role", "rowspan", "src",
    "srcset", "start", "style", "title", "type", "value", "width",
})  # fmt: skip
#: Empty by definition, which the parser does not know of all: it would put what follows inside.
_EMPTY = frozenset({"source", "track", "wbr", "keygen", "command"})
_LINKED_DATA = "application/ld+json"
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\xad\ud800-\udfff\ufffe\uffff]")
_CHARSET = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([\w.:-]+)", re.IGNORECASE)
_XML_ENCODING = re.compile(rb"^\s*<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([\w.:-]+)", re.IGNORECASE)


def parse(data: bytes, charset: str = "") -> etree._Element:
    """Return the `html` element. `charset` is what the answer's header said.

    Encoding by byte-order mark, header, `<meta>`, else UTF-8. Raises Refused (`encoding`), or with code
    `source_truncated` where there is more than can be read.
    """
    return tree(encodings.decoded(data, charset if encodings.known(charset) else _declared(data)))


def tree(html: str) -> etree._Element:
    """Return the `html` element of a decoded text. Raises Refused (`source_truncated`)."""
    target = _Target()
    parser = etree.HTMLParser(target=target, encoding="utf-8", huge_tree=True, no_network=True)
    parser.feed(_CONTROLS.sub("", html).encode())
    root: etree._Element = parser.close()
    _gather_head(root)
    return root


def _gather_head(root: etree._Element) -> None:
    """Put what a page tells of itself into a head of its own; it may stand anywhere."""
    head = etree.Element("head")
    for element in list(root.iter(*_TELLING)):
        before, parent = element.getprevious(), element.getparent()
        if before is not None:
            before.tail = (before.tail or "") + (element.tail or "") or None
        else:
            parent.text = (parent.text or "") + (element.tail or "") or None
        element.tail = None
        head.append(element)
    root.insert(0, head)


def _declared(data: bytes) -> str:
    """Return the label that the page itself gives, in its first kilobyte as browsers look (HTML, 13.2.3)."""
    found = _XML_ENCODING.match(data[:1024]) or _CHARSET.search(data[:1024])
    return found[1].decode("ascii", "replace") if found else ""


class _Target:
    """What lxml tells while it reads; keeps what is known."""

    def __init__(self) -> None:
        self.builder = etree.TreeBuilder()
        self.depth = self.gone = self.count = 0
        self.waiting: list[str] = []  # comments before the first element, where they would be lost
        self.refusal: Refused | None = None

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        self.count += 1
        if self.count > MAX_ELEMENTS:
            self.refusal = _too_many()
            raise self.refusal
        if tag in _EMPTY:
            self._put(tag, attributes)
            return
        self.depth += 1
        if tag == "html" and self.depth == 1:
            self._begin(attributes)
        elif tag in _ROOTS:
            pass
        elif self.gone or _is_gone(tag, attributes):
            self.gone += 1
        elif self.depth <= MAX_DEPTH:
            self.builder.start(_named(tag), _chosen(attributes))
        elif tag in BLOCKS:
            self._put("br", {})

    def _put(self, tag: str, attributes: dict[str, str]) -> None:
        if not self.gone and self.depth and tag in _KNOWN:
            self.builder.start(tag, _chosen(attributes))
            self.builder.end(tag)

    def _begin(self, attributes: dict[str, str]) -> None:
        """Begin the page. One body holds all of it: the parser leaves much in the head by mistake."""
        self.builder.start("html", _chosen(attributes))
        self.builder.start("body", {})
        for text in self.waiting:
            self.builder.comment(text)

    def end(self, tag: str) -> None:
        if tag in _EMPTY:
            return
        self.depth -= 1
        if tag == "html" and not self.depth:
            self.builder.end("body")
            self.builder.end("html")
        elif tag in _ROOTS:
            pass
        elif self.gone:
            self.gone -= 1
        elif self.depth < MAX_DEPTH:
            self.builder.end(_named(tag))

    def data(self, text: str) -> None:
        if self.depth and not self.gone:
            self.builder.data(_CONTROLS.sub("", text))

    def comment(self, text: str) -> None:
        text = _CONTROLS.sub("", text).replace("--", "- -")
        if not self.count:
            self.waiting.append(text)
        elif self.depth and not self.gone:
            self.builder.comment(text)

    def close(self) -> etree._Element:
        if self.refusal:
            raise self.refusal  # lxml would tell of missing end tags instead
        return self.builder.close() if self.count else etree.Element("html")


def _too_many() -> Refused:
    return Refused(
        f"It has more than {MAX_ELEMENTS:,} elements, more than can be read. Split it.",
        code="source_truncated",
    )


def _is_gone(tag: str, attributes: dict[str, str]) -> bool:
    return tag in _GONE or (tag == "script" and attributes.get("type") != _LINKED_DATA)


def _named(tag: str) -> str:
    """Return the tag, or what stands for one that is not known: elements with a hyphen lay out pages."""
    return tag if tag in _KNOWN else "div" if "-" in tag else "span"


def _chosen(attributes: dict[str, str]) -> dict[str, str]:
    return {name: _CONTROLS.sub("", value) for name, value in attributes.items() if name in _KEPT}
