"""HTML as text that a person reads: for the plain part of a mail, for posts, and for checks."""

import re
import textwrap
import unicodedata
from collections.abc import Iterable, Iterator

from content import htmltree
from content.htmltree import Node

_BLOCKS = {
    *("p", "div", "ul", "ol", "blockquote", "pre", "table", "section", "article", "header"),
    *("h1", "h2", "h3", "h4", "h5", "h6", "hr", "tr", "footer", "nav", "figure", "aside", "body"),
    *("li", "thead", "tbody", "html", "main", "dl"),
}
_NOT_SAID = {"table", "pre", "h1", "h2", "h3", "h4", "h5", "h6"}
_SILENT = {"script", "style", "head", "title", "template"}
_UNMARKED = re.compile(r"(?<![.!?…:;,、。！？：；\s”»」』\"')\]])[ \t]*\n\s*")
_BLANK = re.compile(r"[ \t\r\n\f]+")


def from_html(html: str) -> str:
    """Return the text of this HTML with lists, tables and the targets of links."""
    return _tidy("\n\n".join(_full(htmltree.parse(html))))


def prose(html: str) -> str:
    """Return paragraphs and list items of this HTML, one a line.

    Headings, tables, code and the targets of links are left out.
    """
    return _tidy("\n".join(_running(htmltree.parse(html))))


def on_one_line(text: str) -> str:
    """Return lines of a text as one, with a dot between what ends without a mark and the next."""
    return _BLANK.sub(" ", _UNMARKED.sub(" · ", text.strip())).strip()


def visible(html: str) -> str:
    """Return every word of this HTML that a reader sees, alternative texts too, on one line."""
    return _BLANK.sub(" ", " ".join(seen(htmltree.parse(html)))).strip()


def _tidy(text: str) -> str:
    lines = (line.rstrip() for line in unicodedata.normalize("NFC", text).splitlines())
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip("\n")


def seen(node: Node) -> Iterable[str]:
    """Yield every word below a node that a reader sees, alternative texts too."""
    for child in node.children:
        if isinstance(child, str):
            yield child
        elif child.tag == "img":
            yield f" {child.attrs.get('alt', '')} "
        elif child.tag not in _SILENT:
            space = " " if child.tag in _BLOCKS or child.tag in {"br", "td", "th"} else ""
            yield space + "".join(seen(child)) + space


def _runs(node: Node) -> Iterator[Node | list[Node | str]]:
    """Yield the blocks below a node, and each run of inline things between them as a list."""
    run: list[Node | str] = []
    for child in node.children:
        if isinstance(child, Node) and child.tag in _BLOCKS:
            yield run
            yield child
            run = []
        else:
            run.append(child)
    yield run


def _full(node: Node) -> list[str]:
    """Return the blocks below a node, each as text."""
    blocks: list[str] = []
    for run in _runs(node):
        blocks.extend(_block(run) if isinstance(run, Node) else [_line(run, with_links=True)])
    return [block for block in blocks if block]


def _block(node: Node) -> list[str]:
    match node.tag:
        case "ul" | "ol":
            return [_list(node)]
        case "table":
            return [_table(node)]
        case "pre":
            return [textwrap.indent("".join(seen(node)).strip("\n"), "    ")]
        case "blockquote":
            return [textwrap.indent("\n\n".join(_full(node)), "> ", lambda _line: True)]
        case "hr":
            return ["* * *"]
        case _:
            return _full(node)


def _list(node: Node) -> str:
    start = int(node.attrs.get("start") or 1) if node.attrs.get("start", "1").isdecimal() else 1
    rows = []
    for place, item in enumerate(_elements(node, "li"), start):
        mark = f"{place}. " if node.tag == "ol" else "- "
        text = "\n".join(_full(item))
        rows.append(mark + textwrap.indent(text, " " * len(mark)).lstrip())
    return "\n".join(rows)


def _table(node: Node) -> str:
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


def _elements(node: Node, *tags: str) -> list[Node]:
    return [child for child in node.children if isinstance(child, Node) and child.tag in tags]


def _descendants(node: Node, tag: str) -> list[Node]:
    found: list[Node] = []
    for child in node.children:
        if isinstance(child, Node):
            found.extend([child] if child.tag == tag else _descendants(child, tag))
    return found


def _line(children: Iterable[Node | str], *, with_links: bool) -> str:
    parts = "".join(_inline(child, with_links=with_links) for child in children)
    lines = (_BLANK.sub(" ", line).strip() for line in parts.split("\0"))
    return "\n".join(lines).strip()


def _inline(child: Node | str, *, with_links: bool) -> str:
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


def _running(node: Node) -> list[str]:
    lines: list[str] = []
    for run in _runs(node):
        if not isinstance(run, Node):
            lines.append(_line(run, with_links=False).replace("\n", " "))
        elif run.tag not in _NOT_SAID:
            lines.extend(_running(run))
    return [line for line in lines if line]
