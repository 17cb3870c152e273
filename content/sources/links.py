"""Links without what follows their readers about: tracking parameters and detours."""

import re
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import unquote

from content.sources.tree import Block, Cell, Heading, ListItem, Paragraph, Quote, Run, Runs, Table

_TRACKING = re.compile(
    r"utm_\w+|(?:fb|g|d|ms|y|tw|tt)clid|gclsrc|gbraid|wbraid|igshid|igsh|mc_[ce]id|_hs(?:enc|mi)|__hs\w+"
    r"|mkt_tok|vero_(?:id|conv)|oly_(?:enc|anon)_id|li_fat_id|epik|rb_clickid|wickedid|_openstat|ref_(?:src|url)"
    r"|mtm_\w+|pk_(?:campaign|kwd|source|medium)|s_cid|trk(?:Campaign|Info)?",
    re.IGNORECASE,
)
_DETOUR = re.compile(r"https?://(?:www\.)?google\.com/url\?(?P<query>[^#]*)", re.IGNORECASE)


def stripped(url: str) -> tuple[str, tuple[str, ...]]:
    """Return an address without tracking, all else as it was, and the names of what was taken away."""
    detour = _DETOUR.fullmatch(url)
    target = dict(_parameters(detour["query"])).get("q", "") if detour else ""
    if target:
        plain, names = stripped(unquote(target))
        return plain, ("google.com/url", *names)
    head, mark, query = url.partition("?")
    if not mark:
        return url, ()
    query, sharp, part = query.partition("#")
    gone = tuple(name for name, _ in _parameters(query) if _TRACKING.fullmatch(name))
    if not gone:
        return url, ()
    kept = "&".join(word for word in query.split("&") if word.partition("=")[0] not in gone)
    return f"{head}?{kept}{sharp}{part}" if kept else f"{head}{sharp}{part}", gone


def without_tracking(block: Block) -> tuple[Block, tuple[str, ...]]:
    """Return a block whose links are stripped, and the names of what was taken from any of them."""
    gone: list[str] = []
    match block:
        case Heading() | Paragraph() | ListItem():
            block = replace(block, runs=of_runs(block.runs, gone))
        case Quote():
            said, who = of_runs(block.runs, gone), of_runs(block.attribution, gone)
            block = replace(block, runs=said, attribution=who)
        case Table():
            rows = tuple(tuple(_cell(cell, gone) for cell in row) for row in block.rows)
            block = replace(block, rows=rows, caption=of_runs(block.caption, gone))
    return block, tuple(dict.fromkeys(gone))


def of_runs(runs: Runs, gone: list[str]) -> Runs:
    """Return runs whose links are stripped; the names of what was taken away are added to `gone`."""
    return tuple(_run(run, gone) if run.link else run for run in runs)


def _run(run: Run, gone: list[str]) -> Run:
    link, names = stripped(run.link)
    gone += names
    words = link if run.text == run.link else run.text
    return replace(run, link=link, text=words) if names else run


def _cell(cell: Cell, gone: list[str]) -> Cell:
    return replace(cell, runs=of_runs(cell.runs, gone))


def _parameters(query: str) -> Iterator[tuple[str, str]]:
    for word in query.split("&"):
        name, _, value = word.partition("=")
        yield name, value
