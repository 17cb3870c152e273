"""Who changed a configuration row, and when: a version of the row for each change (django-simple-history)."""

from typing import Any

from django.utils import timezone


def note(row: Any, by: Any) -> None:
    """Write a version of a row that was changed by an UPDATE, which sends no signal."""
    type(row).history.bulk_history_create([row], update=True, default_user=by)


def begin(apps: Any, using: str, app_label: str, *names: str) -> None:
    """In a migration: write a first version of the rows that are there and have none."""
    for name in names:
        versions = apps.get_model(app_label, f"Historical{name}").objects.using(using)
        fields = [field.attname for field in apps.get_model(app_label, name)._meta.concrete_fields]
        known = versions.values("id")
        rows = apps.get_model(app_label, name).objects.using(using).exclude(pk__in=known)
        versions.bulk_create(
            versions.model(
                history_date=timezone.now(),
                history_type="+",
                **{f: getattr(row, f) for f in fields},
            )
            for row in rows
        )
