"""Secrets at rest: encrypted by Fernet (AES-128-CBC and HMAC) of the library `cryptography`.

The first key of TOKEN_KEYS encrypts, all of them decrypt, so that a key is changed by putting a new one
before the old. Without keys of their own they grow from SECRET_KEY and its fallbacks.
"""

import base64
import hmac
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings

from halcytone.lib.errors import WrongState

PURPOSE = b"halcytone secrets at rest, Fernet"


def seal(text: str) -> str:
    """Return a text encrypted by today's key."""
    return _keys().encrypt(text.encode()).decode()


def open_(sealed: str) -> str:
    """Return the text. Raises WrongState when none of the keys is the one that sealed it."""
    try:
        return _keys().decrypt(sealed.encode()).decode()
    except InvalidToken as error:
        said = (
            "A secret was sealed by a key that is gone. Put it into TOKEN_KEYS, or connect again."
        )
        raise WrongState(said, code="key_gone") from error


def is_of_today(sealed: str) -> bool:
    """Tell whether today's key sealed it."""
    try:
        Fernet(_grown()[0]).decrypt(sealed.encode())
    except InvalidToken:
        return False
    return True


def _keys() -> MultiFernet:
    return MultiFernet([Fernet(key) for key in _grown()])


def _grown() -> list[bytes]:
    given: list[Any] = [*settings.TOKEN_KEYS, settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return [
        base64.urlsafe_b64encode(hmac.digest(secret.encode(), PURPOSE, "sha256"))
        for secret in given
    ]
