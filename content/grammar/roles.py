"""What each heading is: title, section, item, whole skeleton, or part of a body."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from content.grammar import skeletons
from content.grammar.outline import Node, Outline, bracket
from content.grammar.skeletons import Skeleton

_BOLD_LINE = re.compile(r"[ \t]{0,3}(\*\*|__)(?=\S)([^*_\n]+|(?:(?!\1).)+)\1[ \t]{0,3}:?[ \t]*")


@dataclass(frozen=True, slots=True)
class Role:
    """`name` is title, section, single (section and item in one), item, skeleton, weekly or body."""

    name: str
    skeleton: Skeleton | None = None


BODY = Role("body")
DEEPEST = 3
_TEXTS = frozenset({"text", "list", "code", "html"})


def assign(outline: Outline, strategy: str) -> Mapping[int, Role]:
    """Return the role of each heading by its line (0-based)."""
    headings = list(outline.headings())
    if strategy == "structured":
        return _titles_only(outline, headings)
    if skeletons.is_weekly(headings):
        return _weekly(headings)
    roles: dict[int, Role] = {}
    for start, stop, skeleton in skeletons.find(headings):
        roles[headings[start].start] = Role("skeleton", skeleton)
        roles.update({node.start: BODY for node in headings[start + 1 : stop]})
    rest = [node for node in headings if node.start not in roles]
    if strategy == "living" and any(node.level == 2 and bracket(node.text) for node in rest):
        fixed = {1: "title", 2: "section", 3: "item"}
        return roles | {node.start: Role(fixed.get(node.level, "body")) for node in rest}
    holds_more = bool(roles) or _has_brackets(outline) or _has_bold(outline, strategy)
    if len(headings) == 1 and not any(node.kind in _TEXTS for node in outline.nodes):
        holds_more = True
    return roles | _by_level(rest, holds_more)


def _titles_only(outline: Outline, headings: list[Node]) -> dict[int, Role]:
    roles = {node.start: BODY for node in headings}
    first = next((node.start for node in outline.nodes if node.kind == "bracket"), None)
    if headings and headings[0].level == 1 and (first is None or headings[0].start < first):
        roles[headings[0].start] = Role("title")
    return roles


def _has_brackets(outline: Outline) -> bool:
    return any(node.kind == "bracket" for node in outline.nodes)


def _has_bold(outline: Outline, strategy: str) -> bool:
    return strategy == "markdown" and any(
        bold_line(outline.source.grammar[number])
        for node in outline.nodes
        if node.kind == "text"
        for number in range(node.start, node.stop)
    )


def _by_level(headings: list[Node], holds_more: bool) -> dict[int, Role]:
    """The highest level in use is section, the next item; one level alone is both."""
    used = [node for node in headings if node.level <= DEEPEST] or headings
    roles = {node.start: BODY for node in headings}
    tops = [node for node in used if node.level == 1]
    if len(tops) == 1 and used[0] is tops[0] and (len(used) > 1 or holds_more):
        roles[tops[0].start] = Role("title")
        used = used[1:]
    levels = sorted({node.level for node in used})
    names = ["single"] if len(levels) == 1 else ["section", "item", *["body"] * 4]
    by_level = dict(zip(levels, names, strict=False))
    return roles | {node.start: Role(by_level[node.level]) for node in used}


def _weekly(headings: list[Node]) -> dict[int, Role]:
    roles: dict[int, Role] = {}
    part: Node | None = None
    inner = 0
    for node in headings:
        if skeletons.name_of(node.text) in skeletons.WEEKLY_PARTS:
            part, inner = node, 0
            roles[node.start] = Role("weekly")
        elif part is None:
            roles[node.start] = Role("title" if not roles else "body")
        elif skeletons.name_of(part.text) == "stay connected":
            roles[node.start] = BODY
        elif node.level > part.level and node.level == (inner or node.level):
            inner = node.level
            roles[node.start] = Role("item")
        else:
            roles[node.start] = BODY
    return roles


def bold_line(line: str) -> str | None:
    """Return the text of a line that is one strong span, its final colon dropped, or None."""
    if not line.lstrip().startswith(("**", "__")):
        return None
    found = _BOLD_LINE.fullmatch(line)
    if found is None or found[1] in found[2] or found[2] != found[2].rstrip():
        return None
    return found[2].removesuffix(":").strip() or None
