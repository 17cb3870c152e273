"""From which piece, and so from which line of its document, a finding comes."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cached_property
from typing import Any

from content import markdown
from content.formats import titles
from content.formats.base import WARNING, Edition, Finding, Format, Piece

_FROM_LEAD = {"subject", "title", "preheader", "SEO title"}
_ENOUGH = 24  # characters of evidence that tell one piece from another
_LONGEST = 2_000  # characters of evidence that are asked about
_ALIKE = 100  # findings of one kind in one place


def findings(form: Format, edition: Edition, content: Mapping[str, Any]) -> list[Finding]:
    """Return the findings of this content, each with the piece and the line it comes from."""
    return trace(form.check(content), edition)


def trace(found: Iterable[Finding], edition: Edition) -> list[Finding]:
    """Return findings with their piece; what concerns no single one belongs to the leading one.

    Of findings of one kind, the first hundred are returned, and one that says how many more there are.
    """
    pieces = _Pieces(edition)
    return [_eased(pieces.placed(finding), edition) for finding in _bounded(found)]


def _bounded(found: Iterable[Finding]) -> Iterator[Finding]:
    counts: dict[tuple[str, str], int] = defaultdict(int)
    last: dict[tuple[str, str], Finding] = {}
    for finding in found:
        kind = finding.code, finding.where
        counts[kind] += 1
        if counts[kind] <= _ALIKE:
            yield finding
        else:
            last[kind] = finding
    for kind, finding in last.items():
        message = f"There are {counts[kind] - _ALIKE:,} more of this kind."
        yield replace(finding, message=message, evidence="")


class _Pieces:
    """The pieces of an edition, with the words of each, by which evidence is found in it."""

    def __init__(self, edition: Edition) -> None:
        self.edition = edition

    @cached_property
    def words(self) -> list[str]:
        return [_words(piece) for piece in self.edition.pieces]

    def placed(self, finding: Finding) -> Finding:
        if finding.piece or not self.edition.pieces:
            return finding
        return finding.of(self._source(finding))

    def _source(self, finding: Finding) -> Piece:
        lead = titles.lead(self.edition)
        if finding.where in _FROM_LEAD or not finding.evidence:
            return lead
        evidence = " ".join(finding.evidence[:_LONGEST].split())
        shared = [_shared(evidence, words) for words in self.words]
        best = max(shared)
        if best < min(_ENOUGH, len(evidence)):
            return lead
        return self.edition.pieces[shared.index(best)]


def _shared(evidence: str, words: str) -> int:
    """Return how much of the beginning of the evidence these words hold."""
    ends = range(1, len(evidence) + 1)
    return bisect_left(ends, True, key=lambda end: evidence[:end] not in words)


def _words(piece: Piece) -> str:
    text = [piece.title, piece.content, markdown.to_text(piece.content), piece.image, piece.alt]
    return " ".join(" ".join([*text, piece.link, *piece.sources]).split())


def _eased(finding: Finding, edition: Edition) -> Finding:
    """Let a critical announcement call itself urgent: a warning, not an error."""
    is_critical = any(piece.fields.get("urgency") == "critical" for piece in edition.pieces)
    if finding.code == "subject_spam" and finding.evidence.lower() == "urgent" and is_critical:
        return replace(finding, severity=WARNING)
    return finding
