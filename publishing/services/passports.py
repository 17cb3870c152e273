"""Passports: values that people put in place of a channel's own, and what stands against an account.

Publishing specification §6; the rehearsal's board asks `standing` (§8, row "accounts").
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import structlog
from django.conf import settings
from django.db import IntegrityError, transaction
from django.urls import reverse

from halcytone.lib import at_once, rights
from halcytone.lib.errors import Invalid, NotAllowed, Problem, WrongState
from publishing import costs, passports
from publishing.channels import passport as words
from publishing.channels.base import GO, NO_GO, WARNING
from publishing.channels.passport import Passport
from publishing.models import Account, Breaker, Connection, Delivery, PassportValue, Quota, Token
from publishing.services import accounts as rules
from publishing.services import connections
from publishing.services import costs as spending

log = structlog.get_logger(__name__)

WARN_DAYS = (30, 14, 7, 1)  # before a sunset or the end of a token
OUTLIVES = timedelta(hours=24)  # a token must be good so long after the slot
Status = Connection.Status
Found = tuple[str, str, str]  # name, verdict and sentence of a finding
BAD = {
    Status.UNAUTHORIZED: NO_GO,
    Status.DISCONNECTED: NO_GO,
    Status.ERROR: WARNING,
    Status.RATE_LIMITED: WARNING,
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing about an account at an instant. `who` can mend it, at the page `path` of the desk."""

    name: str  # token, scopes, sunset, quota, budget, alt_text, connection, breaker, account
    verdict: str  # go, warning, no_go
    said: str
    who: str
    path: str


@dataclass(frozen=True, slots=True)
class Load:
    """What is to go out through an account: messages, their price, and images with alt texts."""

    messages: int = 0
    images: int = 0
    content: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Rows:
    """What is kept of one account, read beforehand. `breaker` is one that is open; `who` connects it."""

    passport: Passport
    connection: Connection | None
    token: Token | None
    breaker: Breaker | None
    quota: Quota | None
    who: str


def rows_of(accounts: Iterable[Account]) -> dict[int, Rows]:
    """Return {account id: rows} of these accounts, in a number of statements that does not grow with them."""
    wanted = list(accounts)
    connected = Connection.objects.filter(account__in=wanted)
    signed, told = (
        Token.objects.filter(account__in=wanted),
        Quota.objects.filter(account__in=wanted),
    )
    opened = Breaker.objects.filter(account__in=wanted, opens_until__isnull=False)
    at_once.fill(connected, signed, told, opened)
    connection, token = {row.pk: row for row in connected}, {row.pk: row for row in signed}
    quota, breaker = {row.pk: row for row in told}, {row.pk: row for row in opened}
    who = connections.who_connect(wanted)
    return {
        pk: Rows(
            passport=passport,
            connection=connection.get(pk),
            token=token.get(pk),
            breaker=breaker.get(pk),
            quota=quota.get(pk),
            who=who[pk],
        )
        for pk, passport in passports.of_all(wanted).items()
    }


@transaction.atomic
def override(
    *,
    by: rights.Actor,
    channel: str,
    account: Account | None = None,
    name: str,
    value: Any,
    reason: str,
    review_on: date | None,
    version: int | None = None,
) -> PassportValue:
    """Put a value in place of the channel's own, for all its accounts or for one; or change it.

    `version` is that of the row that was read, None for a new one. Raises NotAllowed; Invalid naming
    each field; WrongState when somebody was faster.
    """
    _require(account, by)
    if found := list(_problems(channel, name, value, reason)):
        raise Invalid(found)
    if review_on is None:
        raise Invalid([Problem("required", "Say when somebody looks at it again.", "review_on")])
    rows = PassportValue.objects.select_for_update()
    row = rows.filter(channel=channel, account=account, name=name).first()
    if row is None:
        row = PassportValue(channel=channel, account=account, name=name, version=0)
    elif version is not None and row.version != version:
        raise WrongState(
            "Somebody else changed this value since you read it. Read it again.",
            code="version_mismatch",
        )
    row.value, row.reason, row.review_on = value, reason.strip(), review_on
    row.version += 1
    row._history_user = by  # type: ignore[attr-defined]  # read by simple_history
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError as error:
        raise WrongState("Somebody saved this value meanwhile; try again.") from error
    log.info("passport_changed", channel=channel, account=account and account.pk, value=name)
    return row


@transaction.atomic
def restore(row: PassportValue, *, by: rights.Actor) -> None:
    """Let the channel's own value hold again; the versions of the row stay. Raises NotAllowed."""
    _require(row.account, by)
    row._history_user = by  # type: ignore[attr-defined]
    row.delete()


def standing(
    account: Account, at: datetime, load: Load = Load(), rows: Rows | None = None
) -> list[Finding]:
    """Return what speaks for or against sending through this account at an instant, worst first.

    `rows` are those of `rows_of`, when several accounts are asked about.
    """
    rows = rows or rows_of([account])[account.pk]
    path = reverse("publishing:account", args=[account.pk])
    found = (
        *_account(account),
        *_connection(account, rows),
        *_token(account, rows, at),
        *_sunset(account, rows.passport, at),
        *_breaker(account, rows, at),
        *_quota(account, rows, at, load),
        *_budget(account, rows.passport, at, load),
        *_alt_text(account, rows.passport, load),
    )
    findings = [Finding(*each, rows.who, path) for each in found]
    order = (NO_GO, WARNING, GO)
    return sorted(findings, key=lambda finding: order.index(finding.verdict))


