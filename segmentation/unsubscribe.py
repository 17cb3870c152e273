"""Tokens of the unsubscribe and preference links: signed, never expiring, naming one person and list.

Source: RFC 8058, and the audience specification (tokens work for at least two years; these do as
long as the secret they were signed with is among SECRET_KEY and its fallbacks).
"""

import base64
import hashlib
import hmac
from dataclasses import dataclass
from functools import lru_cache

from django.conf import settings
from django.core import signing

from halcytone.lib.errors import Invalid, Problem

SALT = "segmentation.unsubscribe"
SIGNATURE_BYTES = 16


@dataclass(frozen=True, slots=True)
class Unsubscription:
    """What a token stands for. `list` "" = the mail had no list in particular."""

    contact_id: int
    list: str
    purpose: str


def token(contact_id: int, list: str = "", purpose: str = "newsletter") -> str:
    """Return the token of one contact for one kind of mail; the same arguments give the same token.

    `id.list.purpose.signature`, in which no name holds a dot. Made for every mail, so the key is kept.
    """
    said = f"{contact_id}.{list}.{purpose}"
    return f"{said}.{_signature(said, settings.SECRET_KEY)}"


def resolve(token: str) -> Unsubscription:
    """Return what a token stands for. Raises Invalid when we never signed it."""
    said, _, signature = token.rpartition(".")
    try:
        if not _is_ours(said, signature):
            return _resolve_json(token)
        contact_id, list_name, purpose = said.split(".")
        return Unsubscription(int(contact_id), list_name, purpose)
    except (signing.BadSignature, ValueError, UnicodeError) as error:
        message = "This link is not complete, or it is not one of ours."
        raise Invalid([Problem("bad_token", message, "u")]) from error


def _resolve_json(token: str) -> Unsubscription:
    """Read the longer form, Django's signed JSON, which stands in older mails."""
    contact_id, list_name, purpose = signing.Signer(salt=SALT).unsign_object(token)
    return Unsubscription(contact_id, list_name, purpose)


def _is_ours(said: str, signature: str) -> bool:
    secrets = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    given = signature.encode()
    return any(hmac.compare_digest(_signature(said, one).encode(), given) for one in secrets)


def _signature(said: str, secret: str) -> str:
    digest = hmac.digest(_key(secret), said.encode(), "sha256")[:SIGNATURE_BYTES]
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode("ascii")


@lru_cache(maxsize=8)
def _key(secret: str) -> bytes:
    """Return the key of these tokens alone, derived from a secret of the installation."""
    return hashlib.sha256(f"{SALT}\0{secret}".encode()).digest()
