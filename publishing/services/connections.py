"""Connecting accounts by OAuth 2.0: who signs in, what is kept of it, and how an account stands.

The way there carries a signed state, bound to account and person, and a code challenge (RFC 7636). The
verifier is grown from the state by a secret of ours, so nothing has to be kept between the two steps.
"""

import base64
import hmac
import json
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from django.conf import settings
from django.contrib.auth import get_user_model
from django.core import signing
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from halcytone.lib import rights, sealing
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
SALT = "publishing.connections"
#: Channels that speak by the registration of another one: Meta knows one app for both.
REGISTERED_AS = {"instagram": "facebook"}
BACKEND = "django.contrib.auth.backends.ModelBackend"


def begin(account: Account, *, by: rights.Actor) -> str:
    """Return the address at the place where a person allows us to speak for this account.

    Raises NotAllowed; WrongState when the channel has no sign-in, or ours is not registered there.
    """
    require(account, by, "connect")
    channel, app = signing_in(account)
    places: tokens.Places = channel.sign_in_urls()
    given = {"account": account.pk, "person": by.pk, "once": secrets.token_urlsafe(16)}
    state = signing.dumps(given, salt=SALT, compress=True)
    asks = dict(places.asks)
    if places.has_challenge:
        challenge = create_s256_code_challenge(_verifier(state))
        asks |= {"code_challenge": challenge, "code_challenge_method": "S256"}
    uri: str = prepare_grant_uri(
        places.authorize,
        app.client_id,
        "code",
        redirect_uri=redirect_uri(),
        scope=places.between.join(channel.passport.scopes),
        state=state,
        **asks,
    )
    return uri


def begun(state: str, *, by: rights.Actor) -> Account:
    """Return the account that a person began to sign in for.

    Raises Invalid for a state that is not ours, is too old or is of somebody else; NotAllowed.
    """
    try:
        given = signing.loads(state, salt=SALT, max_age=STATE_S)
    except signing.BadSignature as error:
        said = "This sign-in took longer than ten minutes, or did not begin here. Connect again."
        raise Invalid(said, code="bad_state") from error
    if given["person"] != by.pk:
        raise Invalid("Somebody else began this sign-in. Connect again.", code="bad_state")
    account = Account.objects.filter(pk=given["account"]).first()
    if account is None:
        raise Invalid("The account of this sign-in was deleted meanwhile.", code="bad_state")
    require(account, by, "connect")
    return account


def finish(state: str, code: str, *, by: rights.Actor) -> Account:
    """Take the code that the place sent a person back with, and keep the token that it stands for.

    Raises as `begun`, and RemoteError as the place answers.
    """
    account = begun(state, by=by)
    channel, app = signing_in(account)
    token = channel.sign_in(code, _verifier(state), redirect_uri(), app, timezone.now())
    with transaction.atomic():
        keep(account, token, by)
        _note(account, Status.CONNECTED, "Signed in.", by=by, act="connected")
        presses.connected(account, by=by)
    return account


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
    put(account, found.status, found.said, checked_at=now)
    return found


def status_of(account: Account) -> Connection:
    """Return how an account stands; the row of one that nobody has asked yet is not stored."""
    row = Connection.objects.filter(account=account).first()
    return row or Connection(account=account, status="", changed_at=timezone.now())


def disconnect(account: Account, *, by: rights.Actor) -> None:
    """Forget the token of an account. Raises NotAllowed."""
    require(account, by, "disconnect")
    with transaction.atomic():
        Token.objects.filter(account=account).delete()
        _note(account, Status.DISCONNECTED, "Disconnected.", by=by, act="disconnected")


def lost(account: Account) -> None:
    """Note that the place takes this account's credential no longer: nothing more is claimed for it."""
    reason = f"{account} refused the sign-in. Give it a working credential."
    presses.stop_account(account, reason=reason)
    put(account, Status.UNAUTHORIZED, reason)


def limited(account: Account, said: str) -> None:
    """Note that the place asks to wait."""
    put(account, Status.RATE_LIMITED, said)


