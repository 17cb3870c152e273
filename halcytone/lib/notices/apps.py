from django.apps import AppConfig


class NoticesConfig(AppConfig):
    name = "halcytone.lib.notices"
    label = "notices"
    verbose_name = "Notifications"

    def ready(self) -> None:
        from halcytone.lib.notices import receivers  # noqa: F401  (they connect themselves)
