"""Settings and rows of this app that `manage.py check` looks at."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning
from django.db import connections
from django.utils.module_loading import import_string

from approvals import policy


def check_account_facts(**_kwargs: Any) -> list[CheckMessage]:
    """The seal asks this function for the account; without it nothing can be sealed."""
    try:
        import_string(settings.ACCOUNT_FACTS)
    except ImportError as error:
        return [
            Error(
                f"ACCOUNT_FACTS cannot be imported: {error}",
                hint="Name a function (format, account key) → {'account', 'headers'}.",
                id="approvals.E001",
            )
        ]
    return []


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
        for problem in policy.check(level.when)
    ]
