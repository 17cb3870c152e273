"""Whether this machine may send from this database. A restored copy may not, until it is claimed."""

import contextlib
import os
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import structlog
from django.conf import settings
from django.db import connection, transaction
from django.db.models import Exists, F, QuerySet
from django.utils import timezone

from halcytone.lib import canonical, rights
from halcytone.lib.audit import chain
from halcytone.lib.gathering import gathering
from publishing.models import Delivery, Installation, Release
from publishing.services import history

log = structlog.get_logger(__name__)

ONLY_ROW = 1
MACHINE_ID = Path("/etc/machine-id")
CLAIMED_NOTE = "This database was claimed by another machine. Look whether it is out already."


@dataclass(frozen=True, slots=True)
class Overdue:
    """What a person should look at before this machine sends: rows to open, oldest first."""

    planned: Sequence[Release]
    under_way: Sequence[Release]
    unsettled: int  # deliveries handed over or uncertain


def fingerprint() -> str:
    """Return 64 hex digits that another machine, home or database does not have.

    Machines that work on one database together share `INSTALLATION_ID`.
    """
    shared = getattr(settings, "INSTALLATION_ID", "")
    host = [shared] if shared else [_home_id(), _machine_id(), str(settings.HALCYTONE_HOME)]
    return canonical.digest([*host, str(connection.settings_dict["NAME"])])


def holds_lease() -> bool:
    """Tell whether this machine holds the installation."""
    return _holder() == fingerprint()


def claim_if_new(known: Iterable[str] | None = None) -> None:
    """Claim a database that has never planned a release; any other may be a copy.

    `known` is the row of `holder`, for who has read it.
    """
    _holder(known)


def holder() -> QuerySet[Any]:
    """Return the fingerprint of the machine that holds the installation: a row, or none. No query yet."""
    return Installation.objects.filter(pk=ONLY_ROW).values_list("fingerprint", flat=True)


def is_held(fingerprint: str) -> Exists:
    """Return, as a condition within another query, whether this fingerprint holds the installation."""
    return Exists(Installation.objects.filter(pk=ONLY_ROW, fingerprint=fingerprint))


def may_send() -> bool:
    """Tell whether anything may leave at all: outbound is on, and the installation is ours."""
    return settings.OUTBOUND != "off" and holds_lease()


def why_not() -> str:
    """Return a sentence that says why nothing may leave; "" when it may."""
    if settings.OUTBOUND == "off":
        return "Outbound is off: nothing leaves this installation."
    if not holds_lease():
        who = rights.who_may("publishing.claim_installation")
        return f"Another machine holds this installation: nothing leaves from here. {who}"
    return ""


def lease() -> Installation | None:
    """Return the row that says who may send; None while nobody has claimed this database."""
    return Installation.objects.select_related("claimed_by").filter(pk=ONLY_ROW).first()


@transaction.atomic
@gathering()
def claim(by: rights.Actor) -> Installation:
    """Make this machine the one that sends. What was due or under way waits for a person.

    The epoch rises; the machine that held the installation sends nothing from its next claim on.
    """
    rights.require(by, "publishing.claim_installation", act="claim this installation")
    mine, now = fingerprint(), timezone.now()
    row, is_new = Installation.objects.select_for_update().get_or_create(
        pk=ONLY_ROW, defaults={"fingerprint": mine, "claimed_by": by}
    )
    if not is_new:
        Installation.objects.filter(pk=ONLY_ROW).update(
            fingerprint=mine, epoch=F("epoch") + 1, claimed_by=by, claimed_at=now
        )
        row.refresh_from_db()
        _put_aside(by, now)
    label = f"Epoch {row.epoch}"
    chain.record("installation.claimed", row, by=by, label=label, epoch=row.epoch)
    log.info("installation_claimed", epoch=row.epoch, by=by.pk)
    return row


def overdue() -> Overdue:
    """Return what should have left, and what was on its way, for the page that asks for a claim."""
    open_states = [Delivery.State.HANDED_OVER, Delivery.State.UNCERTAIN]
    return Overdue(
        planned=list(Release.objects.overdue(timezone.now()).order_by("due_at")),
        under_way=list(Release.objects.releasing().order_by("due_at")),
        unsettled=Delivery.objects.filter(state__in=open_states).count(),
    )


def _put_aside(by: rights.Actor, now: datetime) -> None:
    """Hold what was under way and ask about what was due: both may be out from the other machine."""
    aside = [
        *(
            (release, Release.Status.LATE)
            for release in Release.objects.planned().filter(due_at__lte=now)
        ),
        *((release, Release.Status.HELD) for release in Release.objects.releasing()),
    ]
    for release, status in aside:
        release.move(status, note=CLAIMED_NOTE)
        history.note(release, status, by, CLAIMED_NOTE)


def _holder(known: Iterable[str] | None = None) -> str:
    """Return the fingerprint of the machine that holds the installation; "" when none may."""
    found = next(iter(holder() if known is None else known), None)
    if found is None and not Release.objects.exists():
        row, _ = Installation.objects.get_or_create(
            pk=ONLY_ROW, defaults={"fingerprint": fingerprint()}
        )
        found = row.fingerprint
    return found or ""


def _home_id() -> str:
    """Return the id of HALCYTONE_HOME; made once, whole, by the first process that asks."""
    path = settings.HALCYTONE_HOME / "installation_id"
    if not path.exists():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        mine = path.with_name(f".installation_id.{secrets.token_hex(8)}")
        mine.write_text(secrets.token_hex(16), encoding="ascii")
        with contextlib.suppress(FileExistsError):
            os.link(mine, path)
        mine.unlink()
    return path.read_text(encoding="ascii")


def _machine_id() -> str:
    """Return the machine's own id; "" where the system keeps none."""
    try:
        return MACHINE_ID.read_text(encoding="ascii").strip()
    except OSError:
        return ""
