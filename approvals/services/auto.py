"""Level 1 without a person: every condition under which the policy itself may sign.

Source: approvals specification, auto-approval. Submitting is the author's declaration; it is never
a signature. The claim sheet does not exist yet, so every figure and quotation in the text counts as
unverified, and so does nothing as an acknowledged warning: any warning keeps the policy from signing.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings

from content.models import Draft, Finding

QUOTED = 5  # findings, figures or quotations that one sentence names


@dataclass(frozen=True, slots=True)
class Case:
    """What the conditions look at: routing inputs, findings that advise or block, social accounts."""

    facts: Mapping[str, Any]
    warnings: Sequence[str]
    other_accounts: Sequence[str]
    audience_limit: int
    author: str


def _warnings(case: Case) -> str:
    return f"The checks are not all green: {_some(case.warnings)}" if case.warnings else ""


def _priority(case: Case) -> str:
    priority = case.facts["priority"]
    return "" if 3 <= priority <= 5 else f"Priority {priority} is urgent; only 3 to 5 pass."


def _featured(case: Case) -> str:
    return "It is featured." if case.facts["featured"] else ""


def _channels(case: Case) -> str:
    if not case.other_accounts:
        return ""
    return f"It goes to other than the standard accounts: {_some(case.other_accounts)}."


def _audience(case: Case) -> str:
    size, limit = case.facts["audience_size"] or 0, case.audience_limit
    return f"The audience of {size:,} is larger than {limit:,}." if size > limit else ""


def _flags(case: Case) -> str:
    flags = case.facts["flags"]
    return f"It is marked as sensitive: {_some(flags)}." if flags else ""


def _figures(case: Case) -> str:
    figures = case.facts["numbers"]
    if not figures:
        return ""
    return f"No claim sheet has verified these figures yet: {_some(figures)}."


def _quotations(case: Case) -> str:
    words = [f"“{each}”" for each in case.facts["quotations"]]
    return f"No claim sheet has verified these quotations yet: {_some(words)}." if words else ""


def _right(case: Case) -> str:
    if case.facts["author_may_publish"]:
        return ""
    return f"{case.author}, the author, does not hold the publishing right."


def _budget(case: Case) -> str:
    return "It has a budget." if case.facts["has_budget"] else ""


#: Name of each condition, and the sentence that it gives when it does not hold ("" when it does).
CONDITIONS: Mapping[str, Callable[[Case], str]] = {
    "checks are green": _warnings,
    "priority 3 to 5": _priority,
    "not featured": _featured,
    "standard channels": _channels,
    "audience size": _audience,
    "no sensitivity flag": _flags,
    "figures verified": _figures,
    "quotations verified": _quotations,
    "author may publish": _right,
    "no budget": _budget,
}


def failures(draft: Draft, facts: Mapping[str, Any]) -> list[str]:
    """Return a sentence for each condition that keeps the policy from signing this draft."""
    renditions = draft.renditions.filter(format__in=draft.formats)
    findings = Finding.objects.filter(rendition__in=renditions).exclude(
        severity=Finding.Severity.INFO
    )
    case = Case(
        facts=facts,
        warnings=[finding.message for finding in findings],
        other_accounts=[rendition.account for rendition in renditions if rendition.account],
        audience_limit=settings.AUTO_APPROVAL_MAX_AUDIENCE,
        author=str(draft.author),
    )
    return [sentence for condition in CONDITIONS.values() if (sentence := condition(case))]


def _some(words: Sequence[str]) -> str:
    more = len(words) - QUOTED
    return ", ".join(words[:QUOTED]) + (f" and {more} more" if more > 0 else "")
