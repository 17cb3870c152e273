"""Signatures of webhooks that we send: Standard Webhooks, and the older header beside it.

Source: https://www.standardwebhooks.com and the platform specification, §6.
"""

import base64
import hashlib
import hmac
from collections.abc import Sequence
from datetime import datetime

PREFIX = "whsec_"


def headers(id: str, at: datetime, body: bytes, secrets: Sequence[str]) -> dict[str, str]:
    """Return what tells a receiver that we sent these bytes; each secret in force signs them.

    A secret is `whsec_` and base64, or any text. Two are in force while one takes the place of the other.
    """
    moment = str(int(at.timestamp()))
    signed = f"{id}.{moment}.".encode() + body
    marks = [f"v1,{base64.b64encode(_mac(secret, signed)).decode()}" for secret in secrets]
    return {
        "webhook-id": id,
        "webhook-timestamp": moment,
        "webhook-signature": " ".join(marks),
        "X-Signature": f"sha256={_mac(secrets[0], body).hex()}" if secrets else "",
    }


def _mac(secret: str, data: bytes) -> bytes:
    return hmac.new(_key(secret), data, hashlib.sha256).digest()


def _key(secret: str) -> bytes:
    if not secret.startswith(PREFIX):
        return secret.encode()
    return base64.b64decode(secret.removeprefix(PREFIX))
