"""Senders and profiles: which one a format goes to, what is sealed of it, and its channel."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from django.conf import settings
from django.db.models import Q, QuerySet

from content.models import Draft, FormatName
from halcytone.lib import outbound, plugins, sealing
from halcytone.lib.errors import Unavailable, WrongState
from publishing import account_rules, passports
from publishing.channels.base import AccountFace, Channel
from publishing.channels.passport import Passport
from publishing.models import Account, Token

#: Formats that go out as standard through any account of theirs; a network's account is marked.
STANDARD = (FormatName.NEWSLETTER, FormatName.WEB)


def facts(
    wanted: Iterable[tuple[str, str]], rows: Iterable[Account] | None = None
) -> list[dict[str, Any]]:
    """Return what a seal says of the account of each format and account key ("" = the default).

    `{"account": {"key", "channel", "server", "profile", "credential"}, "headers": {"From", "Reply-To"}}`:
    whatever decides who speaks, where, and in whose name. The credential is its name; a secret that
    stands in a field by mistake is a digest here. Only `key` is there when there is no such account.
    `rows` are accounts that were read before, as `rows` names them.
    """
    asked = list(wanted)
    found = find_all(asked, rows)
    return [_facts(each[1], account) for each, account in zip(asked, found, strict=True)]


def rows(draft: Draft) -> QuerySet[Account]:
    """Return the accounts that the renditions of a draft can go to. No query yet."""
    renditions = draft.renditions.order_by()
    named = Q(key__in=renditions.filter(account__gt="").values("account"))
    formats = renditions.values("format")
    return Account.objects.filter(named | Q(is_default=True), format__in=formats)


def _facts(account_key: str, account: Account | None) -> dict[str, Any]:
    if account is None:
        return {"account": {"key": account_key}, "headers": {}}
    sealed = {
        "key": account.key,
        "channel": account.channel,
        "server": account.endpoint,
        "profile": account.profile_id,
        "credential": account.credential,
    }
    headers = {"From": account.from_email, "Reply-To": account.reply_to}
    return {
        "account": {name: _without_secrets(name, value) for name, value in sealed.items()},
        "headers": {
            name: _without_secrets(name, value) for name, value in headers.items() if value
        },
    }


def not_standard(wanted: Iterable[tuple[str, str]]) -> list[str]:
    """Return where, of each format and account key ("" = the default), the policy may not sign for by itself.

    That is a network's account that nobody marked as standard, by its name, and a key that no account has.
    """
    asked = list(wanted)
    found: dict[str, None] = {}
    for (format, key), account in zip(asked, find_all(asked), strict=True):
        if account is None and key:
            found[key] = None
        elif account is not None and format not in STANDARD and not account.is_standard:
            found[account.name] = None
    return list(found)


def _without_secrets(name: str, value: str) -> str:
    return account_rules.without_secrets(name, value, secrets=settings.CREDENTIALS.values())


def find(format: str, account_key: str = "") -> Account | None:
    """Return the account of this key, or the default of the format. None when there is none."""
    return find_all([(format, account_key)])[0]


def find_all(
    wanted: Iterable[tuple[str, str]], rows: Iterable[Account] | None = None
) -> list[Account | None]:
    """Return the account for each format and account key, as `find` does, among these rows or in one query."""
    asked = list(wanted)
    if rows is None:
        keys = {key for _, key in asked if key}
        named = Account.objects.filter(Q(key__in=keys) | Q(is_default=True))
        rows = named.filter(format__in={format for format, _ in asked})
    by_key = {(row.format, row.key): row for row in rows}
    defaults = {row.format: row for row in by_key.values() if row.is_default}
    return [by_key.get(each) if each[1] else defaults.get(each[0]) for each in asked]


def plan_of(account: Account, passport: Passport | None = None) -> Channel:
    """Build the account's channel without address and secret: it can cut and judge, never send.

    `passport` is the account's own, where it was read before.
    """
    passport = passport or passports.of(account)
    face = AccountFace(account.key, "", profile_id=account.profile_id, passport=passport)
    return plugins.load("CHANNELS", account.channel, Channel, account=face)  # type: ignore[type-abstract]


def as_sealed(account: Account, headers: Mapping[str, str]) -> Channel:
    """Build the account's channel with the headers of a seal: it can make messages anew, never send."""
    face = AccountFace(
        account.key,
        "",
        from_email=headers.get("From", account.from_email),
        reply_to=headers.get("Reply-To", ""),
        passport=passports.of(account),
    )
    return plugins.load("CHANNELS", account.channel, Channel, account=face)  # type: ignore[type-abstract]


def channel(account: Account) -> Channel:
    """Build the account's channel as the sender uses it. Opens nothing.

    Raises Unavailable when outbound is off, ImproperlyConfigured for an unknown channel.
    """
    face = AccountFace(
        key=account.key,
        endpoint=_endpoint(account),
        from_email=account.from_email,
        reply_to=account.reply_to,
        profile_id=account.profile_id,
        credential=_credential(account),
        can_read_back=account.can_read_back,
        passport=passports.of(account),
    )
    return plugins.load("CHANNELS", account.channel, Channel, account=face)  # type: ignore[type-abstract]


def _endpoint(account: Account) -> str:
    if plan_of(account).is_here:
        return ""
    return outbound.endpoint(account.channel, account.endpoint)


def _credential(account: Account) -> str:
    """Return the account's secret: CREDENTIAL_<NAME> of the environment, else the token of its sign-in.

    The stand-ins take any, so that rehearsals need none. Raises Unavailable when the key of the token
    is gone.
    """
    secret: str = settings.CREDENTIALS.get(account.credential, "")
    if not secret and (row := Token.objects.filter(account=account).first()):
        secret = _opened(row)
    return secret or ("sandbox" if settings.OUTBOUND == outbound.SANDBOX else "")


def _opened(row: Token) -> str:
    try:
        return str(json.loads(sealing.open_(row.sealed))["access"])
    except WrongState as error:
        raise Unavailable(str(error), code=error.code) from error
