"""Signatures of the chain's head and of exports: Ed25519, so that others can check them without a secret.

The key grows from AUDIT_SIGNING_KEY, else from SECRET_KEY; old keys stay good for checking.
"""

import hmac

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.conf import settings

PURPOSE = b"halcytone audit chain, Ed25519"


def sign(text: str) -> str:
    """Return the signature of a text by today's key, as hex digits."""
    return _private(_secrets()[0]).sign(text.encode()).hex()


def is_signed(text: str, signature: str) -> bool:
    """Tell whether one of this installation's keys signed exactly this text."""
    return any(verifies(public_key(_private(secret)), text, signature) for secret in _secrets())


def verifies(public_hex: str, text: str, signature: str) -> bool:
    """Tell whether the owner of a public key signed exactly this text."""
    try:
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(public_hex))
        key.verify(bytes.fromhex(signature), text.encode())
    except (InvalidSignature, ValueError):
        return False
    return True


def public_key(private: Ed25519PrivateKey | None = None) -> str:
    """Return the public key, of today's key without an argument, as 64 hex digits."""
    key = private or _private(_secrets()[0])
    return key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw).hex()


def _secrets() -> list[str]:
    """Return what keys grow from, today's first; a key of its own leaves SECRET_KEY good for checking."""
    own = [settings.AUDIT_SIGNING_KEY] if settings.AUDIT_SIGNING_KEY else []
    return [*own, settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]


def _private(secret: str) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(hmac.digest(secret.encode(), PURPOSE, "sha256"))
