"""The delivery ledger: claims, the mark before the first byte, what came of it, and lost leases.

Every function is one short transaction of set-based statements. None talks to the outside.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType

import structlog
from django.conf import settings
from django.db import connection, transaction
from django.db.models import Exists, OuterRef, QuerySet, Value
from django.db.models.expressions import Combinable
from django.utils import timezone

from publishing import acts
from publishing.acts import Act
from publishing.models import Account, Delivery, Event, Release, ReleasePart
from publishing.services import breakers, installation, marking, outcomes, pace, queue, refusals
from publishing.services.outcomes import Outcome
from segmentation import audience

log = structlog.get_logger(__name__)
State = Delivery.State

_OTHERS = """
SELECT 1 FROM publishing_release
WHERE draft_id = %s AND id <> %s AND prepared_at IS NOT NULL LIMIT 1
"""


@dataclass(frozen=True, slots=True)
class Claim:
    """What one worker took at once: rows of one account, and their parts as they were checked."""

    account: Account
    at: datetime
    rows: Sequence[Act]
    parts: Mapping[int, ReleasePart]
    release_ids: frozenset[int]  # also those of which nothing may go out now


def due_accounts(now: datetime) -> list[Account]:
    """Return the accounts with something to do now; none when nothing may leave this machine."""
    return queue.due_accounts(now) if installation.may_send() else []


@transaction.atomic
def claim(
    worker: str, account: Account, *, most: int | None = None, now: datetime | None = None
) -> Claim | None:
    """Take at most `most` due rows (None = CLAIM_BATCH) of an account for LEASE_S seconds.

    None: nothing may go now.

    Checked in this transaction: installation, stops, release, seal, suppression and consent, and that
    breaker and pace allow so many. Rows of a refused part stay planned; people who may not be written
    to become excluded with the reason. `rows` can be empty while more is due.
    """
    now = now or timezone.now()
    if not installation.may_send():
        return None
    allowed = breakers.allowance(worker, account, most or settings.CLAIM_BATCH, now)
    allowed = pace.allowance(account, allowed, now)
    claimed = _claim(worker, account, allowed, now) if allowed else None
    unused = allowed - len(claimed.rows if claimed else ())
    pace.give_back(account, unused, now)
    if claimed is None or not claimed.rows:
        breakers.put_back(worker, account)
    return claimed


def _claim(worker: str, account: Account, most: int, now: datetime) -> Claim | None:
    due = _take(account, most, now)
    if not due:
        return None
    parts = _sealed_parts({row.part_of_id for row in due})
    rows = [row for row in due if row.part_of_id in parts]
    out = _not_again(rows, parts) | _not_to_write(rows, parts)
    exclude(out, now)
    rows = [row for row in rows if row.pk not in out]
    marking.claim(worker, [row.pk for row in rows], now)
    return Claim(account, now, rows, parts, frozenset(row.release_id for row in due))


def _take(account: Account, most: int, now: datetime) -> list[Act]:
    """Lock due rows that no other worker has locked (SQLite: the transaction is the lock)."""
    due = queue.due(account, now).order_by("due_at", "pk")
    return acts.read(due.select_for_update(skip_locked=True, of=("self",))[:most])


def _sealed_parts(ids: Collection[int]) -> dict[int, ReleasePart]:
    """Return the parts that are still what was approved; the others are refused on the way."""
    parts = ReleasePart.objects.select_related("seal", "release__draft__segment")
    found = {part.pk: part for part in parts.filter(pk__in=ids)}
    for pk, why in refusals.refusals(found.values()).items():
        refusals.refuse(found.pop(pk), why)
    return found


def _not_to_write(rows: Sequence[Act], parts: Mapping[int, ReleasePart]) -> dict[int, str]:
    """Return {row: reason} of those that may not go out to these people."""
    out: dict[int, str] = {}
    for part_id, by_contact in _by_contact(rows).items():
        reasons = exclusions(parts[part_id], by_contact)
        out |= {by_contact[contact].pk: reason for contact, reason in reasons.items()}
    for row in rows:
        if row.contact_id is None and row.target.startswith("contact:"):
            out[row.pk] = Delivery.Reason.ERASED
    return out


def _not_again(rows: Sequence[Act], parts: Mapping[int, ReleasePart]) -> dict[int, str]:
    """Return {row: reason} of those that another release of their draft has done, or may have."""
    out: dict[int, str] = {}
    for part_id, by_contact in _by_contact(rows).items():
        reasons = past_recipients(parts[part_id], by_contact)
        out |= {by_contact[contact].pk: reason for contact, reason in reasons.items()}
    posts = [row for row in rows if not row.target.startswith("contact:")]
    is_out = _out_before({row.part_of_id for row in posts}, parts)
    for row in posts:
        if row.part_of_id in is_out:
            out |= dict.fromkeys([row.pk, *_followers(row)], Delivery.Reason.PAST_RECIPIENT)
    return out


def _by_contact(rows: Sequence[Act]) -> dict[int, dict[int, Act]]:
    """Return {part: {contact: row}} of the rows that go to people."""
    found: dict[int, dict[int, Act]] = defaultdict(dict)
    for row in rows:
        if row.contact_id:
            found[row.part_of_id][row.contact_id] = row
    return found


def _followers(post: Act) -> list[int]:
    rows = Delivery.objects.filter(part_of=post.part_of_id, part__gt=post.part)
    return list(rows.values_list("pk", flat=True))


def out_elsewhere(part: ReleasePart) -> QuerySet[Delivery]:
    """Return what is out, or may be, of the same draft and format by another release."""
    out = [State.CONFIRMED, State.UNCERTAIN, State.HANDED_OVER, State.PREPARED]
    others = Delivery.objects.exclude(release=part.release_id).filter(state__in=out)
    return others.filter(release__draft=part.release.draft_id, part_of__format=part.format)


def past_recipients(part: ReleasePart, contact_ids: Iterable[int]) -> dict[int, str]:
    """Return {contact: reason} of those who have this draft, or may have it, by another release."""
    if not _has_other_releases(part):
        return {}
    before = out_elsewhere(part).filter(contact__in=list(contact_ids))
    found = before.values_list("contact_id", flat=True)
    return {contact: Delivery.Reason.PAST_RECIPIENT for contact in found if contact}


def is_past_recipient(part: ReleasePart) -> Combinable:
    """Return the same as a condition on contacts, for all of them at once."""
    if not _has_other_releases(part):
        return Value(False)
    return Exists(out_elsewhere(part).filter(contact=OuterRef("pk")))


def _out_before(ids: Collection[int], parts: Mapping[int, ReleasePart]) -> set[int]:
    """Return those of these parts that are out, or may be, by another release of their draft."""
    if not ids:
        return set()
    found = [parts[pk] for pk in ids]
    others = Release.objects.filter(prepared_at__isnull=False)
    drafts = {part.release.draft_id for part in found}
    known = set(others.filter(draft__in=drafts).values_list("draft", "pk"))
    counts = Counter(draft for draft, _ in known)
    return {
        part.pk
        for part in found
        if counts[part.release.draft_id] > ((part.release.draft_id, part.release_id) in known)
        and out_elsewhere(part).exists()
    }


def _has_other_releases(part: ReleasePart) -> bool:
    with connection.cursor() as cursor:  # asked for every batch
        cursor.execute(_OTHERS, [part.release.draft_id, part.release_id])
        return cursor.fetchone() is not None


def exclusions(part: ReleasePart, contact_ids: Iterable[int]) -> dict[int, str]:
    """Return {contact: reason} of those who may not be written to, asked in one go."""
    segment = part.release.draft.segment
    if segment is None:
        return dict.fromkeys(contact_ids, Delivery.Reason.NO_CONSENT)
    reasons = audience.exclusion_reasons(
        list(contact_ids), channel=segment.channel, purpose=segment.purpose, list=segment.list
    )
    return {contact: reason for contact, reason in reasons.items() if reason}


def exclude(reasons: Mapping[int, str], now: datetime, **held: str) -> None:
    """Move planned rows to excluded: one UPDATE for each reason. `reasons` is {row: reason}.

    `held` says whose claimed rows they are instead: `state` and `worker`.
    """
    by_reason: dict[str, list[int]] = defaultdict(list)
    for row, reason in reasons.items():
        by_reason[reason].append(row)
    for reason, ids in by_reason.items():
        Delivery.objects.filter(pk__in=ids, **{"state": State.PLANNED, **held}).update(
            state=State.EXCLUDED, reason=reason, lease_until=None, changed_at=now
        )


def advance(
    worker: str,
    done: Sequence[Outcome],
    following: Sequence[Act] = (),
    parts: Mapping[int, ReleasePart] = MappingProxyType({}),
) -> list[Act]:
    """Record what came of the last messages and mark the next as handed over, in one commit.

    Returns those of `following` that this worker may send now: still its own, nothing has been
    stopped since the claim, and nobody has said no since. People who did become excluded, the
    others are put back. Call it before the first byte leaves. `parts` are those of the claim.
    """
    with transaction.atomic():
        outcomes.record(worker, done)
        return _hand_over(worker, following, parts) if following else []


def _hand_over(worker: str, rows: Sequence[Act], parts: Mapping[int, ReleasePart]) -> list[Act]:
    now = timezone.now()
    out = _not_to_write(rows, parts)
    exclude(out, now, state=State.CLAIMED, worker=worker)
    rows = [row for row in rows if row.pk not in out]
    ids = [row.pk for row in rows]
    taken = set(ids)
    if ids and marking.mark(worker, ids, now) < len(ids):
        taken = _marked_beside(worker, rows, parts, now)
    for row in rows:
        row.attempts, row.handed_over_at = row.attempts + 1, now
    return [row for row in rows if row.pk in taken]


def _marked_beside(
    worker: str, rows: Sequence[Act], parts: Mapping[int, ReleasePart], now: datetime
) -> set[int]:
    """Mark also what other releases of its draft have not done, and put back what cannot be marked.

    Returns the ids of all rows that are marked.
    """
    marked = _marked(worker, rows)
    left = [row for row in rows if row.pk not in marked]
    out = _not_again(left, parts)
    exclude(out, now, state=State.CLAIMED, worker=worker)
    ids = [row.pk for row in left if row.pk not in out]
    if ids and marking.mark(worker, ids, now, is_alone=False) < len(ids):
        put_back(worker, ids)
    return _marked(worker, rows)


def _marked(worker: str, rows: Sequence[Act]) -> set[int]:
    ids = [row.pk for row in rows]
    handed = Delivery.objects.filter(pk__in=ids, state=State.HANDED_OVER, worker=worker)
    return set(handed.values_list("pk", flat=True))


def put_back(worker: str, ids: Sequence[int], *, due_at: datetime | None = None) -> None:
    """Return claimed rows that were not handed over; `due_at` None means as before."""
    later = {"due_at": due_at} if due_at else {}
    Delivery.objects.filter(pk__in=ids, state=State.CLAIMED, worker=worker).update(
        state=State.PLANNED, worker="", lease_until=None, changed_at=timezone.now(), **later
    )


@transaction.atomic
def free_claims(now: datetime) -> int:
    """Return claimed rows whose lease is over: nothing of them had left. Returns how many."""
    freed = Delivery.objects.lapsed(now).filter(state=State.CLAIMED)
    count = freed.update(state=State.PLANNED, worker="", lease_until=None, changed_at=now)
    withdrawn = Delivery.objects.filter(
        release__status=Release.Status.CANCELLED, state=State.PLANNED
    )
    withdrawn.update(state=State.EXCLUDED, reason=Delivery.Reason.WITHDRAWN, changed_at=now)
    return count


@transaction.atomic
def take_over_lost(worker: str, account: Account, now: datetime) -> list[Act]:
    """Take the handed-over rows of an account whose lease is over, to ask the outside about them."""
    lost = Delivery.objects.lapsed(now).filter(state=State.HANDED_OVER, account=account)
    locked = lost.order_by("pk").select_for_update(skip_locked=True, of=("self",))
    rows = acts.read(locked[: settings.HAND_OVER_BATCH])
    lease = now + timedelta(seconds=settings.LEASE_S)
    ids = [row.pk for row in rows]
    Delivery.objects.filter(pk__in=ids).update(worker=worker, lease_until=lease, changed_at=now)
    _note_lost(ids, now)
    return rows


@transaction.atomic
def give_up_lost(account: Account, now: datetime) -> int:
    """Mark as uncertain what was handed over and lost, where nobody can be asked. Returns how many.

    The worker's name stays on the row: its late receipt still counts.
    """
    lost = Delivery.objects.lapsed(now).filter(state=State.HANDED_OVER, account=account)
    ids = list(lost.select_for_update(skip_locked=True).values_list("pk", flat=True))
    Delivery.objects.filter(pk__in=ids).update(
        state=State.UNCERTAIN,
        error_code="lease_lost",
        error="The worker ended before it could say whether this left.",
        changed_at=now,
    )
    _note_lost(ids, now)
    for pk in ids:
        log.warning("delivery_uncertain", delivery=pk, code="lease_lost")
    return len(ids)


def lost_accounts(now: datetime) -> list[Account]:
    """Return the accounts with handed-over rows whose lease is over."""
    lost = Delivery.objects.lapsed(now).filter(state=State.HANDED_OVER).order_by()
    return list(Account.objects.filter(pk__in=lost.values("account")).order_by("pk"))


def _note_lost(ids: Sequence[int], now: datetime) -> None:
    events = [Event(delivery_id=pk, kind="lease_lost", at=now) for pk in ids]
    Event.objects.bulk_create(events, batch_size=500)
