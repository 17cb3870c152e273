"""Connecting accounts by OAuth 2.0: who signs in, what is kept of it, and when it is renewed.

The way there carries a signed state, bound to account and person, and a code challenge (RFC 7636). The
verifier is grown from the state by a secret of ours, so nothing has to be kept between the two steps.
"""

import base64
import hmac
import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from django.conf import settings
from django.core import signing
from django.db import transaction
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from halcytone.lib import rights, sealing, trials
from halcytone.lib.audit import chain
from halcytone.lib.errors import Invalid, NotAllowed, Refused, RemoteError, WrongState
from publishing import accounts
from publishing.channels import tokens
from publishing.channels.base import NO_GO, Channel, Check, SignsIn
from publishing.models import Account, Connection, Token
from publishing.services import accounts as rules
from publishing.services import presses
from publishing.services.lines import SIGN_IN_REFUSED

log = structlog.get_logger(__name__)
Status = Connection.Status

STATE_S = 600  # how long a sign-in may take
RENEWING_S = 120  # the lease of the worker that renews a token
SALT = "publishing.connections"


def begin(account: Account, *, by: rights.Actor) -> str:
    """Return the address at the place where a person allows us to speak for this account.

    Raises NotAllowed; WrongState when the channel has no sign-in, or ours is not registered there.
    """
    _require(account, by, "connect")
    channel, app = _signing_in(account)
    given = {"account": account.pk, "person": by.pk, "once": secrets.token_urlsafe(16)}
    state = signing.dumps(given, salt=SALT, compress=True)
    uri: str = prepare_grant_uri(
        channel.sign_in_urls().authorize,
        app.client_id,
        "code",
        redirect_uri=redirect_uri(),
        scope=channel.sign_in_urls().between.join(channel.passport.scopes),
        state=state,
        code_challenge=create_s256_code_challenge(_verifier(state)),
        code_challenge_method="S256",
    )
    return uri


def finish(state: str, code: str, *, by: rights.Actor) -> Account:
    """Take the code that the place sent a person back with, and keep the token that it stands for.

    Raises Invalid for a state that is not ours, is too old or is of somebody else; NotAllowed;
    RemoteError as the place answers.
    """
    try:
        given = signing.loads(state, salt=SALT, max_age=STATE_S)
    except signing.BadSignature as error:
        said = "This sign-in took longer than ten minutes, or did not begin here. Connect again."
        raise Invalid(said, code="bad_state") from error
    if given["person"] != by.pk:
        raise Invalid("Somebody else began this sign-in. Connect again.", code="bad_state")
    account = Account.objects.get(pk=given["account"])
    _require(account, by, "connect")
    channel, app = _signing_in(account)
    token = channel.sign_in(code, _verifier(state), redirect_uri(), app, timezone.now())
    _keep(account, token, by)
    _note(account, Status.CONNECTED, "Signed in.", by=by, act="connected")
    return account


def refresh(account: Account, *, by: rights.Actor) -> None:
    """Renew the token now. Raises NotAllowed, WrongState, RemoteError as the place answers."""
    _require(account, by, "refresh the token of")
    trials.refuse()
    now = timezone.now()
    if not Token.objects.filter(account=account).exists():
        raise WrongState(f"{account} has no token of a sign-in. Connect it first.")
    if not _lease(account, now):
        raise WrongState("The token is being renewed at the moment. Look again in two minutes.")
    _renew(account, now, by)


def refresh_due(now: datetime) -> int:
    """Renew the tokens of which 80 % of the life are over; seal anew what an old key sealed.

    Returns how many were renewed. What fails leaves the stored token in place.
    """
    renewed = 0
    for row in Token.objects.select_related("account").filter(account__is_enabled=True):
        is_due = row.has_refresh and row.due_at is not None and row.due_at <= now
        if is_due and _lease(row.account, now):
            try:
                _renew(row.account, now, None)
                renewed += 1
            except (RemoteError, WrongState) as error:
                log.warning("token_not_renewed", account=row.account_id, code=error.code)
        elif not sealing.is_of_today(row.sealed):
            _seal_anew(row)
    return renewed


