"""System checks of publishing: a wrong line stops `manage.py check`, not a send."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register

from halcytone.lib import plugins
from publishing.channels.base import AccountFace, Channel


@register()
def check_channels(**_: Any) -> list[CheckMessage]:
    """publishing.E001: every channel can be built."""
    errors = plugins.check("CHANNELS", Channel, account=AccountFace("check", ""))
    return [Error(error.msg, id="publishing.E001") for error in errors]


@register()
def check_outbound(**_: Any) -> list[CheckMessage]:
    """publishing.E002 and W001: production sends for real, and the mode is the declared one."""
    found: list[CheckMessage] = []
    is_dry = settings.OUTBOUND != "live"
    if not settings.EMBEDDED and is_dry and not settings.ALLOW_DRY_PRODUCTION:
        found.append(
            Error(
                f"This is production and OUTBOUND is {settings.OUTBOUND}: nothing would reach anybody.",
                hint="Set OUTBOUND=live, or ALLOW_DRY_PRODUCTION=true if that is what you want.",
                id="publishing.E002",
            )
        )
    if settings.OUTBOUND != settings.EXPECTED_OUTBOUND:
        found.append(
            Warning(
                f"OUTBOUND is {settings.OUTBOUND}; this environment declares {settings.EXPECTED_OUTBOUND}.",
                hint="Set one of OUTBOUND and EXPECTED_OUTBOUND.",
                id="publishing.W001",
            )
        )
    return found


@register()
def check_batches(**_: Any) -> list[CheckMessage]:
    """publishing.E003: a batch can be handed over within its lease."""
    if 0 < settings.HAND_OVER_BATCH <= settings.CLAIM_BATCH and settings.LEASE_S >= 60:
        return []
    return [
        Error(
            "The ledger needs 0 < HAND_OVER_BATCH <= CLAIM_BATCH and LEASE_S of at least 60 seconds.",
            hint="A shorter lease could end while a mail server still answers.",
            id="publishing.E003",
        )
    ]
