from django.apps import AppConfig
from django.core.checks import Tags, register


class ApprovalsConfig(AppConfig):
    name = "approvals"
    verbose_name = "Approvals"

    def ready(self) -> None:
        from approvals import (  # noqa: F401  (receivers connect themselves)
            checks,
            receivers,
            receivers_audit,
            receivers_clock,
            receivers_law,
            receivers_notices,
        )

        register(checks.check_hooks)
        register(Tags.database)(checks.check_policies)
