"""Footnotes written in one place of a document and called for in another: each goes where it is needed."""

from collections.abc import Iterator, Sequence

from markdown_it.token import Token

from content.grammar import footnotes
from content.grammar.problems import Log
from content.grammar.raw import Gathered, Raw, joined


def bring_home(found: Gathered, tokens: Sequence[Token], log: Log) -> None:
    """Put each note below the items that call for it; one that no item calls for stays where it is.

    Most people write their notes at the end of the document, where they would belong to its last item.
    """
    for label, span in _written(tokens):
        homes = [raw for raw in found.items if label in _called(raw)]
        if homes:
            _move(found, span, homes)
            # it stands at the margin by right, not for want of an indent
            log.drop("indent_missing", lines=range(span.start + 1, span.stop + 1))


def _written(tokens: Sequence[Token]) -> Iterator[tuple[str, range]]:
    """Yield the label and the lines (0-based) of each note at the margin."""
    for token in tokens:
        if token.type == footnotes.OPEN and token.map and not token.level:
            yield token.meta["label"], range(*token.map)


def _called(raw: Raw) -> set[str]:
    title = raw.title.text if raw.title else ""
    return set(footnotes.CALL.findall("\n".join([title, *(line.text for line in raw.body)])))


def _move(found: Gathered, span: range, homes: Sequence[Raw]) -> None:
    elsewhere = [raw.body for raw in found.items if raw not in homes]
    parts = [*elsewhere, found.introduction, found.edition]
    note = [
        line
        for part in (*parts, *(raw.body for raw in homes))
        for line in part
        if line.line in span
    ]
    for part in parts:
        part[:] = [line for line in part if line.line not in span]
    for raw in homes:
        if not any(line.line in span for line in raw.body):
            raw.body = joined(raw.body, note)
