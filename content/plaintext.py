"""HTML as text that a person reads: for the plain part of a mail, for posts, and for checks."""

import re
import textwrap
import unicodedata
from collections.abc import Iterable, Iterator, Sequence

from content import htmltree
from content.htmltree import Node

_BLOCKS = {
    *("p", "div", "ul", "ol", "blockquote", "pre", "table", "section", "article", "header"),
    *("h1", "h2", "h3", "h4", "h5", "h6", "hr", "tr", "footer", "nav", "figure", "aside", "body"),
    *("li", "thead", "tbody", "html", "main", "dl"),
}
_MARK, _NOTES = ("sup", "note"), ("ol", "notes")  # tag and class, as content.markdown makes them
_NOT_SAID = {"table", "pre", "h1", "h2", "h3", "h4", "h5", "h6"}
_SILENT = {"script", "style", "head", "title", "template"}
_UNMARKED = re.compile(r"(?<![.!?…:;,、。！？：；\s”»」』\"')\]])[ \t]*\n\s*")
_BLANK = re.compile(r"[ \t\r\n\f]{2,}|[\t\r\n\f]")  # a single space stays as it is


def from_html(html: str) -> str:
    """Return the text of this HTML with lists, tables and the targets of links."""
    return full(htmltree.parse(html))


def full(root: Node) -> str:
    """Return the text below a node with lists, tables and the targets of links."""
    return _tidy("\n\n".join(_full(root)))


def prose(html: str) -> str:
    """Return paragraphs and list items of this HTML, one a line.

    Headings, tables, code, footnotes and the targets of links are left out.
    """
    return running(htmltree.parse(html))


def running(root: Node) -> str:
    """Return paragraphs and list items below a node, one a line."""
    return _tidy("\n".join(_running(root)))


def on_one_line(text: str) -> str:
    """Return lines of a text as one, with a dot between what ends without a mark and the next."""
    return _narrow(_UNMARKED.sub(" · ", text.strip())).strip()


def visible(html: str) -> str:
    """Return every word of this HTML that a reader sees, alternative texts too, on one line."""
    return _narrow(" ".join(seen(htmltree.parse(html)))).strip()


def _narrow(text: str) -> str:
    """Return a text with a single space for every run of blanks."""
    if "  " in text or "\n" in text or "\t" in text or "\r" in text or "\f" in text:
        return _BLANK.sub(" ", text)
    return text


def _tidy(text: str) -> str:
    lines = map(str.rstrip, unicodedata.normalize("NFC", text).splitlines())
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
            if run:
                yield run
                run = []
            yield child
        else:
            run.append(child)
    if run:
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


def _is(node: Node, kind: tuple[str, str]) -> bool:
    return (node.tag, node.attrs.get("class")) == kind


def _list(node: Node) -> str:
    start = int(node.attrs.get("start") or 1) if node.attrs.get("start", "1").isdecimal() else 1
    form = "[{}] " if _is(node, _NOTES) else "{}. " if node.tag == "ol" else "- "
    rows = []
    for place, item in enumerate(_elements(node, "li"), start):
        mark = form.format(place)
        text = "\n".join(_full(item))
        rows.append(mark + textwrap.indent(text, " " * len(mark)).lstrip())
    return "\n".join(rows)


def _table(node: Node) -> str:
    """Return a table in columns; a wide one as a line for each row, with its heads where it has any."""
    rows = [
        [_line(cell.children, with_links=True) for cell in _elements(row, "th", "td")]
        for row in _descendants(node, "tr")
    ]
    widths = [max(map(len, column)) for column in zip(*rows, strict=False)]
    has_head = any(_elements(row, "th") for row in _descendants(node, "tr")[:1])
    if sum(widths) + 3 * len(widths) > 72 and len(rows) > has_head:
        heads = rows[0] if has_head else []
        return "\n".join(_as_pairs(heads, row) for row in rows[has_head:])
    lines = [" | ".join(map(str.ljust, row, widths)).rstrip() for row in rows]
    if not has_head:
        return "\n".join(lines)
    rule = "-+-".join("-" * width for width in widths)
    return "\n".join([*lines[:1], rule, *lines[1:]])


def _as_pairs(heads: list[str], row: list[str]) -> str:
    told = zip(heads or [""] * len(row), row, strict=False)
    return "- " + "; ".join(f"{head}: {cell}" if head else cell for head, cell in told)


def _elements(node: Node, *tags: str) -> list[Node]:
    return [child for child in node.children if isinstance(child, Node) and child.tag in tags]


def _descendants(node: Node, tag: str) -> list[Node]:
    found: list[Node] = []
    for child in node.children:
        if isinstance(child, Node):
            found.extend([child] if child.tag == tag else _descendants(child, tag))
    return found


def _line(children: Sequence[Node | str], *, with_links: bool) -> str:
    first = children[0] if len(children) == 1 else None
    if isinstance(first, str):
        return _narrow(first.replace("\0", "")).strip()
    parts = "".join(_inline(child, with_links=with_links) for child in children)
    lines = (_narrow(line).strip() for line in parts.split("\0"))
    return "\n".join(lines).strip()


def _inline(child: Node | str, *, with_links: bool) -> str:
    if isinstance(child, str):
        return child.replace("\0", "")
    if child.tag == "br":
        return "\0"
    if child.tag == "img":
        alt = child.attrs.get("alt", "")
        return f"[{alt}]" if alt and with_links else ""
    if child.tag in _SILENT or (_is(child, _MARK) and not with_links):
        return ""
    text = "".join(_inline(grandchild, with_links=with_links) for grandchild in child.children)
    if _is(child, _MARK):
        return f"[{text}]"
    href = child.attrs.get("href", "") if child.tag == "a" else ""
    return f"{text} ({href})" if with_links and href and href not in text else text


def _running(node: Node) -> list[str]:
    lines: list[str] = []
    for run in _runs(node):
        if not isinstance(run, Node):
            lines.append(_line(run, with_links=False).replace("\n", " "))
        elif run.tag not in _NOT_SAID and not _is(run, _NOTES):
            lines.extend(_running(run))
    return [line for line in lines if line]
