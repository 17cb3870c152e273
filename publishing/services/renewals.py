"""Renewing the tokens of accounts before they end; asking no place again for what it has refused."""

from datetime import datetime, timedelta

import structlog
from django.db import transaction
from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils import timezone

from halcytone.lib import rights, sealing, trials
from halcytone.lib.errors import HalcytoneError, Refused, RemoteError, Unavailable, WrongState
from halcytone.lib.notices.telling import tell
from publishing.channels import tokens
from publishing.models import Account, Connection, Token
from publishing.services import connections

log = structlog.get_logger(__name__)
Status = Connection.Status

LEASE_S = 120  # of the worker that renews a token
#: Until a place that could not answer is asked again: as long as it has been asked for, within these.
LEAST_PAUSE, LONGEST_PAUSE = timedelta(minutes=1), timedelta(minutes=10)


def refresh(account: Account, *, by: rights.Actor) -> None:
    """Renew the token now. Raises NotAllowed, WrongState, RemoteError as the place answers."""
    connections.require(account, by, "refresh the token of")
    trials.refuse()
    now = timezone.now()
    row = Token.objects.filter(account=account).first()
    if row is None:
        raise WrongState(f"{account} has no token of a sign-in. Connect it first.")
    if not _lease(row, now):
        raise WrongState("The token is being renewed at the moment. Look again in two minutes.")
    _renew(row, now, by)


def refresh_due(now: datetime) -> int:
    """Renew the tokens of which 80 % of the life are over; seal anew what an old key sealed.

    Returns how many were renewed. What fails leaves the stored token in place: a place that could not
    answer is asked again after a growing pause, one that refused only after a person has connected.
    """
    renewed = 0
    for row in Token.objects.select_related("account").filter(account__is_enabled=True):
        if row.renew_at is not None and row.renew_at <= now and _lease(row, now):
            try:
                _renew(row, now, None)
                renewed += 1
            except (RemoteError, WrongState) as error:
                log.warning("token_not_renewed", account=row.account_id, code=error.code)
        elif not sealing.is_of_today(row.sealed):
            _seal_anew(row)
    return renewed


def _lease(row: Token, now: datetime) -> bool:
    """Tell whether this worker is the one that renews the token, which nobody has renewed meanwhile."""
    is_free = Q(renewing_until__isnull=True) | Q(renewing_until__lt=now)
    rows = _same(row).filter(is_free)
    return bool(rows.update(renewing_until=now + timedelta(seconds=LEASE_S)))


def _renew(row: Token, now: datetime, by: rights.Actor) -> None:
    account = row.account
    try:
        channel, app = connections.signing_in(account)
        before = connections.token_of(account)
        if before is None:
            raise WrongState(f"{account} was disconnected meanwhile.")
        _keep(account, before, channel.renew(before, app, now), by)
    except Refused as error:
        _give_up(row, error)
        raise
    except (RemoteError, WrongState) as error:
        _put_off(row, error, now)
        raise
    finally:
        Token.objects.filter(account=account).update(renewing_until=None)
    connections.put(account, Status.CONNECTED, "The token was renewed.")
    log.info("token_renewed", account=account.pk, by=by and by.pk)


def _give_up(row: Token, error: Refused) -> None:
    """Leave it to people. A token that is merely not prolonged is good until its end."""
    if not _same(row).update(renew_at=None):
        return
    account, said = row.account, _not_renewed(error)
    if error.code == tokens.NOT_RENEWED:
        return
    connections.put(account, Status.UNAUTHORIZED, said)
    tell(
        "no_go",
        event=f"account:{account.pk}:refused:{row.made_at.isoformat()}",
        to=connections.keepers(account),
        by=None,
        subject=f"{account} must be connected again",
        text=f"{said} Nothing goes out through it when its token has ended. "
        f"{connections.who_connects(account)}",
        path=reverse("publishing:account", args=[account.pk]),
    )


def _put_off(row: Token, error: HalcytoneError, now: datetime) -> None:
    """Ask again later: after as long as it has been due, or as the place wants."""
    if row.ends_at is not None and row.renew_at is not None:
        due_at = row.made_at + tokens.RENEW_AT * (row.ends_at - row.made_at)
        pause = min(max(now - due_at, LEAST_PAUSE), LONGEST_PAUSE)
        asked = error.retry_after_s if isinstance(error, Unavailable) else None
        pause = max(pause, timedelta(seconds=asked or 0))
        _same(row).update(renew_at=max(due_at, now + pause))
    if isinstance(error, RemoteError) and _same(row).exists():
        connections.put(row.account, Status.ERROR, _not_renewed(error))


def _not_renewed(error: RemoteError) -> str:
    return f"The token was not renewed: {str(error).rstrip('.')}."


def _same(row: Token) -> QuerySet[Token]:
    """Return this token in the database; nothing when another one stands in its place."""
    return Token.objects.filter(account=row.account_id, made_at=row.made_at)


@transaction.atomic
def _keep(account: Account, before: tokens.Token, token: tokens.Token, by: rights.Actor) -> None:
    """Keep a token in the place of the one before. Raises WrongState when that one is gone."""
    row = Token.objects.select_for_update().filter(account=account).first()
    if row is None or row.made_at != before.made_at:
        raise WrongState(f"{account} was disconnected, or connected anew, meanwhile.")
    connections.keep(account, token, by)


def _seal_anew(row: Token) -> None:
    """Seal by today's key, unless the token was renewed meanwhile."""
    rows = Token.objects.filter(account=row.account_id, sealed=row.sealed)
    try:
        rows.update(sealed=sealing.seal(sealing.open_(row.sealed)))
    except WrongState as error:
        log.warning("token_not_opened", account=row.account_id, code=error.code)
