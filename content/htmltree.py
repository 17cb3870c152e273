"""HTML as a tree of elements and texts, read in one pass as forgivingly as a browser does."""

import re
from collections.abc import Iterator
from functools import lru_cache
from html import unescape

_ATTRIBUTE = r"""([^\s=/>]++)(?:\s*+=\s*+(?:"([^"]*+)"|'([^']*+)'|([^\s"'>][^\s>]*+)|))?"""
_INNER = re.sub(r"\((?!\?)", "(?:", _ATTRIBUTE)
_TAG = re.compile(
    rf"<(?:(?P<end>/?)(?P<name>[A-Za-z][^\s/>]*+)(?P<rest>(?:[\s/=]++|{_INNER})*+)>"
    r"|!--.*?(?:-->|\Z)|[!?/][^>]*+>|(?P<broken>[A-Za-z!?/]))",
    re.DOTALL,
)
_ATTRIBUTES = re.compile(_ATTRIBUTE)
_RAW = {name: re.compile(rf"</{name}\b", re.IGNORECASE) for name in ("script", "style")}
_VOID = {"br", "img", "hr", "meta", "link", "input", "col", "wbr"}
MAX_DEPTH = 200  # deeper HTML is read flat


class Node:
    """An element: its tag in lower case, its attributes (shared), and in order what it holds."""

    __slots__ = ("attrs", "children", "tag")

    def __init__(self, tag: str, attrs: dict[str, str]) -> None:
        self.tag = tag
        self.attrs = attrs
        self.children: list[Node | str] = []


@lru_cache(maxsize=4)
def parse(html: str) -> Node:
    """Return the root of this HTML. It is shared, so it is not to be changed.

    What begins as a tag and never ends is text to the end.
    """
    path = [Node("root", {})]
    position = 0
    while (tag := _TAG.search(html, position)) is not None:
        end, name, rest, broken = tag.groups()
        if broken:
            break
        start, stop = tag.span()
        if position < start:
            path[-1].children.append(_text(html[position:start]))
        position = stop
        if name and end:
            _close(path, name.lower())
        elif name:
            _open(path, name.lower(), rest)
            if (raw := _RAW.get(name.lower())) is not None:
                close = raw.search(html, position)
                position = close.start() if close else len(html)
                path[-1].children.append(html[stop:position])
    if position < len(html):
        path[-1].children.append(_text(html[position:]))
    return path[0]


def walk(node: Node) -> Iterator[Node]:
    """Yield the elements below a node in the order in which they begin."""
    ahead = node.children[::-1]
    while ahead:
        child = ahead.pop()
        if isinstance(child, Node):
            yield child
            ahead += child.children[::-1]


def _text(html: str) -> str:
    return unescape(html) if "&" in html else html


def _open(path: list[Node], tag: str, rest: str) -> None:
    if tag == "a":
        _close(path, "a")  # links hold no links
    node = Node(tag, _attributes(rest))
    path[-1].children.append(node)
    if tag not in _VOID and len(path) < MAX_DEPTH:
        path.append(node)


@lru_cache(maxsize=512)  # the cells of a mail are dressed alike
def _attributes(text: str) -> dict[str, str]:
    return {
        found[1].lower(): unescape(found[2] or found[3] or found[4] or "")
        for found in _ATTRIBUTES.finditer(text)
    }


def _close(path: list[Node], tag: str) -> None:
    for depth in range(len(path) - 1, 0, -1):
        if path[depth].tag == tag:
            del path[depth:]
            return