@dataclass(frozen=True, slots=True)
class Answer:
    """What a place said about an account, and the status that follows from it."""

    checks: Sequence[Check]
    status: str

    @property
    def said(self) -> str:
        """Return what is wrong, or else all that it said."""
        wrong = [each.said for each in self.checks if each.verdict == NO_GO]
        said = " ".join(each.said for each in self.checks)
        return wrong[0] if wrong else said or "This place cannot be asked."


def ask(account: Account, at: datetime) -> Answer:
    """Ask the place who the account is and what it may at an instant. Keeps nothing."""
    try:
        found = list(accounts.channel(account).check(at))
    except RemoteError as error:
        is_refused = isinstance(error, Refused) and error.code in SIGN_IN_REFUSED
        status = Status.UNAUTHORIZED if is_refused else Status.ERROR
        return Answer([Check("sign_in", NO_GO, str(error))], status)
    wrong = {each.name for each in found if each.verdict == NO_GO}
    if wrong & {"sign_in", "token"}:
        return Answer(found, Status.UNAUTHORIZED)
    return Answer(found, Status.ERROR if wrong else Status.CONNECTED)


def check(account: Account, *, by: rights.Actor) -> Answer:
    """Ask the place about the account now, and keep how it stands. Raises NotAllowed."""
    if by is not None:
        rights.require(by, "publishing.view_account", act="look at accounts")
    now = timezone.now()
    found = ask(account, now)
    _set(account, found.status, found.said, checked_at=now)
    return found


def status_of(account: Account) -> Connection:
    """Return how an account stands; the row of one that nobody has asked yet is not stored."""
    row = Connection.objects.filter(account=account).first()
    return row or Connection(account=account, status="", changed_at=timezone.now())


def disconnect(account: Account, *, by: rights.Actor) -> None:
    """Forget the token of an account. Raises NotAllowed."""
    _require(account, by, "disconnect")
    with transaction.atomic():
        Token.objects.filter(account=account).delete()
        _note(account, Status.DISCONNECTED, "Disconnected.", by=by, act="disconnected")


def lost(account: Account) -> None:
    """Note that the place takes this account's credential no longer: nothing more is claimed for it."""
    reason = f"{account} refused the sign-in. Give it a working credential."
    presses.stop_account(account, reason=reason)
    _set(account, Status.UNAUTHORIZED, reason)


def limited(account: Account, said: str) -> None:
    """Note that the place asks to wait."""
    _set(account, Status.RATE_LIMITED, said)


def token_of(account: Account) -> tokens.Token | None:
    """Return the stored token, opened; None when there is none. Raises WrongState without its key."""
    row = Token.objects.filter(account=account).first()
    if row is None:
        return None
    secret = json.loads(sealing.open_(row.sealed))
    return tokens.Token(
        secret["access"], secret["refresh"], row.made_at, row.ends_at, tuple(row.scopes)
    )


def redirect_uri() -> str:
    """Return the one address that places send people back to; it is registered there."""
    return f"{settings.PRESS_URL}{reverse('publishing:account-connected')}"


def who_connects(account: Account) -> str:
    """Return a sentence that says who can connect this account."""
    right = (
        rules.NETWORKS_RIGHT if account.format in rules.NETWORKS else "publishing.change_account"
    )
    groups = rights.who_may(right).removeprefix("People in these groups can: ").rstrip(".")
    return f"Whoever looks after it connects it again ({groups})."


def _require(account: Account, by: rights.Actor, act: str) -> None:
    if not rules.may(by, "change", account.format):
        raise NotAllowed(f"You may not {act} {account}. {who_connects(account)}")


