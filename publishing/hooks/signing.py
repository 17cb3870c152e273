"""Signatures of webhooks: over the bytes as they came, compared in constant time."""

import base64
import hashlib
import hmac
from datetime import datetime, timedelta

from publishing.hooks.told import instant

FRESH = timedelta(minutes=5)


def hex_of(secret: str, body: bytes) -> str:
    """Return HMAC-SHA256 as hex digits."""
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def base64_of(secret: str, body: bytes) -> str:
    """Return HMAC-SHA256 in base64."""
    return base64.b64encode(hmac.digest(secret.encode(), body, "sha256")).decode("ascii")


def is_same(given: str, right: str) -> bool:
    """Compare two signatures of whatever characters without telling where they differ."""
    return hmac.compare_digest(given.encode("utf-8", "surrogateescape"), right.encode())


def is_signed(given: str, secret: str, body: bytes) -> bool:
    """Tell whether `given` is `sha256=` and the HMAC of the raw body, as CRM and Platform sign."""
    return is_same(given, f"sha256={hex_of(secret, body)}")


def is_fresh(given: object, now: datetime) -> bool:
    """Tell whether a timestamp is there, and at most five minutes away."""
    at = instant(given, now + 2 * FRESH)
    return abs(at - now) <= FRESH
