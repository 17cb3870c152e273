"""From which piece, and so from which line of its document, a finding comes."""

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
    for probe in dict.fromkeys([evidence, evidence[:_ENOUGH]]):
        for piece in edition.pieces:
            if probe in _words(piece):
                return piece
    return lead


def _words(piece: Piece) -> str:
    text = [piece.title, piece.content, markdown.to_text(piece.content), piece.image, piece.alt]
    return " ".join(" ".join([*text, piece.link, *piece.sources]).split())


def _eased(finding: Finding, edition: Edition) -> Finding:
    """Let a critical announcement call itself urgent: a warning, not an error."""
    is_critical = any(piece.fields.get("urgency") == "critical" for piece in edition.pieces)
    if finding.code == "subject_spam" and finding.evidence.lower() == "urgent" and is_critical:
        return replace(finding, severity=WARNING)
    return finding
