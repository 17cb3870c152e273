"""From outline to items: `# Title`, `## [Category]`, `###` items, bullets, banners, directives (§3.2)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from content.grammar import banners, bullets, directives, markdown, skeletons, structured, words
from content.grammar.banners import Banner
from content.grammar.bullets import Region
from content.grammar.directives import Line
from content.grammar.governing import govern, tell_orphans
from content.grammar.outline import Node, Outline, bracket
from content.grammar.problems import Log, Place
from content.grammar.raw import Gathered, Raw, Section, Value, Written, joined
from content.grammar.roles import Role, assign, bold_line
from content.grammar.structured import Block
from content.grammar.vocabulary import SECTION_NAMES


@dataclass(slots=True)
class _Builder:
    outline: Outline
    roles: Mapping[int, Role]
    log: Log
    found: Gathered
    banner: Banner | None = None
    section: Section | None = None
    item: Raw | None = None
    block: Block | None = None
    nodes: list[Node] = field(default_factory=list)
    begin: int = 0
    head: Node | None = None
    title: str = ""
    rests: dict[int, Written] = field(default_factory=dict)
    pending: list[Line] = field(default_factory=list)
    own: list[Line] = field(default_factory=list)
    document: list[Line] = field(default_factory=list)
    is_fresh: bool = False
    is_below_heading: bool = False
    is_edition: bool = False
    is_single: bool = False
    is_weekly: bool = False


def read(
    outline: Outline, strategy: str, log: Log, begin: int = 0, lines: Sequence[Line] = ()
) -> Gathered:
    """Read a document of the strategies living, structured and markdown.

    `begin` is the first line (0-based) behind the front matter, `lines` are its directives.
    """
    found = Gathered(strategy)
    build = _Builder(outline, assign(outline, strategy), log, found, begin=begin)
    build.document.extend(lines)
    build.is_weekly = any(role.name == "weekly" for role in build.roles.values())
    found.is_skeleton = build.is_weekly or any(
        role.name == "skeleton" for role in build.roles.values()
    )
    for node in outline.nodes:
        _STEPS.get(node.kind, _text)(build, node)
    _close(build, len(outline.source.lines))
    _orphan(build, build.pending)
    govern(found.lines, build.document, log, is_document=True)
    return found


def _directive(build: _Builder, node: Node) -> None:
    line = directives.read(build.outline.source, node.start, build.log)
    if line.rest:
        build.rests[node.start] = Written(line.rest, node.start, line.rest_index)
    if build.is_below_heading:
        build.pending.append(line)
    else:
        build.document.append(line)


def _orphan(build: _Builder, lines: list[Line]) -> None:
    tell_orphans(lines, build.log)
    lines.clear()


def _comment(build: _Builder, node: Node) -> None:
    place = build.outline.source.place(node.start)
    build.log.add("html_removed", place, "Removed: comment.", hint="Use Markdown.")


def _banner(build: _Builder, node: Node) -> None:
    _orphan(build, build.pending)
    known = banners.read(build.outline.source, node.start, build.log)
    if known is not None:
        build.banner = known
        if build.block is not None:
            build.block.banners[node.start] = known


def _taken(build: _Builder) -> list[Line]:
    lines, build.pending = build.pending, []
    return lines


def _bracket(build: _Builder, node: Node) -> None:
    _close(build, node.start)
    build.is_below_heading = True
    place = build.outline.source.place(node.start, 1)
    build.section = Section(node.text, SECTION_NAMES.get(node.text.casefold()), place)
    govern(build.section.lines, _taken(build), build.log)
    build.found.sections.append(build.section)
    build.block = Block(build.section, node.start + 1, node.start + 1, build.banner)


def _heading(build: _Builder, node: Node) -> None:
    build.is_below_heading = True
    role = build.roles[node.start]
    _tell_level(build, node)
    if role.name == "body":
        _text(build, node)
        return
    if "<!--" in node.text:
        _tell_inline(build, node)
    _close(build, node.start, is_item_next=role.name == "item")
    _OPENERS[role.name](build, node, role)
    build.begin, build.is_fresh = node.stop, True


def _tell_inline(build: _Builder, node: Node) -> None:
    """A directive behind the text of a heading has no effect."""
    for number in range(node.start, node.stop):
        index = build.outline.source.grammar[number].find("<!--")
        line = build.outline.source.grammar[number]
        if index > 0 and directives.speaks_of_a_key(line[index:]):
            build.log.add(
                "directive_malformed",
                build.outline.source.place(number, index),
                directives.INLINE,
                hint=directives.INLINE_HINT,
            )


def _tell_level(build: _Builder, node: Node) -> None:
    if node.level != 2 and bracket(node.text) is not None:
        build.log.add(
            "bracket_level",
            _place(build, node),
            "A word in brackets names a section only in a heading of level 2.",
            hint="Write ## [Section] for a section.",
        )


def _place(build: _Builder, node: Node) -> Place:
    line = build.outline.source.lines[node.start]
    return build.outline.source.place(node.start, len(line) - len(line.lstrip()))


def _open_title(build: _Builder, node: Node, _role: Role) -> None:
    if not build.found.title:
        build.found.title = markdown.plain(node.text, build.outline.env)[0]
    else:
        build.found.introduction.append(Written(build.outline.source.lines[node.start], node.start))
    _orphan(build, build.pending)
    build.section = None


def _open_section(build: _Builder, node: Node, role: Role) -> None:
    named = bracket(node.text) if node.level == 2 else None
    place = _place(build, node)
    if named is not None:
        word, build.title = named
        line = build.outline.source.lines[node.start]
        index = line.find(word, line.find("[") + 1)
        section = Section(word, SECTION_NAMES.get(word.casefold()), place)
        section.place = build.outline.source.place(node.start, max(index, 0))
        section.title = build.title
    else:
        build.title = node.text
        text = markdown.plain(node.text, build.outline.env)[0]
        section = Section(text, section_key(text), place, is_named=role.name == "section")
    govern(section.lines, _taken(build), build.log)
    build.section, build.head = section, node
    build.is_single = role.name == "single" and named is None
    build.found.sections.append(section)


def section_key(text: str) -> str | None:
    """Return the section a header names: one of the known names, or its leftmost section word."""
    if (known := SECTION_NAMES.get(" ".join(text.split()).casefold())) is not None:
        return known
    word = words.section_of(text)
    return word[0] if word else None


def _open_item(build: _Builder, node: Node, _role: Role) -> None:
    _begin(build, node.start, _place(build, node), node.text)
    if build.is_weekly and build.item is not None and build.section is not None:
        key = skeletons.WEEKLY_SECTIONS.get(skeletons.name_of(node.text), build.section.key)
        build.item.section = Section(node.text, key, build.section.place, is_named=False)
        build.item.section.items.append(build.item)


def _open_skeleton(build: _Builder, node: Node, role: Role) -> None:
    if role.skeleton is None:
        return
    text = markdown.plain(role.skeleton.title, build.outline.env)[0]
    build.section = Section(text, section_key(text), _place(build, node), is_named=False)
    build.found.sections.append(build.section)
    _begin(build, node.start, _place(build, node), role.skeleton.title)
    if build.item is not None:
        build.item.kind = role.skeleton.kind


def _open_weekly(build: _Builder, node: Node, _role: Role) -> None:
    name = skeletons.name_of(node.text)
    build.is_edition = name == "stay connected"
    _open_section(build, node, Role("single"))
    if build.section is not None:
        build.section.key = skeletons.WEEKLY_PARTS[name] or build.section.key


def _begin(build: _Builder, start: int, place: Place, title: str) -> None:
    section = build.section
    if section is None:
        section = Section(is_named=False)
        build.found.sections.append(section)
    raw = Raw(start, start + 1, place, section, banner=build.banner)
    raw.title = Value(title, place) if title else None
    raw.is_weekly = build.is_weekly
    govern(raw.lines, _taken(build), build.log)
    section.items.append(raw)
    build.found.items.append(raw)
    build.item = raw


def _text(build: _Builder, node: Node) -> None:
    is_comment = node.kind == "html" and _is_comment(build, node)
    if build.pending and not is_comment:
        _settle(build)
    if not is_comment:
        build.is_fresh = False
    if build.block is not None:
        build.block.stop = node.stop
        if node.kind == "code":
            build.block.code |= frozenset(range(node.start, node.stop))
        return
    if build.found.strategy == "markdown" and node.kind == "text":
        _bold_lines(build, node)
    build.nodes.append(node)


def _is_comment(build: _Builder, node: Node) -> bool:
    return build.outline.source.lines[node.start].lstrip().startswith("<!--")


def _settle(build: _Builder) -> None:
    """Text follows directives: they govern the item a section is, a structured item, or nothing."""
    if build.block is not None:
        for line in _taken(build):
            number = line.directive.line if line.directive else build.block.stop
            build.block.directives[number] = line
    elif build.is_fresh and build.section is not None and build.item is None:
        build.own.extend(_taken(build))
    elif build.is_fresh and build.item is not None and build.item.kind is not None:
        govern(build.item.lines, _taken(build), build.log)
    else:
        _orphan(build, build.pending)


def _bold_lines(build: _Builder, node: Node) -> None:
    for number in range(node.start, node.stop):
        text = bold_line(build.outline.source.grammar[number])
        if text is None or (build.item is not None and not build.item.is_bold):
            continue
        _close(build, number, is_item_next=True)
        _begin(build, number, build.outline.source.place(number), text)
        if build.item is not None:
            build.item.is_bold = True
        build.begin = number + 1


def _close(build: _Builder, stop: int, *, is_item_next: bool = False) -> None:
    """End what is open above line `stop`: a structured block, an item, a section's own text."""
    if build.block is not None:
        _close_block(build, stop)
    else:
        region = Region(build.begin, _without_rules(build, stop), build.rests)
        if build.item is not None:
            _fill(build, build.item, region)
        else:
            _close_loose(build, region, is_item_next)
    build.nodes, build.own, build.item, build.block = [], [], None, None
    build.begin = stop
    if not is_item_next:
        build.section = None


