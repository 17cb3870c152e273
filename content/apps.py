from django.apps import AppConfig
from django.core.checks import register


class ContentConfig(AppConfig):
    name = "content"
    verbose_name = "Content"

    def ready(self) -> None:
        from content import checks, receivers  # noqa: F401

        register(checks.check_sources)
        register(checks.check_formats)
        register(checks.check_standings)
