"""From which piece, and so from which line of its document, a finding comes."""

from bisect import bisect_left
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from content import markdown
from content.formats import titles
from content.formats.base import WARNING, Edition, Finding, Format, Piece

_FROM_LEAD = {"subject", "title", "preheader", "SEO title"}
_ENOUGH = 24  # characters of evidence that tell one piece from another


def findings(form: Format, edition: Edition, content: Mapping[str, Any]) -> list[Finding]:
    """Return the findings of this content, each with the piece and the line it comes from."""
    return trace(form.check(content), edition)


def trace(found: Iterable[Finding], edition: Edition) -> list[Finding]:
    """Return findings with their piece; what concerns no single one belongs to the leading one."""
    return [_eased(_placed(finding, edition), edition) for finding in found]


def _placed(finding: Finding, edition: Edition) -> Finding:
    if finding.piece or not edition.pieces:
        return finding
    return finding.of(_source(finding, edition))


def _source(finding: Finding, edition: Edition) -> Piece:
    lead = titles.lead(edition)
    if finding.where in _FROM_LEAD or not finding.evidence:
        return lead
    evidence = " ".join(finding.evidence.split())
    shared = [_shared(evidence, _words(piece)) for piece in edition.pieces]
    best = max(shared)
    return edition.pieces[shared.index(best)] if best >= min(_ENOUGH, len(evidence)) else lead


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
