"""How a channel shows who it is: an OAuth 2.0 access token, or the four secrets of OAuth 1.0a.

Pure but for the clock and the nonce of a signature.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import httpx
from authlib.oauth1.rfc5849.client_auth import ClientAuth

from halcytone.lib.errors import Refused

#: The members of a credential that signs by OAuth 1.0a (RFC 5849), a JSON object.
SIGNING = ("consumer_key", "consumer_secret", "token", "token_secret")


class Bearer(httpx.Auth):
    """Shows an access token (RFC 6750)."""

    def __init__(self, token: str) -> None:
        self.token = token

    def auth_flow(self, request: httpx.Request) -> Iterator[httpx.Request]:  # type: ignore[override]
        request.headers["Authorization"] = f"Bearer {self.token}"
        yield request


class Signed(httpx.Auth):
    """Signs each request. JSON and multipart bodies are no part of a signature (RFC 5849 §3.4.1.3.1)."""

    def __init__(self, secrets: Mapping[str, str]) -> None:
        key, secret, token, token_secret = (secrets[name] for name in SIGNING)
        self.signer = ClientAuth(key, secret, token, token_secret)

    def auth_flow(self, request: httpx.Request) -> Iterator[httpx.Request]:  # type: ignore[override]
        _, headers, _ = self.signer.sign(request.method, str(request.url), {}, "")
        request.headers["Authorization"] = headers["Authorization"]
        yield request


def auth(credential: str) -> httpx.Auth:
    """Return what shows this credential, by its shape. Raises Refused for one that is half a thing."""
    if not credential.lstrip().startswith("{"):
        return Bearer(credential)
    given = _read(credential)
    if all(isinstance(given.get(name), str) and given[name] for name in SIGNING):
        return Signed(given)
    if isinstance(given.get("access_token"), str):
        return Bearer(given["access_token"])
    said = f"The credential names neither an access_token nor all of {', '.join(SIGNING)}."
    raise Refused(said, code="bad_settings")


def _read(credential: str) -> Mapping[str, Any]:
    try:
        given = json.loads(credential)
    except ValueError:
        return {}
    return given if isinstance(given, Mapping) else {}
