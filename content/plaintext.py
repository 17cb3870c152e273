"""HTML as text that a person reads: for the plain part of a mail, for posts, and for checks."""

import re
import textwrap
import unicodedata
from collections.abc import Iterable, Iterator
from html.parser import HTMLParser

_BLOCKS = {
    *("p", "div", "ul", "ol", "blockquote", "pre", "table", "section", "article", "header"),
    *("h1", "h2", "h3", "h4", "h5", "h6", "hr", "tr", "footer", "nav", "figure", "aside", "body"),
    *("li", "thead", "tbody", "html", "main", "dl"),
}
_SILENT = {"script", "style", "head", "title", "template"}
_VOID = {"br", "img", "hr", "meta", "link", "input", "col", "wbr"}
_MAX_DEPTH = 200  # deeper HTML is read flat
_BLANK = re.compile(r"[ \t\r\n\f]+")


class _Node:
    __slots__ = ("attrs", "children", "tag")

    def __init__(self, tag: str, attrs: dict[str, str]) -> None:
        self.tag = tag
        self.attrs = attrs
        self.children: list[_Node | str] = []


class _Tree(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = _Node("root", {})
        self.open = [self.root]

    def updatepos(self, i: int, j: int) -> int:
        return j  # nobody asks for lines and columns

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        node = _Node(tag, {name: value or "" for name, value in attrs})
        self.open[-1].children.append(node)
        if tag not in _VOID and len(self.open) < _MAX_DEPTH:
            self.open.append(node)

    def handle_endtag(self, tag: str) -> None:
        for depth in range(len(self.open) - 1, 0, -1):
            if self.open[depth].tag == tag:
                del self.open[depth:]
                return

    def handle_data(self, data: str) -> None:
        self.open[-1].children.append(data)


def _parse(html: str) -> _Node:
    tree = _Tree()
    tree.feed(html)
    tree.close()
    return tree.root


def from_html(html: str) -> str:
    """Return the text of this HTML with lists, tables and the targets of links."""
    return _tidy("\n\n".join(_full(_parse(html))))


def prose(html: str) -> str:
    """Return paragraphs and list items of this HTML, one a line; no table, code, or link target."""
    return _tidy("\n".join(_running(_parse(html))))


def visible(html: str) -> str:
    """Return every word of this HTML that a reader sees, alternative texts too, on one line."""
    return _BLANK.sub(" ", " ".join(_seen(_parse(html)))).strip()


def _tidy(text: str) -> str:
    lines = (line.rstrip() for line in unicodedata.normalize("NFC", text).splitlines())
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip("\n")


def _seen(node: _Node) -> Iterable[str]:
    for child in node.children:
        if isinstance(child, str):
            yield child
        elif child.tag == "img":
            yield f" {child.attrs.get('alt', '')} "
        elif child.tag not in _SILENT:
            space = " " if child.tag in _BLOCKS or child.tag in {"br", "td", "th"} else ""
            yield space + "".join(_seen(child)) + space


def _runs(node: _Node) -> Iterator["_Node | list[_Node | str]"]:
    """Yield the blocks below a node, and each run of inline things between them as a list."""
    run: list[_Node | str] = []
    for child in node.children:
        if isinstance(child, _Node) and child.tag in _BLOCKS:
            yield run
            yield child
            run = []
        else:
            run.append(child)
    yield run


def _full(node: _Node) -> list[str]:
    """Return the blocks below a node, each as text."""
    blocks: list[str] = []
    for run in _runs(node):
        blocks.extend(_block(run) if isinstance(run, _Node) else [_line(run, with_links=True)])
    return [block for block in blocks if block]


def _block(node: _Node) -> list[str]:
    match node.tag:
        case "ul" | "ol":
            return [_list(node)]
        case "table":
            return [_table(node)]
        case "pre":
            return [textwrap.indent("".join(_seen(node)).strip("\n"), "    ")]
        case "blockquote":
            return [textwrap.indent("\n\n".join(_full(node)), "> ", lambda _line: True)]
        case "hr":
            return ["* * *"]
        case _:
            return _full(node)


def _list(node: _Node) -> str:
    start = int(node.attrs.get("start") or 1) if node.attrs.get("start", "1").isdecimal() else 1
    rows = []
    for place, item in enumerate(_elements(node, "li"), start):
        mark = f"{place}. " if node.tag == "ol" else "- "
        text = "\n".join(_full(item))
        rows.append(mark + textwrap.indent(text, " " * len(mark)).lstrip())
    return "\n".join(rows)


def _table(node: _Node) -> str:
    """Return rows as `Head: cell` lines under their first cell, which needs no fixed width."""
    rows = [
        [_line(cell.children, with_links=True) for cell in _elements(row, "th", "td")]
        for row in _descendants(node, "tr")
    ]
    widths = [max(map(len, column)) for column in zip(*rows, strict=False)]
    if sum(widths) + 3 * len(widths) > 72 and len(rows) > 1:
        return "\n".join(_as_pairs(rows[0], row) for row in rows[1:])
    lines = [" | ".join(map(str.ljust, row, widths)).rstrip() for row in rows]
    rule = "-+-".join("-" * width for width in widths)
    return "\n".join([*lines[:1], rule, *lines[1:]])


def _as_pairs(heads: list[str], row: list[str]) -> str:
    return "- " + "; ".join(f"{head}: {cell}" for head, cell in zip(heads, row, strict=False))


def _elements(node: _Node, *tags: str) -> list[_Node]:
    return [child for child in node.children if isinstance(child, _Node) and child.tag in tags]


def _descendants(node: _Node, tag: str) -> list[_Node]:
    found: list[_Node] = []
    for child in node.children:
        if isinstance(child, _Node):
            found.extend([child] if child.tag == tag else _descendants(child, tag))
    return found


def _line(children: "Iterable[_Node | str]", *, with_links: bool) -> str:
    parts = "".join(_inline(child, with_links=with_links) for child in children)
    lines = (_BLANK.sub(" ", line).strip() for line in parts.split("\0"))
    return "\n".join(lines).strip()


def _inline(child: "_Node | str", *, with_links: bool) -> str:
    if isinstance(child, str):
        return child.replace("\0", "")
    if child.tag == "br":
        return "\0"
    if child.tag == "img":
        alt = child.attrs.get("alt", "")
        return f"[{alt}]" if alt and with_links else ""
    if child.tag in _SILENT:
        return ""
    text = "".join(_inline(grandchild, with_links=with_links) for grandchild in child.children)
    href = child.attrs.get("href", "") if child.tag == "a" else ""
    return f"{text} ({href})" if with_links and href and href not in text else text


def _running(node: _Node) -> list[str]:
    lines: list[str] = []
    for run in _runs(node):
        if not isinstance(run, _Node):
            lines.append(_line(run, with_links=False).replace("\n", " "))
        elif run.tag not in {"table", "pre"}:
            lines.extend(_running(run))
    return [line for line in lines if line]
