"""Images lent to a network that fetches them by itself: signed addresses that live for an hour.

Their names are the hashes of their bytes; the signature says that we gave the address away, and when.
"""

from django.conf import settings
from django.core.signing import TimestampSigner

LIFE_S = 3600
_SALT = "content.loans"


def url(name: str) -> str:
    """Return an address of an image that can be reached from outside for an hour from now."""
    signature = _signer().sign(name).removeprefix(f"{name}:")
    return f"{settings.PRESS_URL}/media/lent/{signature}/{name}"


def require(name: str, signature: str) -> None:
    """Raise BadSignature for an address that we never gave away, SignatureExpired after its hour."""
    _signer().unsign(f"{name}:{signature}", max_age=LIFE_S)


def _signer() -> TimestampSigner:
    return TimestampSigner(salt=_SALT)