def _without_rules(build: _Builder, stop: int) -> int:
    """Return where the text above `stop` ends: a rule that only separates is no part of it."""
    while build.nodes and build.nodes[-1].kind == "rule":
        rule = build.nodes[-1]
        below = Region(rule.stop, stop, build.rests)
        if bullets.last_text_line(build.outline, below) > rule.stop:
            break
        stop = build.nodes.pop().start
    return stop


def _close_block(build: _Builder, stop: int) -> None:
    block = build.block
    if block is None:
        return
    block.stop = stop
    items, before, orphans = structured.read(build.outline, block)
    build.found.items.extend(items)
    build.found.introduction = joined(build.found.introduction, before)
    tell_orphans(orphans, build.log)


def _fill(build: _Builder, raw: Raw, region: Region) -> None:
    bullets.fill(raw, build.outline, build.nodes, region, build.log)
    raw.stop = max(raw.start + 1, bullets.last_text_line(build.outline, region))


def _close_loose(build: _Builder, region: Region, is_item_next: bool) -> None:
    """Text under no item: it is the item that the section is, or introduction, or edition text."""
    stop = bullets.last_text_line(build.outline, region)
    has_fields = bullets.has_fields(build.outline, build.nodes)
    has_text = stop > region.start
    is_own = build.section is not None and not build.section.items and not build.is_edition
    if is_own and (has_fields or (not is_item_next and (has_text or build.is_single))):
        _own_item(build, region)
        return
    if build.section is None and has_fields:
        _headless_item(build, region)
        return
    _orphan(build, build.own)
    if has_text or bullets.has_anything(build.outline, region):
        loose = Raw(region.start, region.stop, Place(), Section())
        bullets.fill(loose, build.outline, [], region, build.log)
        if build.is_edition:
            build.found.edition = joined(build.found.edition, loose.body)
        else:
            build.found.introduction = joined(build.found.introduction, loose.body)


def _own_item(build: _Builder, region: Region) -> None:
    head = build.head
    if head is None:
        return
    pending, build.pending = build.pending, build.own
    _begin(build, head.start, _place(build, head), build.title)
    build.pending, build.own = pending, []
    if build.item is not None:
        _fill(build, build.item, region)


def _headless_item(build: _Builder, region: Region) -> None:
    first = next(node for node in build.nodes if node.bullets)
    pending, build.pending = build.pending, []
    _begin(build, first.start, build.outline.source.place(first.start), "")
    build.pending = pending
    if build.item is not None:
        _fill(build, build.item, region)


_STEPS = {
    "directive": _directive,
    "banner": _banner,
    "comment": _comment,
    "bracket": _bracket,
    "heading": _heading,
}
_OPENERS = {
    "title": _open_title,
    "section": _open_section,
    "single": _open_section,
    "item": _open_item,
    "skeleton": _open_skeleton,
    "weekly": _open_weekly,
}
