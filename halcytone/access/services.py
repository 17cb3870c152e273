"""API keys: made, known again, revoked. A key acts as its owner, with her rights of this moment."""

import hashlib
import hmac
import secrets
from datetime import timedelta
from typing import Any

import structlog
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from halcytone.access.models import ApiKey, User
from halcytone.lib import rights
from halcytone.lib.errors import Invalid, NotAllowed, Problem

log = structlog.get_logger(__name__)
MARK = "hk_"
MOST_DAYS, USUAL_DAYS = 365, 90
MOST_KEYS = 25  # live ones of one person
USED_EVERY = timedelta(minutes=1)  # how exact `last_used_at` is
WITH_RIGHTS = ApiKey.objects.with_rights().order_by()  # made once: it is asked at every request
NO_SECRET = hashlib.sha256(b"").hexdigest()


@transaction.atomic
def create_key(owner: User, *, by: Any, name: str, days: int = USUAL_DAYS) -> tuple[ApiKey, str]:
    """Make a key for a person; return its row and the key itself, which is never shown again.

    Everybody makes own keys only; the machine (None) makes any. Raises Invalid, NotAllowed.
    """
    if by is not None and by.pk != owner.pk:
        raise NotAllowed("You may make keys for yourself only. Ask its owner to make it.")
    _check(owner, name, days)
    prefix = MARK + secrets.token_hex(4)
    secret = secrets.token_urlsafe(32)
    now = timezone.now()
    row = ApiKey.objects.create(
        owner=owner,
        name=name.strip(),
        prefix=prefix,
        secret_sha256=_digest(secret),
        created_at=now,
        expires_at=now + timedelta(days=days),
    )
    if by is not None:  # the command line prints the key, and nothing beside it
        log.info("api_key_created", key=row.pk, owner=owner.pk)
    return row, f"{prefix}.{secret}"


def visible_to(person: Any) -> QuerySet[ApiKey]:
    """Return the keys this person may see: her own, all with the right to see keys."""
    every = ApiKey.objects.select_related("owner")
    return every if rights.may(person, "access.view_apikey") else every.filter(owner=person)


@transaction.atomic
def revoke(key: ApiKey, *, by: Any) -> None:
    """Make a key worthless from the next request on. Idempotent."""
    if by is not None and key.owner_id != by.pk:
        rights.require(by, "access.delete_apikey", act="revoke the keys of others")
    ApiKey.objects.filter(pk=key.pk, revoked_at__isnull=True).update(revoked_at=timezone.now())
    log.info("api_key_revoked", key=key.pk)


def owner_of(key: str) -> ApiKey | None:
    """Return the row of a key that counts now, with its owner and her rights; None for any other text.

    An unknown prefix takes as long as a wrong secret. The owner must be active.
    """
    prefix, _, secret = key.partition(".")
    row: Any = next(iter(WITH_RIGHTS.filter(prefix=prefix)), None)
    is_right = hmac.compare_digest(row.secret_sha256 if row else NO_SECRET, _digest(secret))
    now = timezone.now()
    if row is None or not is_right or row.revoked_at or row.expires_at <= now:
        return None
    if not row.owner.is_active:
        return None
    row.owner.held_ids = [*row.held_by_groups, *row.held_directly]
    row.owner.held_groups = row.groups_of_owner
    _note_use(row)
    known: ApiKey = row
    return known


def _note_use(row: ApiKey) -> None:
    now = timezone.now()
    stale = Q(last_used_at__isnull=True) | Q(last_used_at__lt=now - USED_EVERY)
    if row.last_used_at is None or row.last_used_at < now - USED_EVERY:
        ApiKey.objects.filter(stale, pk=row.pk).update(last_used_at=now)


def _check(owner: User, name: str, days: int) -> None:
    problems = []
    if not 1 <= len(name.strip()) <= 100:
        problems.append(Problem("invalid_field", "Name it in 1 to 100 characters.", attr="name"))
    if not 1 <= days <= MOST_DAYS:
        message = f"A key lives 1 to {MOST_DAYS} days."
        problems.append(Problem("invalid_field", message, attr="days"))
    live = owner.api_keys.filter(revoked_at__isnull=True, expires_at__gt=timezone.now()).count()
    if live >= MOST_KEYS:
        message = f"You have {MOST_KEYS} keys. Revoke one that is no longer used."
        problems.append(Problem("too_many", message))
    if not owner.is_active:
        problems.append(Problem("inactive", "This person is not active."))
    if problems:
        raise Invalid(problems)


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
