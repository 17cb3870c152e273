"""What Notion's answers say: a page as it is written, a database as one item for each of its rows."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from content.grammar import directives, vocabulary
from content.sources import inline, notion_text, writer
from content.sources.base import Text
from content.sources.notion_blocks import Reader
from content.sources.notion_text import Json, column, plain, runs, values, words
from content.sources.tree import Block, Heading, ListItem, Paragraph, Raw, Run, Runs, Tree

_ROW_LEVEL = 3  # of the heading that a row becomes; headings of its page stand below it
_ARCHIVE = frozenset({"archive", "archived"})
_PUBLISHED = frozenset({"published", "scheduled"})
_TIME = re.compile(r"(?<=^\d{4}-\d\d-\d\d)T.*")
_BANNER = "=== ARCHIVE ==="


@dataclass(frozen=True, slots=True)
class Page:
    """A page, or a row of a database, with the blocks of its body."""

    page: Json
    blocks: Sequence[Json] = ()

    @property
    def id(self) -> str:
        return str(self.page.get("id", ""))

    @property
    def url(self) -> str:
        return notion_text.address(self.id)


def of_page(page: Page, stored: Mapping[str, str]) -> Text:
    """Return the text of a page of its own: its grammar is what the editor typed.

    The page's name is the title, unless a heading of the first level stands at its head. If there are
    several, they are sections, one level below it. Directives at the very top stand above the title,
    where nothing can be typed at Notion.
    """
    title = runs(column(page.page, kind="title").get("title"))
    levels = list(_heading_levels(page.blocks))
    has_own_title = levels[:1] == [1] and levels.count(1) == 1
    reader = Reader(page.id, stored, shift=0 if has_own_title or 1 not in levels else 1)
    reader.read(page.blocks)
    head = 0
    while head < len(reader.blocks) and _is_directive(reader.blocks[head]):
        head += 1
    top = [] if has_own_title else [Heading(1, title, id=page.id, url=page.url)]
    blocks = (*reader.blocks[:head], *top, *reader.blocks[head:])
    return _text(Tree(blocks, title=inline.plain(title)), reader, is_typed=True)


def of_database(title: str, pages: Sequence[Page], stored: Mapping[str, str]) -> Text:
    """Return the text of a database: its rows as items under the section that their Category names.

    Rows without a section come first and are sorted by their words; archived ones come last.
    """
    whole = Reader("", stored)
    whole.blocks += [Heading(1, (Run(title),))] if title else []
    rows = sorted(
        (_Row(page) for page in pages), key=lambda row: (row.is_archived, row.section > "")
    )
    before: _Row | None = None
    for row in rows:
        if row.is_archived and not (before and before.is_archived):
            whole.blocks.append(Raw(_BANNER))
            before = None
        if row.section != (before.section if before else ""):
            whole.blocks.append(Raw(f"## [{row.section}]", url=row.page.url))
        _add(row, whole)
        before = row
    return _text(Tree(tuple(whole.blocks), title=title), whole, is_typed=False)


class _Row:
    """A row as its columns describe it."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.columns = page.page
        status = " ".join(values(column(self.columns, "status"))).casefold()
        self.is_archived = status in _ARCHIVE
        self.is_published = status in _PUBLISHED
        self.section = self.type = self.blog_category = ""
        for name in ("category", "type"):
            for value in values(column(self.columns, name)):
                self._sort(value, is_category=name == "category")

    def _sort(self, value: str, *, is_category: bool) -> None:
        """Take a choice for the section, the type or the blog category that it names."""
        said = " ".join(value.replace("[", " ").replace("]", " ").split())
        key = vocabulary.SECTION_NAMES.get(said.casefold())
        kind = said.casefold().replace(" ", "_")
        kind = vocabulary.TYPE_ALIASES.get(kind, kind)
        blog = {name.casefold(): name for name in vocabulary.BLOG_CATEGORIES}
        if key:
            self.section = self.section or key
        elif kind in vocabulary.TYPES:
            self.type = self.type or kind
        elif said.casefold() in blog:
            self.blog_category = self.blog_category or blog[said.casefold()]
        elif is_category and said:
            self.section = self.section or said

    def wishes(self, written: Iterable[str]) -> Iterator[str]:
        """Yield the directives that the columns amount to, without those that the page has itself."""
        tags = ", ".join(values(column(self.columns, "tags")))
        found = {
            "type": self.type,
            "category": self.blog_category,
            "tags": " ".join(tags.replace("--", "—").split()),
            "published": "true" if self.is_published else "",
        }
        keys = [text.partition(":")[0].rpartition(" ")[2] for text in written]
        return (
            f"<!-- {key}: {said} -->" for key, said in found.items() if said and key not in keys
        )


