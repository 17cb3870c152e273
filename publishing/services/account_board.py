"""What the desk and the API show of accounts: how each stands, what of its pace is used, what ends."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet

from halcytone.lib.audit.models import Entry
from publishing import passports
from publishing.channels import passport as words
from publishing.channels.base import NO_GO
from publishing.channels.passport import Passport
from publishing.models import Account, Breaker, PassportValue, Quota, Token
from publishing.services import costs, pace
from publishing.services.passports import Finding, Rows, rows_of, standing

SIGN_INS = ("account.connected", "account.disconnected")
UNKNOWN = "not_asked"  # an account that was never connected, checked or found wanting


@dataclass(frozen=True, slots=True)
class Line:
    """One account as a list shows it."""

    account: Account
    passport: Passport
    status: str
    said: str
    breaker: Breaker | None
    token: Token | None
    quota: Quota | None
    spent: Sequence[pace.Spent]
    month: Decimal
    findings: Sequence[Finding]

    @property
    def verdict(self) -> str:
        return self.findings[0].verdict if self.findings else "go"

    @property
    def stops(self) -> list[Finding]:
        return [finding for finding in self.findings if finding.verdict == NO_GO]


@dataclass(frozen=True, slots=True)
class Value:
    """One value of a passport: what the channel states, what holds, and the rows in between."""

    name: str
    default: Any
    value: Any
    row: PassportValue | None

    @property
    def words(self) -> str:
        """Return the name as people read it: "Limits: media bytes"."""
        return self.name.replace(".", ": ").replace("_", " ").capitalize()

    @property
    def level(self) -> str:
        """Return where the value that holds comes from: default, channel or account."""
        if self.row is None:
            return "default"
        return "account" if self.row.account_id else "channel"


def lines(accounts: Iterable[Account], now: datetime) -> list[Line]:
    """Return how these accounts stand, in their order."""
    wanted = list(accounts)
    kept = rows_of(wanted)
    known = {pk: rows.passport for pk, rows in kept.items()}
    spent, months = pace.spent_of_all(wanted, known, now), costs.months(wanted, known, now)
    return [
        _line(account, kept[account.pk], spent[account.pk], months[account.pk], now)
        for account in wanted
    ]


def _line(
    account: Account, rows: Rows, spent: Sequence[pace.Spent], month: Decimal, now: datetime
) -> Line:
    return Line(
        account=account,
        passport=rows.passport,
        status=rows.connection.status if rows.connection else UNKNOWN,
        said=rows.connection.said if rows.connection else "",
        breaker=rows.breaker,
        token=rows.token,
        quota=rows.quota,
        spent=spent,
        month=month,
        findings=standing(account, now, rows=rows),
    )


def sign_ins(account: Account) -> QuerySet[Entry]:
    """Return who connected and disconnected an account, and when, newest first."""
    rows = Entry.objects.filter(subject_type="account", subject_id=str(account.pk))
    return rows.filter(kind__in=SIGN_INS).order_by("-seq")


def values(account: Account) -> list[Value]:
    """Return the values of an account's passport by name, with the row that each comes from."""
    rows = {
        row.name: row
        for row in PassportValue.objects.filter(channel=account.channel).order_by("account")
        if row.account_id in (None, account.pk)
    }
    own = PassportValue.objects.filter(account=account)
    rows |= {row.name: row for row in own}
    default = passports.defaults(account.channel).values()
    holds = passports.of(account).values()
    return [
        Value(
            name,
            words.stored(default.get(name)),
            words.stored(holds[name]),
            rows.get(name),
        )
        for name in holds
    ]


def as_value(value: Any) -> str:
    """Return a value of a passport as people read it; "none" stands for no limit, end or budget."""
    if value is None:
        return "none"
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "–"
    return f"{value:,}" if isinstance(value, int) else str(value) or "–"
