from django.apps import AppConfig
from django.core.checks import Tags, register


class ApprovalsConfig(AppConfig):
    name = "approvals"
    verbose_name = "Approvals"

    def ready(self) -> None:
        from approvals import checks, receivers  # noqa: F401  (receivers connect themselves)

        register(checks.check_account_facts)
        register(Tags.database)(checks.check_policies)
