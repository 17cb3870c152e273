"""E-mail addresses: one spelling to compare, and a keyed hash to recognise an erased one.

Decision: the whole address is case-folded for uniqueness (`email_key`); no mail system in use tells
"Ann@" from "ann@". Her own spelling is kept in `email` and is the one that is written to.
"""

import unicodedata

from django.conf import settings
from django.utils.crypto import salted_hmac
from email_validator import EmailNotValidError, validate_email

from halcytone.lib.errors import Invalid, Problem

#: RFC 5321 allows 256 octets for a path with its angle brackets.
MAX_CHARACTERS = 254


def spelled(text: str) -> str:
    """Return the address as it will be kept: NFC, without spaces around it.

    Raises Invalid when it is not an address. The check is offline: no DNS question is asked.
    """
    text = unicodedata.normalize("NFC", text.strip())
    try:
        address = validate_email(text, check_deliverability=False).normalized
    except EmailNotValidError as error:
        raise Invalid([Problem("bad_email", f"Not an e-mail address: {error}", "email")]) from error
    if len(address) > MAX_CHARACTERS:
        raise Invalid([Problem("bad_email", "An address has at most 254 characters.", "email")])
    return address


def key(address: str) -> str:
    """Return the spelling in which addresses are compared: NFC and case-folded."""
    return unicodedata.normalize("NFC", address.strip()).casefold()


def domain(address: str) -> str:
    """Return the part behind the last "@", folded; "" when there is none."""
    return key(address).rpartition("@")[2] if "@" in address else ""


def digest(address: str) -> str:
    """Return the keyed hash of an address: HMAC-SHA256 of its key, 64 hex digits.

    The key is derived from SECRET_KEY: without it nobody can test a guess against a stored hash.
    """
    return _digest(address, settings.SECRET_KEY)


def digests(address: str) -> list[str]:
    """Return the keyed hashes under the present secret and its predecessors (fallbacks)."""
    secrets = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return [_digest(address, str(secret)) for secret in secrets]


def _digest(address: str, secret: str) -> str:
    salt = "segmentation.addresses"
    return salted_hmac(salt, key(address), secret=secret, algorithm="sha256").hexdigest()
