"""Level 1 without a person: every condition under which the policy itself may sign.

Source: approvals specification, auto-approval. The creation list is the author's declaration; it is
never a signature. Claims are not checked yet, so every figure, name and quotation in the text counts as
unverified; and nothing acknowledges a warning yet, so that any warning keeps the policy from signing.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.utils.module_loading import import_string

from approvals import facts
from approvals.models import Review
from approvals.services import checklists, legal
from approvals.services.legal import Wanted
from content.models import Draft
from content.services import rendering

QUOTED = 5  # findings, figures or quotations that one sentence names


@dataclass(frozen=True, slots=True)
class Case:
    """What the conditions look at: routing inputs, findings that advise or block, social accounts."""

    facts: Mapping[str, Any]
    warnings: Sequence[str]
    other_accounts: Sequence[str]
    audience_limit: int
    author: str
    undeclared: Sequence[str]
    triggers: Sequence[tuple[str, str]]
    unticked: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition; `failure` is the sentence that says why it does not hold, "" when it does."""

    name: str
    failure: str


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


def _names(case: Case) -> str:
    names = case.facts["names"]
    return f"No claim sheet has verified these names yet: {_some(names)}." if names else ""


def _triggers(case: Case) -> str:
    if not case.triggers:
        return ""
    return f"Counsel has to look at it: {legal.sentence(list(case.triggers))}"


def _claims(case: Case) -> str:
    claims = case.facts.get("claims")
    return f"The claim sheet is not all green: {_some(claims)}." if claims else ""


def _declaration(case: Case) -> str:
    open_items = case.undeclared
    return f"The author has not declared: {_some(open_items)}." if open_items else ""


def _lists(case: Case) -> str:
    return (
        f"A list that the stage names is not ticked: {_some(case.unticked)}."
        if case.unticked
        else ""
    )


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
    "no legal trigger": _triggers,
    "claims are green": _claims,
    "figures verified": _figures,
    "names verified": _names,
    "quotations verified": _quotations,
    "author may publish": _right,
    "declaration ticked": _declaration,
    "lists of the stage ticked": _lists,
    "no budget": _budget,
}


def failures(draft: Draft, wanted: Wanted, review: Review | None = None) -> list[str]:
    """Return a sentence for each condition that keeps the policy from signing this draft."""
    return [each.failure for each in conditions(draft, wanted, review) if each.failure]


def conditions(draft: Draft, wanted: Wanted, review: Review | None = None) -> list[Condition]:
    """Return every condition under which the policy itself signs a draft, held or failed."""
    case = Case(
        facts=wanted.facts,
        warnings=facts.warnings(draft),
        other_accounts=_other_accounts(draft),
        audience_limit=settings.AUTO_APPROVAL_MAX_AUDIENCE,
        author=str(draft.author),
        undeclared=checklists.undeclared(draft),
        triggers=wanted.triggers,
        unticked=_unticked(wanted, review),
    )
    return _looked_at(case)


def conditions_of(known: Mapping[str, Any]) -> list[Condition]:
    """Return the conditions as far as routing inputs alone can tell; a declaration is taken as given."""
    empty = {"numbers": [], "names": [], "quotations": [], "flags": [], "priority": 3}
    given = {**empty, **{name: value for name, value in known.items() if value is not None}}
    for name in ("featured", "has_budget"):
        given.setdefault(name, False)
    case = Case(
        facts={"audience_size": None, "author_may_publish": True, **given},
        warnings=[] if given.get("checks_green", True) else ["a check is not green"],
        other_accounts=(),
        audience_limit=settings.AUTO_APPROVAL_MAX_AUDIENCE,
        author="This person",
        undeclared=(),
        triggers=[(kind, "") for kind in given.get("legal_triggers", ())],
    )
    return _looked_at(case)


def _other_accounts(draft: Draft) -> list[str]:
    """Return the accounts that a draft goes to which nobody marked as standard."""
    find = import_string(settings.OTHER_ACCOUNTS)
    names: list[str] = find([(row.format, row.account) for row in rendering.in_order(draft)])
    return names


def _looked_at(case: Case) -> list[Condition]:
    return [Condition(name, condition(case)) for name, condition in CONDITIONS.items()]


def _unticked(wanted: Wanted, review: Review | None) -> list[str]:
    keys = {key for stage in wanted.matched.stages for key in stage.checklists}
    open_items = checklists.unticked(review, keys).values() if keys else []
    return [item.text for items in open_items for item in items]


def _some(words: Sequence[str]) -> str:
    more = len(words) - QUOTED
    return ", ".join(words[:QUOTED]) + (f" and {more} more" if more > 0 else "")
