"""Senders and profiles: which one a format goes to, what is sealed of it, and its channel."""

from typing import Any

from django.conf import settings
from django.db.models import Q

from halcytone.lib import outbound, plugins
from publishing.channels.base import AccountFace, Channel
from publishing.models import Account


def facts(format: str, account_key: str = "") -> dict[str, Any]:
    """Return what a seal says of the account that a format goes to.

    `{"account": key, "headers": {"From": …, "Reply-To": …}}`; the key is "" when there is none.
    """
    account = find(format, account_key)
    if account is None:
        return {"account": account_key, "headers": {}}
    headers = {"From": account.from_email, "Reply-To": account.reply_to}
    return {
        "account": account.key,
        "headers": {name: value for name, value in headers.items() if value},
    }


def find(format: str, account_key: str = "") -> Account | None:
    """Return the account of this key, or the default of the format. None when there is none."""
    wanted = Q(key=account_key) if account_key else Q(is_default=True)
    return Account.objects.filter(wanted, format=format).first()


def plan_of(account: Account) -> Channel:
    """Build the account's channel without address and secret: it can cut and judge, never send."""
    face = AccountFace(account.key, "")
    return plugins.load("CHANNELS", account.channel, Channel, account=face)  # type: ignore[type-abstract]


def channel(account: Account) -> Channel:
    """Build the account's channel as the sender uses it. Opens nothing.

    Raises Unavailable when outbound is off, ImproperlyConfigured for an unknown channel.
    """
    face = AccountFace(
        key=account.key,
        endpoint=outbound.endpoint(account.channel, account.endpoint),
        from_email=account.from_email,
        reply_to=account.reply_to,
        profile_id=account.profile_id,
        credential=_credential(account),
        can_read_back=account.can_read_back,
    )
    return plugins.load("CHANNELS", account.channel, Channel, account=face)  # type: ignore[type-abstract]


def _credential(account: Account) -> str:
    """Return the account's secret. The stand-ins take any, so that rehearsals need none."""
    secret: str = settings.CREDENTIALS.get(account.credential, "")
    return secret or ("sandbox" if settings.OUTBOUND == outbound.SANDBOX else "")
