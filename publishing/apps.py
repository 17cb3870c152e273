from django.apps import AppConfig
from django.db.models.signals import post_migrate


class PublishingConfig(AppConfig):
    name = "publishing"
    verbose_name = "Publishing"

    def ready(self) -> None:
        from publishing import checks, receivers, schedule  # noqa: F401

        post_migrate.connect(schedule.sync, sender=self)