def token_of(account: Account) -> tokens.Token | None:
    """Return the stored token, opened; None when there is none. Raises WrongState without its key."""
    row = Token.objects.filter(account=account).first()
    if row is None:
        return None
    secret = json.loads(sealing.open_(row.sealed))
    return tokens.Token(
        access=secret["access"],
        refresh=secret["refresh"],
        made_at=row.made_at,
        ends_at=row.ends_at,
        scopes=tuple(row.scopes),
        exchange=secret.get("exchange", ""),
    )


def keep(account: Account, token: tokens.Token, by: rights.Actor) -> None:
    """Store a token, sealed, in the place of the one before."""
    names = ("access", "refresh", "exchange")
    values: dict[str, Any] = {
        "sealed": sealing.seal(json.dumps({name: getattr(token, name) for name in names})),
        "has_refresh": bool(token.refresh),
        "scopes": list(token.scopes),
        "made_at": token.made_at or timezone.now(),
        "ends_at": token.ends_at,
        "renew_at": token.renew_at(),
    }
    if by is not None:
        values["connected_by"] = by
    Token.objects.update_or_create(account=account, defaults=values)


def put(account: Account, status: str, said: str, **values: Any) -> None:
    """Keep how an account stands."""
    found = {"status": status, "said": said[:300], "changed_at": timezone.now(), **values}
    Connection.objects.update_or_create(account=account, defaults=found)


def signing_in(account: Account) -> tuple[Any, tokens.App]:
    """Return an account's channel and our registration at its place. Raises WrongState without them."""
    channel: Channel = accounts.channel(account)
    if not isinstance(channel, SignsIn):
        said = (
            f"{account.channel} has no sign-in. Name its secret in the field “credential” instead."
        )
        raise WrongState(said, code="no_sign_in")
    return channel, _app(account.channel)


def redirect_uri() -> str:
    """Return the one address that places send people back to; it is registered there."""
    return f"{settings.PRESS_URL}{reverse('publishing:account-connected')}"


def who_connects(account: Account) -> str:
    """Return a sentence that says who can connect this account."""
    return who_connect([account])[account.pk]


def who_connect(accounts: Iterable[Account]) -> dict[int, str]:
    """Return that sentence of each of these accounts by id; each right is looked up once."""
    needed = {
        account.pk: rules.NETWORKS_RIGHT
        if account.format in rules.NETWORKS
        else "publishing.change_account"
        for account in accounts
    }
    said = {right: rights.who_may(right) for right in set(needed.values())}
    return {pk: _connects(said[right]) for pk, right in needed.items()}


def _connects(who_may: str) -> str:
    groups = who_may.removeprefix("People in these groups can: ").rstrip(".")
    return f"Whoever looks after it connects it again ({groups})."


def keepers(account: Account) -> list[int]:
    """Return the ids of the people who can connect this account."""
    asked = ["publishing.change_account"]
    if account.format in rules.NETWORKS:
        asked.append(rules.NETWORKS_RIGHT)
    people: Any = get_user_model()._default_manager
    found: list[int] = []
    for right in asked:
        rows = people.with_perm(right, backend=BACKEND, include_superusers=False)
        found += rows.filter(is_service=False).values_list("pk", flat=True).distinct()
    return list(dict.fromkeys(found))


def require(account: Account, by: rights.Actor, act: str) -> None:
    """Raise NotAllowed unless this person may do this to an account."""
    if not rules.may(by, "change", account.format):
        raise NotAllowed(f"You may not {act} {account}. {who_connects(account)}")


def _app(channel: str) -> tokens.App:
    name = REGISTERED_AS.get(channel, channel)
    given = settings.OAUTH_APPS.get(channel) or settings.OAUTH_APPS.get(name)
    if given is None and settings.OUTBOUND == "sandbox":
        return tokens.App("halcytone-sandbox")
    if given is None:
        said = f"Register this installation at the place and set OAUTH_{name.upper()}_CLIENT_ID and _SECRET."
        raise WrongState(said, code="no_app")
    return tokens.App(given["client_id"], given["client_secret"])


def _verifier(state: str) -> str:
    digest = hmac.digest(settings.SECRET_KEY.encode(), f"{SALT}:{state}".encode(), "sha256")
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


@transaction.atomic
def _note(account: Account, status: str, said: str, *, by: rights.Actor, act: str) -> None:
    """Keep how it stands and write the act into the audit chain; no word of the token."""
    put(account, status, said)
    chain.record(f"account.{act}", account, by=by, label=str(account))
