from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class AccessConfig(AppConfig):
    name = "halcytone.access"
    label = "access"
    verbose_name = "People and keys"

    def ready(self) -> None:
        post_migrate.connect(sync_groups, sender=self)


def sync_groups(**kwargs: Any) -> None:
    """Give every group the rights that the matrix in code names."""
    from halcytone.access import backends, groups

    groups.sync(using=kwargs["using"])
    backends.names.cache_clear()
