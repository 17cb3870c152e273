"""The stop of the presses: anybody with the right stops, two different people start again."""

import structlog
from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from halcytone.lib import rights
from halcytone.lib.errors import Invalid, NotAllowed, WrongState
from publishing.models import Account, Release, Stop
from publishing.services import history
from publishing.signals import deliveries_due

log = structlog.get_logger(__name__)


@transaction.atomic
def stop(
    *,
    by: rights.Actor,
    reason: str,
    channel: str = "",
    account: Account | None = None,
    release: Release | None = None,
) -> Stop:
    """Stop everything, or one channel, account or release. Holds from the next claim on.

    `by` None is the machine, when an account turns out to be unusable. Raises Invalid without a
    reason or with two scopes, NotAllowed.
    """
    if by is not None:
        rights.require(by, "publishing.stop_presses", act="stop the presses")
    given = {"channel": channel, "account": account, "release": release}
    named = [scope for scope, value in given.items() if value]
    if len(named) > 1:
        raise Invalid("Stop one thing at a time: everything, a channel, an account or a release.")
    if not reason.strip():
        raise Invalid("Say why the presses stop; people will ask.", code="reason_missing")
    scope = named[0] if named else Stop.Scope.EVERYTHING
    row = Stop.objects.create(scope=scope, reason=reason[:300], stopped_by=by, **given)
    history.stopped(row, "made", by)
    log.warning("presses_stopped", stop=row.pk, scope=scope, by=by and by.pk)
    return row


def stop_account(account: Account, *, reason: str) -> None:
    """Stop an account that the machine found unusable, unless it is stopped already."""
    if not Stop.objects.filter(account=account, lifted_at__isnull=True).exists():
        stop(by=None, reason=reason, account=account)


@transaction.atomic
def connected(account: Account, *, by: rights.Actor) -> None:
    """Lift the stops that the machine made of an account: whoever connects it anew answers them.

    One that a person made stays, and two people lift it.
    """
    made = Stop.objects.filter(account=account, stopped_by=None, lifted_at=None)
    for row in made.select_for_update():
        row.lifted_at = timezone.now()
        row.save(update_fields=["lifted_at"])
        history.stopped(row, "lifted", by)
        log.warning("stop_lifted", stop=row.pk, by=by and by.pk)
        transaction.on_commit(lambda: deliveries_due.send(sender=Stop))


@transaction.atomic
def ask_lift(stop: Stop, *, by: rights.Actor) -> Stop:
    """Ask that a stop be lifted. Somebody else must lift it."""
    rights.require(by, "publishing.lift_stop", act="lift a stop")
    rows = Stop.objects.filter(pk=stop.pk, lifted_at__isnull=True)
    if not rows.update(lift_asked_by=by):
        raise WrongState("This stop is lifted already.")
    stop.refresh_from_db()
    history.stopped(stop, "lift_asked", by)
    return stop


@transaction.atomic
def lift(stop: Stop, *, by: rights.Actor) -> Stop:
    """Lift a stop that another person asked to lift. Raises NotAllowed for the same person."""
    rights.require(by, "publishing.lift_stop", act="lift a stop")
    stop = Stop.objects.select_for_update().get(pk=stop.pk)
    if stop.lifted_at is not None:
        raise WrongState("This stop is lifted already.")
    if stop.lift_asked_by_id is None:
        raise WrongState(
            "Somebody must ask first that this stop be lifted; another person lifts it."
        )
    if stop.lift_asked_by_id == by.pk:
        who = rights.who_may("publishing.lift_stop")
        raise NotAllowed(f"You asked to lift this stop, so another person must do it. {who}")
    Stop.objects.filter(pk=stop.pk).update(lifted_by=by, lifted_at=timezone.now())
    stop.refresh_from_db()
    history.stopped(stop, "lifted", by)
    log.warning("stop_lifted", stop=stop.pk, by=by.pk)
    transaction.on_commit(lambda: deliveries_due.send(sender=Stop))
    return stop


def stopped() -> Exists:
    """Return the condition on parts of releases that says "stopped"."""
    scope = Stop.Scope
    concerns = (
        Q(scope=scope.EVERYTHING)
        | Q(scope=scope.CHANNEL, channel=OuterRef("account__channel"))
        | Q(scope=scope.ACCOUNT, account=OuterRef("account"))
        | Q(scope=scope.RELEASE, release=OuterRef("release"))
    )
    return Exists(Stop.objects.filter(concerns, lifted_at__isnull=True).order_by())


def stop_of(release: Release) -> Stop | None:
    """Return an open stop that holds this whole release from starting, or None."""
    holds = Q(scope=Stop.Scope.EVERYTHING) | Q(release=release)
    return Stop.objects.filter(holds, lifted_at__isnull=True).first()


def scopes() -> list[tuple[str, str]]:
    """Return what can be stopped alone, as (value, words): each channel in use, each account."""
    rows = list(Account.objects.filter(is_enabled=True).order_by("channel", "name"))
    channels = dict.fromkeys(row.channel for row in rows)
    return [
        *((f"channel:{name}", f"The channel {name}") for name in channels),
        *((f"account:{row.pk}", f"The account {row}") for row in rows),
    ]
