"""From HTML to the text of a document: a web page, a file that a person gave, or a converted one."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from content.grammar import strategy
from content.sources import (
    flat,
    html_blocks,
    html_main,
    html_notes,
    html_parsing,
    inline,
    levels,
    writer,
)
from content.sources.base import Picture, Remark, Text
from content.sources.html_main import About
from content.sources.html_pictures import Held, Pictures
from content.sources.html_state import LINK, LIST, MEDIUM, TABLE, Element, Loss, State
from content.sources.html_where import Where
from content.sources.tree import Block, Heading, Raw, Rule, Run, Tree

_LOSSES = {
    MEDIUM: (
        "block_left_out",
        "Left out, for a text cannot hold it: {what} ({count}).",
        "Write in words what it shows, or link to it.",
    ),
    LINK: (
        "html_removed",
        "Links to no address of the web lose it; their words stay ({count}).",
        "Write the whole address, with https://.",
    ),
    TABLE: (
        "table_flattened",
        "Tables inside a table are read as lines of their cell ({count}).",
        "Put the inner table below the outer one.",
    ),
    LIST: (
        "list_flattened",
        "Entries deeper than six levels are read at the sixth ({count}).",
        "Use fewer levels.",
    ),
}
_SIGNS = ("[", "===", "<!")  # without one of them there is no grammar


def none_held(_address: str) -> Picture | None:
    return None


def page(data: bytes, *, url: str, charset: str = "") -> Text:
    """Return what a web page says: its main part, with what it tells of itself.

    `url` is where it was found. Its words are words, unless it shows grammar that was typed; then its
    comments may be directives too. Raises Refused (`encoding`, `source_truncated`).
    """
    root = html_parsing.parse(data, charset)
    main = html_main.main(root)
    about = html_main.about(root, main, url)
    state = _read(root, main, Where(about.url, _base(root, url)), none_held)
    blocks = _blocks(state)
    is_typed = _shows_grammar(_without_comments(blocks), state)
    if not is_typed:
        blocks = _without_comments(blocks)
        if about.title and not any(_is_title(block, about.title) for block in blocks):
            blocks.insert(0, _title(state, about.title))
    text = _text(state, blocks, about, is_typed=is_typed)
    return replace(text, author=about.author, published_on=about.published_on)


def file(data: bytes, held: Held = none_held) -> Text:
    """Return what an HTML file says, all of it; `held` gives the images that came with it."""
    root = html_parsing.parse(data)
    state = _read(root, _body(root), Where(base=_base(root, "")), held)
    blocks = _blocks(state)
    is_typed = _shows_grammar(blocks, state)
    blocks = blocks if is_typed else _without_comments(blocks)
    title = html_main.title(root)
    if title and not any(isinstance(one, Heading) for one in blocks) and not is_typed:
        blocks.insert(0, _title(state, title))
    about = About("", title, language=html_main.language(root))
    return _text(state, blocks, about, is_typed=is_typed)


def converted(html: str, held: Held, remarks: Iterable[Remark] = ()) -> Text:
    """Return the text of HTML that was made from a document in which people type grammar."""
    root = html_parsing.tree(html)
    state = _read(root, _body(root), Where(), held)
    text = _text(state, _blocks(state), About(""), is_typed=True)
    return replace(text, remarks=(*remarks, *text.remarks))


def _body(root: Element) -> Element:
    body = root.find("body")
    return root if body is None else body


def _base(root: Element, url: str) -> str:
    """Return what relative addresses of a page count from."""
    base = next((one.get("href", "") for one in root.iter("base") if one.get("href")), "")
    return Where(url, url).link(base) or url


def _read(root: Element, main: Element, where: Where, held: Held) -> State:
    state = State(where, html_notes.find(root, main), Pictures(where, held))
    html_blocks.read(state, main)
    for body, key in state.notes.bodies.items():
        if key not in state.footnotes:
            html_blocks.read(state, body)
    return state


def _is_title(block: Block, title: str) -> bool:
    """Tell whether a heading is the title of the page, or says the same."""
    return isinstance(block, Heading) and (
        block.level == 1 or inline.plain(block.runs).strip().casefold() == title.casefold()
    )


def _title(state: State, title: str) -> Block:
    return state.names.named(Heading(1, (Run(title),)))


def _blocks(state: State) -> list[Block]:
    """Return the blocks, without lines across at the top: these would look like front matter."""
    blocks = levels.levelled([state.page.blocks])
    start = next((n for n, block in enumerate(blocks) if not isinstance(block, Rule)), len(blocks))
    return blocks[start:]


def _without_comments(blocks: list[Block]) -> list[Block]:
    return [block for block in blocks if not isinstance(block, Raw)]


def _shows_grammar(blocks: list[Block], state: State) -> bool:
    said = inline.plain(flat.flat(blocks))
    is_likely = any(sign in said for sign in _SIGNS) or any(isinstance(one, Raw) for one in blocks)
    return is_likely and strategy.is_shown_in(
        writer.write(_tree(blocks, state), is_typed=True).markdown
    )


def _tree(blocks: list[Block], state: State, about: About | None = None) -> Tree:
    title, language = (about.title, about.language) if about else ("", "")
    return Tree(tuple(blocks), title, language, state.footnotes)


def _text(state: State, blocks: list[Block], about: About, *, is_typed: bool) -> Text:
    tree = _tree(blocks, state, about)
    text = writer.write(tree, is_typed=is_typed, pictures=state.pictures.found)
    lines = {place.id: place.line for place in text.places}
    told = [_told(state, kind, what, loss, lines) for (kind, what), loss in state.losses.items()]
    return replace(text, remarks=tuple(sorted([*text.remarks, *told], key=lambda one: one.line)))


def _told(state: State, kind: str, what: str, loss: Loss, lines: Mapping[str, int]) -> Remark:
    """Return what a reader of the page sees and a reader of the text does not, at its line."""
    after = state.page.blocks[loss.place : loss.place + 1] or state.page.blocks[-1:]
    line = lines.get(after[0].id, 1) if after else 1
    code, said, hint = _LOSSES[kind]
    return Remark(code, said.format(count=loss.count, what=what), line, hint)
