"""The periodic tasks, as rows that people can see and change in the admin."""

from typing import Any

from django.apps import apps
from django.db import connections

#: name → (task, seconds between two runs, seconds after which a waiting run is stale)
PERIODIC = {
    "Cadences and slots": ("publishing.tasks.reconcile", 60, 50),
    "Send what is due": ("publishing.tasks.work", 5, 10),
    "Living documents": ("content.look_at_documents", 60, 50),
    "Tell people": ("notices.deliver", 60, 50),
    "Clocks of reviews": ("approvals.look_at_clocks", 60, 50),
    "People and machines": ("publishing.tasks.settle_hits", 60, 50),
    "What the outside told": ("publishing.tasks.process_inbound", 60, 50),
    "The mailbox of bounces": ("publishing.tasks.read_mailbox", 300, 250),
    "Tokens and versions": ("publishing.tasks.look_after_accounts", 60, 50),
    "Purges of caches": ("publishing.tasks.purge_caches", 30, 25),
    "Settle lost leases": ("publishing.tasks.recover", 30, 25),
}


def sync(using: str = "default", **_: Any) -> None:
    """Add the periodic tasks that are missing, known by their task. What people changed stays."""
    task_model = apps.get_model("django_celery_beat", "PeriodicTask")
    if task_model._meta.db_table not in connections[using].introspection.table_names():
        return
    interval_model = apps.get_model("django_celery_beat", "IntervalSchedule")
    for name, (task, every_s, stale_s) in PERIODIC.items():
        if task_model.objects.using(using).filter(task=task).exists():
            continue
        interval, _ = interval_model.objects.using(using).get_or_create(
            every=every_s, period="seconds"
        )
        task_model.objects.using(using).create(
            name=name, task=task, interval=interval, expire_seconds=stale_s
        )
