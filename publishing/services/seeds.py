"""Test mails of a sealed newsletter to our own mailboxes, and whether they arrive.

Source: publishing specification §8, "test mailbox not received". A mail is a row before its first byte
leaves, with a key of its own, and is never repeated by machine; it stands in no book of its release.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

import structlog
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from halcytone.lib import canonical, outbound
from halcytone.lib.errors import RemoteError
from halcytone.lib.gathering import gathering
from publishing import keys
from publishing.acts import Act
from publishing.models import (
    Account,
    Delivery,
    InboundEvent,
    Rehearsal,
    Release,
    ReleasePart,
    SeedMail,
)
from publishing.services import (
    breakers,
    history,
    installation,
    pace,
    presses,
    refusals,
    sender,
)
from publishing.services.outcomes import Outcome
from segmentation import addresses
from segmentation.models import Contact
from segmentation.services import suppressions

log = structlog.get_logger(__name__)
State = SeedMail.State
OCCASIONS = (Rehearsal.Occasion.HOUR, Rehearsal.Occasion.LAST, Rehearsal.Occasion.REQUEST)
AHEAD = timedelta(hours=1, minutes=2)  # before the slot; the clock may look so much early
PATIENCE = timedelta(minutes=5)  # a mail that has not arrived after so long is not received
ARRIVED = frozenset(("delivered", "opened", "clicked"))
LOST = frozenset(("bounced", "soft_bounced", "rejected", "failed"))
#: Channels whose services tell what was delivered → the entry of HOOK_SECRETS that they sign with.
TELLING = {"esp": "email", "crm": "crm"}


def is_time(release: Release | None, occasion: str, now: datetime) -> bool:
    """Tell whether test mails belong to a rehearsal: from an hour before the first reader's mail on."""
    if release is None or occasion not in OCCASIONS:
        return False
    return now >= (release.begins_at or release.due_at) - AHEAD


def of(part: ReleasePart) -> QuerySet[SeedMail]:
    """Return the test mails of what this part says today, in order."""
    return part.seeds.filter(seal_sha256=part.seal.sha256, address__in=settings.TEST_MAILBOXES)


def can_be_seen(account: Account) -> bool:
    """Tell whether anything here can see a mail of this account arrive."""
    if settings.OUTBOUND == outbound.SANDBOX and account.channel == "smtp":
        return True
    return bool(settings.MAILBOX_URL or settings.HOOK_SECRETS.get(TELLING.get(account.channel, "")))


def why_not(part: ReleasePart, now: datetime) -> str:
    """Return why no test mail of this part may leave now; "" when it may."""
    if part.release.is_dry or part.release.draft.is_dry:
        return "It is a dry run."
    if not part.account.is_enabled:
        return f"{part.account} is switched off."
    if ReleasePart.objects.filter(presses.stopped(), pk=part.pk).exists():
        return "The presses are stopped."
    if not breakers.is_closed(part.account, now):
        return f"The place of {part.account} is not well."
    refusal = refusals.changed(part)
    return refusal.why if refusal else installation.why_not()


def send(part: ReleasePart, now: datetime, *, is_asked: bool = False) -> None:
    """Send a test mail to each own mailbox that was sent none of it, or whose last one surely failed.

    `is_asked` says that a person asks: then one that has not arrived in time is sent once more, as
    another mail. Call it without an open transaction.
    """
    wanted = [each for each in settings.TEST_MAILBOXES if _is_wanted(part, each, now, is_asked)]
    if not wanted or why_not(part, now):
        return
    allowed = pace.allowance(part.account, len(wanted), now)
    begun = _begin_all(part, wanted[:allowed], now)
    pace.give_back(part.account, allowed - len(begun), now)
    if begun:
        _hand_over(part, begun)


def told(row: InboundEvent, key: str) -> bool:
    """Note what the outside tells of a test mail; False when it is about none."""
    found = SeedMail.objects.filter(key=key) if key else SeedMail.objects.none()
    if not found and row.message_id:
        found = SeedMail.objects.filter(provider_id=row.message_id, address=row.recipient)
    if row.kind in ARRIVED:
        return bool(found.filter(arrived_at=None).update(arrived_at=row.at)) or found.exists()
    if row.kind in LOST:
        return bool(found.update(state=State.FAILED, error=f"It was {row.kind}: {row.code}"[:500]))
    return found.exists()


