"""HTML as a tree of elements and texts, read in one pass as forgivingly as a browser does."""

import re
from collections.abc import Iterator
from functools import lru_cache
from html import unescape

_ATTRIBUTE = r"""([^\s=/>]++)(?:\s*+=\s*+(?:"([^"]*+)"|'([^']*+)'|([^\s"'>][^\s>]*+)|))?"""
_INNER = re.sub(r"\((?!\?)", "(?:", _ATTRIBUTE)
_TAG = re.compile(
    rf"<(?:!--.*?(?:-->|\Z)|(?P<end>/?)(?P<name>[A-Za-z][^\s/>]*+)(?P<rest>(?:[\s/=]++|{_INNER})*+)>"
    r"|[!?/][^>]*+>|(?P<broken>[A-Za-z!?/]))",
    re.DOTALL,
)
_ATTRIBUTES = re.compile(_ATTRIBUTE)
_RAW = {name: re.compile(rf"</{name}\b", re.IGNORECASE) for name in ("script", "style")}
_VOID = {"br", "img", "hr", "meta", "link", "input", "col", "wbr"}
_MAX_DEPTH = 200  # deeper HTML is read flat


class Node:
    """An element: its tag in lower case, its attributes (shared), and in order what it holds."""

    __slots__ = ("attrs", "children", "tag")

    def __init__(self, tag: str, attrs: dict[str, str]) -> None:
        self.tag = tag
        self.attrs = attrs
        self.children: list[Node | str] = []


@lru_cache(maxsize=4)
def parse(html: str) -> Node:
    """Return the root of this HTML. It is shared, so it is not to be changed."""
    root = Node("root", {})
    path = [root]
    for part in _parts(html):
        if isinstance(part, str):
            path[-1].children.append(part)
        elif part["end"]:
            _close(path, part["name"].lower())
        else:
            node = Node(part["name"].lower(), _attributes(part["rest"]))
            if node.tag == "a":
                _close(path, "a")  # links hold no links
            path[-1].children.append(node)
            if node.tag not in _VOID and len(path) < _MAX_DEPTH:
                path.append(node)
    return root


def walk(node: Node) -> Iterator[Node]:
    """Yield the elements below a node in the order in which they begin."""
    ahead = node.children[::-1]
    while ahead:
        child = ahead.pop()
        if isinstance(child, Node):
            yield child
            ahead += child.children[::-1]


def _parts(html: str) -> "Iterator[str | re.Match[str]]":
    """Yield texts and tags. What begins as a tag and never ends is text to the end."""
    position = 0
    while (tag := _TAG.search(html, position)) and not tag["broken"]:
        if position < tag.start():
            yield unescape(html[position : tag.start()])
        position = tag.end()
        if tag["name"]:
            yield tag
        if not tag["end"] and (raw := _RAW.get((tag["name"] or "").lower())):
            end = raw.search(html, position)
            yield html[position : end.start() if end else len(html)]
            position = end.start() if end else len(html)
    if position < len(html):
        yield unescape(html[position:])


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
