"""OAuth 2.0 tokens of accounts: read from an answer, renewed before they end.

Where they are kept is no business of this module; what it returns is to be stored as a whole.
"""

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

import httpx

from halcytone.lib import http
from halcytone.lib.errors import Refused, RemoteError, Unclear

RENEW_AT = 0.8  # of a token's life
#: The code of a refusal that says nothing against the token itself: it lives on to its end.
NOT_RENEWED = "no_refresh"
INVALID_GRANT = "invalid_grant"


@dataclass(frozen=True, slots=True)
class Token:
    """An access token with what renews it. `ends_at` None: the place did not say.

    `refresh` renews it for as long as nobody takes that back. `exchange` may be given for a later one,
    or may not: the place promises nothing, so such a token has an end.
    """

    access: str = field(repr=False)
    refresh: str = field(default="", repr=False)
    made_at: datetime | None = None
    ends_at: datetime | None = None
    scopes: tuple[str, ...] = ()
    exchange: str = field(default="", repr=False)

    def renew_at(self) -> datetime | None:
        """Return when 80 % of its life are over; None without an end, or anything to renew it with."""
        if self.made_at is None or self.ends_at is None or not (self.refresh or self.exchange):
            return None
        return self.made_at + RENEW_AT * (self.ends_at - self.made_at)


@dataclass(frozen=True, slots=True)
class App:
    """Our registration at a place; `secret` is "" for one that has none (a public client).

    `is_posted`: the place wants the secret in the form, not as HTTP Basic (RFC 6749 §2.3.1).
    """

    client_id: str
    secret: str = field(default="", repr=False)
    is_posted: bool = False

    def fields(self) -> dict[str, str]:
        is_here = self.is_posted and self.secret
        return {"client_id": self.client_id, **({"client_secret": self.secret} if is_here else {})}

    def headers(self) -> dict[str, str]:
        return _basic(self) if self.secret and not self.is_posted else {}


@dataclass(frozen=True, slots=True)
class Places:
    """Where people allow us to speak for them, and where tokens are made.

    `between` parts scopes. `asks` is what the first address wants to be told besides (RFC 6749 §4.1.1).
    `has_challenge`: the place takes a code challenge (RFC 7636).
    """

    authorize: str
    token: str
    between: str = " "
    asks: tuple[tuple[str, str], ...] = ()
    has_challenge: bool = True


def made(
    code: str,
    verifier: str,
    redirect_uri: str,
    app: App,
    url: str,
    *,
    now: datetime,
    transport: httpx.BaseTransport | None = None,
) -> Token:
    """Ask `url` for the token that a code stands for (RFC 6749 §4.1.3, RFC 7636 §4.5). One call.

    Raises Refused for a code that is used or too old, Unavailable, Unclear.
    """
    fields = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": redirect_uri,
        "code_verifier": verifier,
        **app.fields(),
    }
    return read(_asked(url, fields, app, transport).data, Token(""), now)


def renew(
    token: Token, app: App, url: str, *, now: datetime, transport: httpx.BaseTransport | None = None
) -> Token:
    """Ask `url` for a new token and return it (RFC 6749 §6). One call, never repeated.

    Raises Refused when the place does not renew it: a person signs in again; Unavailable, Unclear.
    """
    if not token.refresh:
        raise Refused("There is nothing to renew this token with; sign in again", code=NOT_RENEWED)
    fields = {"grant_type": "refresh_token", "refresh_token": token.refresh}
    return read(_asked(url, fields | app.fields(), app, transport).data, token, now)


def _asked(
    url: str, fields: Mapping[str, str], app: App, transport: httpx.BaseTransport | None
) -> http.Answer:
    with http.Client(
        "The sign-in", "", headers=app.headers(), code=_meaning, transport=transport
    ) as client:
        return client.post_form(url, fields)


def _meaning(answer: http.Answer) -> str | RemoteError:
    """Return what a refusal means (RFC 6749 §5.2). X calls a token that is no good an invalid request."""
    error = answer.data.get("error") if isinstance(answer.data, Mapping) else None
    if error in (INVALID_GRANT, "invalid_request"):
        said = "The place does not accept this sign-in any more; sign in again"
        return Refused(said, code=INVALID_GRANT)
    if error in ("invalid_client", "unauthorized_client"):
        said = "The place does not know this installation; mend its client id and secret"
        return Refused(said, code="invalid_client")
    return ""


def read(data: Any, before: Token, now: datetime) -> Token:
    """Return the token of an answer. What the answer leaves out stays as it was before.

    Raises Unclear when it holds no access token: the one before stays in its place.
    """
    access = data.get("access_token") if isinstance(data, Mapping) else None
    if not isinstance(access, str) or not access:
        raise Unclear("The sign-in answered without a token", code="no_token")
    life_s = data.get("expires_in")
    is_known = isinstance(life_s, int | float) and not isinstance(life_s, bool) and life_s > 0
    return Token(
        access=access,
        refresh=str(data.get("refresh_token") or before.refresh),
        made_at=now,
        ends_at=now + timedelta(seconds=float(life_s)) if is_known else None,
        scopes=_scopes(data.get("scope")) or before.scopes,
    )


def _scopes(given: Any) -> tuple[str, ...]:
    """Return scopes as a list: RFC 6749 parts them by blanks, LinkedIn by commas."""
    return tuple(given.replace(",", " ").split()) if isinstance(given, str) else ()


def _basic(app: App) -> dict[str, str]:
    pair = f"{quote(app.client_id, safe='')}:{quote(app.secret, safe='')}"
    return {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}
