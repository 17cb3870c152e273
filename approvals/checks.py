"""Settings and rows of this app that `manage.py check` looks at."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning
from django.db import connections
from django.utils.module_loading import import_string

from approvals import policy_checks

_FACTS = "Name a function (format, account key) → {'account': {'key', …}, 'headers'}."
_ROWS = "Name a function as “publishing.accounts.rows”."
_OTHER = "Name a function [(format, account key)] → names of accounts that are not standard."
_OUT_THERE = "Name a function as “publishing.standings.results_of”."
#: Setting → (id, hint); what it names is asked by this app and answered by whoever releases.
_HOOKS = {
    "ACCOUNT_FACTS": ("approvals.E001", _FACTS),
    "ACCOUNT_ROWS": ("approvals.E001", _ROWS),
    "OTHER_ACCOUNTS": ("approvals.E001", _OTHER),
    "RENDITION_LIVE": ("approvals.E003", _OUT_THERE),
    "REVIEW_RESULTS": ("approvals.E003", _OUT_THERE),
    "CALENDAR_TURNS": ("approvals.E003", _OUT_THERE),
}


def check_hooks(**_kwargs: Any) -> list[CheckMessage]:
    """What is asked of the publisher is asked of functions; without the first nothing can be sealed."""
    found: list[CheckMessage] = []
    for setting, (id, hint) in _HOOKS.items():
        try:
            import_string(getattr(settings, setting))
        except ImportError as error:
            found.append(Error(f"{setting} cannot be imported: {error}", hint=hint, id=id))
    return found


def check_policies(databases: Sequence[str] | None = None, **_kwargs: Any) -> list[CheckMessage]:
    """One policy must be active, and the rules of its rows must be readable."""
    if not databases:
        return []
    from approvals.models import Level, Policy

    if Policy._meta.db_table not in connections[databases[0]].introspection.table_names():
        return []  # before the first migration
    if not Policy.objects.filter(is_active=True).exists():
        return [
            Warning(
                "No approval policy is active: nothing can be submitted.",
                hint="Activate one under Policies.",
                id="approvals.W001",
            )
        ]
    return [
        Error(f"{level}: {problem.message}", hint=f"At {problem.attr}.", id="approvals.E002")
        for level in Level.objects.filter(policy__is_active=True)
        for problem in policy_checks.rule(level.when)
    ]