def saw(row: SeedMail) -> None:
    """Note that a test mail was seen in its mailbox."""
    SeedMail.objects.filter(pk=row.pk, arrived_at=None).update(arrived_at=timezone.now())


def waiting(part: ReleasePart) -> QuerySet[SeedMail]:
    """Return those of a part that have left, or may have, and were seen nowhere yet."""
    return of(part).filter(~Q(state=State.FAILED), arrived_at=None)


def _is_wanted(part: ReleasePart, address: str, now: datetime, is_asked: bool) -> bool:
    rows = list(of(part).filter(address=address))
    if any(row.arrived_at for row in rows):
        return False
    if not rows or rows[-1].state == State.FAILED:
        return not _may_not_be_written_to(address)
    return is_asked and now - rows[-1].handed_over_at >= PATIENCE


def _may_not_be_written_to(address: str) -> bool:
    """A mailbox that bounced, complained or left is left alone as any reader is."""
    return suppressions.of(Contact(email=address, email_key=addresses.key(address))).exists()


@transaction.atomic
@gathering()
def _begin_all(part: ReleasePart, wanted: Sequence[str], now: datetime) -> list[SeedMail]:
    begun = [row for each in wanted if (row := _begin(part, each, now))]
    if begun:
        history.note(part.release, "test mail", None, f"Own mailboxes: {len(begun)}")
    return begun


def _begin(part: ReleasePart, address: str, now: datetime) -> SeedMail | None:
    """Mark a test mail as handed over; None when another process has just done so."""
    number = part.seeds.filter(seal_sha256=part.seal.sha256, address=address).count() + 1
    key = keys.key(
        release=part.release_id,
        account=part.account.key,
        target=f"seed:{canonical.sha256(addresses.key(address))}",
        part=number,
        seal=part.seal.sha256,
    )
    row, is_new = SeedMail.objects.get_or_create(
        key=key,
        defaults={
            "part": part,
            "account": part.account,
            "address": address,
            "seal_sha256": part.seal.sha256,
            "handed_over_at": now,
        },
    )
    return row if is_new else None


def _hand_over(part: ReleasePart, rows: Sequence[SeedMail]) -> None:
    """Hand marked rows over, and write down what came of each. What breaks leaves them as they are."""
    people = {
        each.email_key: each
        for each in Contact.objects.filter(email_key__in=[addresses.key(r.address) for r in rows])
    }
    acts = [_act(row, people.get(addresses.key(row.address))) for row in rows]
    try:
        done = sender.try_out(part, acts)
    except (RemoteError, ImproperlyConfigured) as error:  # no channel: nothing has left
        said = str(error)[:500]
        SeedMail.objects.filter(pk__in=[row.pk for row in rows]).update(
            state=State.FAILED, error=said
        )
        return
    for outcome in done:
        _record(outcome)


def _act(row: SeedMail, contact: Contact | None) -> Act:
    """Return the row as the ledger's acts are. A mailbox that is on no list has links to nobody."""
    return Act(
        pk=row.pk,
        release_id=row.part.release_id,
        part_of_id=row.part_id,
        target="seed",
        part=1,
        merge={"name": contact.name if contact else ""},
        attempts=1,
        handed_over_at=row.handed_over_at,
        key=row.key,
        contact_id=contact.pk if contact else 0,
        email=row.address,
        before=None,
    )


def _record(outcome: Outcome) -> None:
    states = {
        Delivery.State.CONFIRMED.value: State.CONFIRMED,
        Delivery.State.UNCERTAIN.value: State.UNCERTAIN,
    }
    state = states.get(str(outcome.state), State.FAILED)
    SeedMail.objects.filter(pk=outcome.id, state=State.HANDED_OVER).update(
        state=state, provider_id=outcome.provider_id, error=outcome.error
    )
    log.info("test_mail_sent", seed=outcome.id, state=state, code=outcome.error_code)
