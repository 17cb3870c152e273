"""Will each account still be let in at the slot, and may it send as much?"""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta

from django.core.exceptions import ImproperlyConfigured
from django.urls import reverse

from halcytone.lib import rights
from halcytone.lib.errors import RemoteError
from publishing import accounts
from publishing.channels.base import Check
from publishing.models import Account
from publishing.readiness.base import GO, NO_GO, WARNING, Area, Finding, Leg, Subject
from publishing.services import passports, sender
from publishing.services.passports import Load
from segmentation import audience

AFTER_SLOT = timedelta(hours=24)  # a token must outlive the slot by so much
ELSEWHERE = ("account", "breaker")  # said by others of the board


class Accounts(Area):
    name = "accounts"
    title = "Accounts"

    def findings(self, subject: Subject) -> Iterator[Finding]:
        at = subject.at or subject.now
        seen: set[int] = set()
        for leg in subject.legs:
            if leg.account is None:
                path = reverse("publishing:accounts")
                who = rights.who_may("publishing.add_account")
                yield Finding(
                    "account",
                    WARNING,
                    "No account publishes it: it is left out.",
                    leg.format,
                    who,
                    path,
                )
            elif leg.account.pk not in seen:
                seen.add(leg.account.pk)
                yield from self._of(leg, leg.account, at, is_dry=subject.draft.is_dry)

    def _of(self, leg: Leg, account: Account, at: datetime, *, is_dry: bool) -> Iterator[Finding]:
        who = _who(account)
        path = reverse("publishing:accounts")
        if not account.is_enabled:
            said = f"{account} is switched off."
            yield Finding("account", NO_GO, said, account.key, who, path)
            return
        yield from self._standing(leg, account, at)
        if is_dry:  # a dry run asks nobody anything
            yield Finding("sign_in", GO, f"{account} is not asked: a dry run.", account.key)
        else:
            yield from self._asked(account, at, who, path)

    def _standing(self, leg: Leg, account: Account, at: datetime) -> Iterator[Finding]:
        """Say what the passport, the token and the quota of an account speak for or against."""
        load = Load(
            messages=_messages(leg, account),
            images=len(leg.rendition.media),
            content=json.loads(leg.rendition.body),
        )
        for one in passports.standing(account, at, load):
            if one.name not in ELSEWHERE:
                yield Finding(one.name, one.verdict, one.said, account.key, one.who, one.path)

    def _asked(self, account: Account, at: datetime, who: str, path: str) -> Iterator[Finding]:
        try:
            found = sender.ask(account, at)
        except (RemoteError, ImproperlyConfigured) as error:
            yield Finding("sign_in", NO_GO, f"{account}: {error}", account.key, who, path)
            return
        for check in found:
            verdict, said = _judged(check, at)
            yield Finding(check.name, verdict, f"{account}: {said}", account.key, who, path)
        if not found:
            yield Finding(
                "sign_in", GO, f"{account} is switched on; its place cannot be asked.", account.key
            )


def _judged(check: Check, at: datetime) -> tuple[str, str]:
    ends_at = check.ends_at
    if ends_at is not None and ends_at < at + AFTER_SLOT:
        said = f"its token ends {ends_at:%d %B %H:%M} UTC, before a day after the slot; connect it again."
        return NO_GO, said
    return check.verdict, check.said


def _who(account: Account) -> str:
    contact = f"{account}: " if account.name else ""
    return f"{contact}{rights.who_may('publishing.change_account')}"


def _messages(leg: Leg, account: Account) -> int:
    """Return how many messages a format makes: its readers, or the pieces of its post."""
    channel = accounts.plan_of(account)
    segment = leg.rendition.draft.segment
    if channel.takes_recipients:
        return audience.count(segment) if segment else 0
    return len(channel.parts(json.loads(leg.rendition.body)))
