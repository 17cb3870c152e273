"""Idempotency-Key: the same POST twice acts once and is answered twice with the first answer.

A key belongs to one person, after she was let in. Two at once: one runs, the other waits for its answer.
A first request that never came to its answer is not repeated: nobody can know whether it acted.
"""

import hashlib
import time
from datetime import timedelta
from typing import Any

from django.apps import apps
from django.http import HttpResponse
from django.utils import timezone
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

from halcytone.lib.errors import WrongState

HEADER = "Idempotency-Key"
MOST_CHARACTERS = 255
KEPT = timedelta(hours=24)
WAIT_S, PAUSE_S = 10.0, 0.05
SHOWN_ONCE = 0  # stands in the place of a status
KEPT_HEADERS = ("ETag", "Location")


class ReplayError(Exception):
    """The first answer is there already; carries it."""

    def __init__(self, response: HttpResponse) -> None:
        super().__init__()
        self.response = response


def begin(request: Request) -> Any:
    """Take the key of this request and return its row; None without a key.

    Raises ReplayError with the first answer, ValidationError for a key that is too long, and WrongState when
    the key stands for another request, or for one whose answer never came.
    """
    key = request.headers.get(HEADER, "")
    if not key:
        return None
    if len(key) > MOST_CHARACTERS:
        raise ValidationError({HEADER: [f"At most {MOST_CHARACTERS} characters"]})
    owner: Any = request.user
    rows = apps.get_model("access", "IdempotentRequest").objects.filter(owner=owner)
    rows.filter(created_at__lt=timezone.now() - KEPT).delete()
    digest = fingerprint(request)
    row, is_first = rows.get_or_create(owner=owner, key=key, defaults={"request_sha256": digest})
    if is_first:
        return row
    if row.request_sha256 != digest:
        raise WrongState("This Idempotency-Key was used for another request", code="key_reused")
    raise ReplayError(_answer(_awaited(row)))


def finish(row: Any, response: HttpResponse, *, is_secret: bool) -> None:
    """Keep the answer of a row. "Come again later" (503) frees the key instead.

    The body of a secret answer is not kept: asked again, it says that it was shown once.
    """
    if response.status_code == 503:
        row.delete()
        return
    row.status_code, row.body = response.status_code, response.content.decode()
    row.content_type = response.headers.get("Content-Type", "")
    row.headers = {name: response[name] for name in KEPT_HEADERS if name in response}
    if is_secret and response.status_code < 300:
        row.status_code, row.body = SHOWN_ONCE, ""
    row.save(update_fields=["status_code", "body", "content_type", "headers"])


def fingerprint(request: Request) -> str:
    """Return the SHA-256 of what is asked: method, address, type and body (files by their bytes)."""
    digest = hashlib.sha256(f"{request.method} {request.get_full_path()}\n".encode())
    kind = (request.content_type or "").partition(";")[0]
    digest.update(f"{kind}\n".encode())
    if kind.startswith("multipart/"):
        _add_form(digest, request)
    else:
        digest.update(request._request.body)
    return digest.hexdigest()


def _add_form(digest: Any, request: Request) -> None:
    data: Any = request.data
    for name in sorted(data):
        value = data[name]
        content = value.read() if hasattr(value, "read") else str(value).encode()
        if hasattr(value, "seek"):
            value.seek(0)
        digest.update(f"{name}\n{len(content)}\n".encode() + content)


def _awaited(row: Any) -> Any:
    """Return the row once its answer is there. Raises WrongState when it does not come."""
    end = time.monotonic() + WAIT_S
    while row.status_code is None:
        if time.monotonic() > end:
            raise WrongState(
                "The first request with this key has not been answered. Look whether it acted; "
                "then use another key.",
                code="key_in_progress",
            )
        time.sleep(PAUSE_S)
        row.refresh_from_db()
    return row


def _answer(row: Any) -> HttpResponse:
    if row.status_code == SHOWN_ONCE:
        raise WrongState("The answer was shown once and is not kept.", code="shown_once")
    response = HttpResponse(row.body, status=row.status_code, content_type=row.content_type)
    for name, value in row.headers.items():
        response[name] = value
    response["Idempotent-Replay"] = "true"
    return response