def _add(row: _Row, whole: Reader) -> None:
    """Add a row: its directives, its title, its bullets, and its body inside the Content bullet.

    Inside a bullet nothing is grammar, so that a body can neither end its item nor begin another.
    """
    page = row.page
    own = [block for block in page.blocks if _is_typed_directive(block)]
    rest = [block for block in page.blocks if not _is_typed_directive(block)]
    lines = [line for block in own for line in _typed(block).splitlines()]
    whole.blocks += [Raw(line, url=page.url) for line in row.wishes(lines)]
    for block in own:
        url = notion_text.address(page.id, str(block.get("id")))
        whole.blocks.append(Raw(_typed(block), id=str(block.get("id")), url=url))
    title = runs(column(row.columns, kind="title").get("title"))
    whole.blocks.append(Heading(_ROW_LEVEL, title, id=page.id, url=page.url))
    if date := values(column(row.columns, "date")):
        whole.blocks.append(_bullet("Date", _TIME.sub("", date[0]), page))
    whole.blocks.append(_bullet("Content", "", page))
    body = Reader(page.id, whole.stored, shift=_ROW_LEVEL)
    body.read(rest, inside=1)
    if not body.blocks:
        said = words(column(row.columns, "content", "description"))
        body.blocks += [Paragraph(runs, inside=1) for runs in _paragraphs(said)]
    whole.blocks += body.blocks
    whole.pictures |= body.pictures
    whole.remarks += [(id or page.id, remark) for id, remark in body.remarks]


def _paragraphs(said: Runs) -> list[Runs]:
    """Divide words at their blank lines."""
    found: list[list[Run]] = [[]]
    for run in said:
        first, *more = re.split(r"\n[ \t]*\n\s*", run.text)
        found[-1].append(replace(run, text=first))
        found += [[replace(run, text=text)] for text in more]
    return [tuple(runs) for runs in found if inline.plain(runs).strip()]


def _bullet(label: str, text: str, page: Page) -> ListItem:
    said = (Run(f"{label}:", bold=True), *((Run(f" {text}"),) if text else ()))
    return ListItem(1, said, url=page.url)


def _typed(block: Json) -> str:
    body = block.get("paragraph") or {}
    return "\n".join(line.strip() for line in plain(body.get("rich_text")).strip().split("\n"))


def _is_typed_directive(block: Json) -> bool:
    lines = _typed(block).split("\n") if block.get("type") == "paragraph" else [""]
    return not block.get("children") and all(map(directives.is_directive, lines))


def _is_directive(block: Block) -> bool:
    if not isinstance(block, Paragraph):
        return False
    lines = inline.plain(block.runs).strip().split("\n")
    return all(directives.is_directive(line.strip()) for line in lines)


def _heading_levels(blocks: Iterable[Json]) -> Iterator[int]:
    for block in blocks:
        kind = str(block.get("type"))
        if kind.startswith("heading_"):
            yield int(kind[-1])
        yield from _heading_levels(block.get("children") or ())


def _text(tree: Tree, reader: Reader, *, is_typed: bool) -> Text:
    text = writer.write(tree, is_typed=is_typed, pictures=reader.pictures)
    lines: dict[str, int] = {}
    for place in text.places:
        lines.setdefault(place.id, place.line)
    told = (replace(remark, line=lines.get(id, 1)) for id, remark in reader.remarks)
    remarks = sorted([*told, *text.remarks], key=lambda remark: remark.line)
    return replace(text, remarks=tuple(remarks))