def ends(passport: Passport, token: Token | None) -> dict[str, datetime | date]:
    """Return what ends, and when: "sunset" (a day) and "token" (an instant that is not renewed)."""
    found: dict[str, datetime | date] = {}
    if passport.sunset_on:
        found["sunset"] = passport.sunset_on
    if token and token.ends_at and not token.is_lasting:
        found["token"] = token.ends_at
    return found


def _problems(channel: str, name: str, value: Any, reason: str) -> Iterator[Problem]:
    if channel not in settings.CHANNELS:
        known = ", ".join(sorted(settings.CHANNELS))
        yield Problem("unknown_channel", f"There is no such channel. Known: {known}.", "channel")
    if problem := words.problem(name, value):
        yield problem
    if not reason.strip() or len(reason) > 300:
        text = "Say in at most 300 characters why it differs from what the place publishes."
        yield Problem("reason_missing", text, "reason")


def _require(account: Account | None, by: rights.Actor) -> None:
    if not rules.may(by, "change", account.format if account else "all"):
        raise NotAllowed(
            "You may not change this passport. " + rights.who_may("publishing.change_account")
        )


def _account(account: Account) -> Iterator[Found]:
    if not account.is_enabled:
        yield ("account", NO_GO, f"{account} is switched off.")


def _connection(account: Account, rows: Rows) -> Iterator[Found]:
    row = rows.connection
    if row and row.status in BAD:
        said = f"{account} is {row.get_status_display().lower()}. {row.said}"
        yield ("connection", BAD[Status(row.status)], said)


def _token(account: Account, rows: Rows, at: datetime) -> Iterator[Found]:
    row, passport = rows.token, rows.passport
    if row is None or settings.CREDENTIALS.get(account.credential):
        return
    ends_at = ends(passport, row).get("token")
    if isinstance(ends_at, datetime) and ends_at < at + OUTLIVES:
        said = f"The token of {account} ends {_shown(ends_at)}, before a day after the slot."
        yield ("token", NO_GO, said)
    missing = [scope for scope in passport.scopes if scope not in row.scopes] if row.scopes else []
    if missing:
        said = (
            f"{account} was not allowed {', '.join(missing)}. Connect it again with these scopes."
        )
        yield ("scopes", NO_GO, said)


def _sunset(account: Account, passport: Passport, at: datetime) -> Iterator[Found]:
    if passport.sunset_on is None:
        return
    days = (passport.sunset_on - _day(at)).days
    version = f"Version {passport.api_version} of {account.channel}"
    if days < 0:
        said = f"{version} ended on {passport.sunset_on:%-d %B %Y}. Nothing is published by it."
        yield ("sunset", NO_GO, said)
    elif days <= WARN_DAYS[0]:
        said = f"{version} ends on {passport.sunset_on:%-d %B %Y}, {_in_days(days)}."
        yield ("sunset", WARNING, said)


def _breaker(account: Account, rows: Rows, at: datetime) -> Iterator[Found]:
    if (row := rows.breaker) is not None:
        said = (
            f"{account.channel} failed {Breaker.OPENS_AFTER} times in a row; the breaker is open."
        )
        yield ("breaker", NO_GO if row.is_open(at) else WARNING, said)


def _quota(account: Account, rows: Rows, at: datetime, load: Load) -> Iterator[Found]:
    told = rows.quota
    is_known = told is not None and told.resets_at is not None and told.resets_at > at
    if told and is_known and told.left is not None and told.left < load.messages:
        said = f"{account.channel} says that {told.left} are left to {account}, {load.messages} go out."
        yield ("quota", NO_GO, said)
    day = rows.passport.per_day
    if day is not None and load.messages:
        begun = at - timedelta(hours=24)
        sent = Delivery.objects.filter(account=account, state=Delivery.State.CONFIRMED)
        used = sent.filter(confirmed_at__gte=begun, confirmed_at__lte=at).count()
        if used + load.messages > day:
            said = f"{account} has {day - used} of {day} a day left, {load.messages} go out."
            yield ("quota", NO_GO, said)


def _budget(account: Account, passport: Passport, at: datetime, load: Load) -> Iterator[Found]:
    if passport.monthly_budget is None or load.content is None:
        return
    issue = spending.of_content(load.content, load.images, account, passport)
    month = spending.month(account, passport, at)
    if issue + month > passport.monthly_budget:
        said = f"Above the budget of {account}: {costs.sentence(issue, month, passport)}."
        yield ("budget", NO_GO, said)


def _alt_text(account: Account, passport: Passport, load: Load) -> Iterator[Found]:
    if load.images and not passport.alt_text:
        said = f"{account.channel} carries no alt texts: {load.images} would be lost."
        yield ("alt_text", WARNING, said)


def _day(at: datetime) -> date:
    return at.astimezone(ZoneInfo(settings.DEFAULT_ZONE)).date()


def _shown(at: datetime) -> str:
    return f"{at.astimezone(ZoneInfo(settings.DEFAULT_ZONE)):%a %-d %b %H:%M} ({settings.DEFAULT_ZONE})"


def _in_days(days: int) -> str:
    return "today" if not days else "tomorrow" if days == 1 else f"in {days} days"
