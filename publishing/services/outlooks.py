"""What is seen of a draft before it is approved: the price of each format, when its last message leaves,
and what stands against its accounts."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone

from content.models import Draft, Rendition
from publishing import accounts, passports, slots
from publishing.channels.base import GO, NO_GO, WARNING
from publishing.channels.passport import Passport
from publishing.forecasts import predicted_finish
from publishing.models import Account
from publishing.services import canary, costs
from publishing.services.passports import Finding, Load, standing
from segmentation import audience

#: Until when what goes out at a slot is on its way (publishing specification §2).
WINDOWS = {"newsletter": timedelta(minutes=5)}
WINDOW = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Outlook:
    """One format of a draft on its account. `finish` is None when it has no slot, or never ends."""

    format: str
    account: Account
    messages: int
    cost: costs.Cost | None
    finish: datetime | None
    is_late: bool
    findings: Sequence[Finding]

    @property
    def verdict(self) -> str:
        """Return the worst of what was found; a finish outside its window is a warning."""
        found = {finding.verdict for finding in self.findings}
        if NO_GO in found:
            return NO_GO
        return WARNING if WARNING in found or self.is_late else GO


def of(draft: Draft) -> list[Outlook]:
    """Return the outlook of each format that has an account, in the order of the draft's formats."""
    now = timezone.now()
    renditions = {each.format: each for each in draft.renditions.all()}
    there = [renditions[format] for format in draft.formats if format in renditions]
    found = accounts.find_all([(each.format, each.account) for each in there])
    known = passports.of_all([account for account in found if account])
    return [
        _of(draft, rendition, account, known[account.pk], now)
        for rendition, account in zip(there, found, strict=True)
        if account is not None
    ]


def _of(
    draft: Draft, rendition: Rendition, account: Account, passport: Passport, now: datetime
) -> Outlook:
    channel, content = accounts.plan_of(account), json.loads(rendition.body)
    messages = _audience(draft) if channel.takes_recipients else len(channel.parts(content))
    slot = slots.instant(draft.slot_wall, draft.zone) if draft.slot_wall else None
    at = max(slot, now) if slot else now
    waits = (canary.wait(draft, messages),) if channel.takes_recipients else ()
    finish = predicted_finish(messages, passport, at, waits) if slot else None
    images = costs.described(rendition.media)
    load = Load(0 if channel.takes_recipients else messages, images, content)
    window = WINDOWS.get(rendition.format, WINDOW)
    return Outlook(
        format=rendition.format,
        account=account,
        messages=messages,
        cost=costs.of_rendition(rendition, account, passport, now),
        finish=finish,
        is_late=slot is not None and (finish is None or finish > at + window),
        findings=standing(account, at, load),
    )


def _audience(draft: Draft) -> int:
    return audience.candidates(draft.segment).count() if draft.segment else 0