def _signing_in(account: Account) -> tuple[Any, tokens.App]:
    channel: Channel = accounts.channel(account)
    if not isinstance(channel, SignsIn):
        said = (
            f"{account.channel} has no sign-in. Name its secret in the field “credential” instead."
        )
        raise WrongState(said, code="no_sign_in")
    return channel, _app(account.channel)


def _app(channel: str) -> tokens.App:
    given = settings.OAUTH_APPS.get(channel)
    if given is None and settings.OUTBOUND == "sandbox":
        return tokens.App("halcytone-sandbox")
    if given is None:
        name = channel.upper()
        said = (
            f"Register this installation at the place and set OAUTH_{name}_CLIENT_ID and _SECRET."
        )
        raise WrongState(said, code="no_app")
    return tokens.App(given["client_id"], given["client_secret"])


def _verifier(state: str) -> str:
    digest = hmac.digest(settings.SECRET_KEY.encode(), f"{SALT}:{state}".encode(), "sha256")
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def _lease(account: Account, now: datetime) -> bool:
    """Tell whether this worker is the one that renews the token."""
    is_free = Q(renewing_until__isnull=True) | Q(renewing_until__lt=now)
    rows = Token.objects.filter(is_free, account=account)
    return bool(rows.update(renewing_until=now + timedelta(seconds=RENEWING_S)))


def _renew(account: Account, now: datetime, by: rights.Actor) -> None:
    try:
        channel, app = _signing_in(account)
        before = token_of(account)
        if before is None:
            raise WrongState(f"{account} was disconnected meanwhile.")
        _keep_renewed(account, before, channel.renew(before, app, now), by)
    except Refused as error:
        _set(account, Status.UNAUTHORIZED, f"The token was not renewed: {error}")
        raise
    except RemoteError as error:
        _set(account, Status.ERROR, f"The token was not renewed: {error}")
        raise
    finally:
        Token.objects.filter(account=account).update(renewing_until=None)
    _set(account, Status.CONNECTED, "The token was renewed.")
    log.info("token_renewed", account=account.pk, by=by and by.pk)


@transaction.atomic
def _keep_renewed(
    account: Account, before: tokens.Token, token: tokens.Token, by: rights.Actor
) -> None:
    """Keep a token in the place of the one before. Raises WrongState when that one is gone."""
    row = Token.objects.select_for_update().filter(account=account).first()
    if row is None or row.made_at != before.made_at:
        raise WrongState(f"{account} was disconnected, or connected anew, meanwhile.")
    _keep(account, token, by)


def _keep(account: Account, token: tokens.Token, by: rights.Actor) -> None:
    text = json.dumps({"access": token.access, "refresh": token.refresh})
    values: dict[str, Any] = {
        "sealed": sealing.seal(text),
        "has_refresh": bool(token.refresh),
        "scopes": list(token.scopes),
        "made_at": token.made_at or timezone.now(),
        "ends_at": token.ends_at,
    }
    if by is not None:
        values["connected_by"] = by
    Token.objects.update_or_create(account=account, defaults=values)


def _seal_anew(row: Token) -> None:
    """Seal by today's key, unless the token was renewed meanwhile."""
    rows = Token.objects.filter(account=row.account_id, sealed=row.sealed)
    try:
        rows.update(sealed=sealing.seal(sealing.open_(row.sealed)))
    except WrongState as error:
        log.warning("token_not_opened", account=row.account_id, code=error.code)


@transaction.atomic
def _note(account: Account, status: str, said: str, *, by: rights.Actor, act: str) -> None:
    """Keep how it stands and write the act into the audit chain; no word of the token."""
    _set(account, status, said)
    chain.record(f"account.{act}", account, by=by, label=str(account))


def _set(account: Account, status: str, said: str, **values: Any) -> None:
    found = {"status": status, "said": said[:300], "changed_at": timezone.now(), **values}
    Connection.objects.update_or_create(account=account, defaults=found)
