"""Where Google and Notion tell that something changed. What they say is a hint: it is read from there.

A notice only makes documents due, so hearing one twice does no harm. Without its secret a route is off,
but for the one token of a new webhook at Notion, while an administrator waits for it (`manage.py notion_hook`).
"""

import hashlib
import hmac
import json
from collections.abc import Callable, Iterator
from functools import wraps
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from content.models import Document
from content.services import hook_tokens, rounds
from halcytone.lib.api import problems

MAX_BYTES = 65_536
#: What a Notion event may be about: fields of `data.parent` that hold an id.
PARENTS = ("id", "database_id", "data_source_id")
View = Callable[[HttpRequest, bytes], HttpResponse]
Check = Callable[[HttpRequest, bytes, str], bool]


def hook(
    setting: str, is_theirs: Check, takes: Callable[[bytes], bool] = lambda _body: False
) -> Callable[[View], Callable[[HttpRequest], HttpResponse]]:
    """Let a notice in when `is_theirs(request, body, secret)`; the view is given the body.

    `takes` is asked first, and answers whether the body was no notice and is dealt with.
    """

    def decorated(view: View) -> Callable[[HttpRequest], HttpResponse]:
        @wraps(view)
        def answer(request: HttpRequest) -> HttpResponse:
            secret = getattr(settings, setting)
            body = request.read(MAX_BYTES + 1)
            if len(body) > MAX_BYTES:
                why = f"A notice has at most {MAX_BYTES:,} bytes."
                return _problem(request, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too_large", why)
            if takes(body):
                return HttpResponse()
            if not secret:
                why = (
                    f"Notices are not taken here. Whoever runs this installation may set {setting}."
                )
                return _problem(request, HTTPStatus.NOT_FOUND, "off", why)
            if not is_theirs(request, body, secret):
                why = f"This is not signed with {setting}. Set the same secret on both sides."
                return _problem(request, HTTPStatus.UNAUTHORIZED, "wrong_signature", why)
            return view(request, body)

        return csrf_exempt(require_POST(answer))

    return decorated


def _has_token(request: HttpRequest, _body: bytes, secret: str) -> bool:
    return constant_time_compare(request.headers.get("X-Goog-Channel-Token", ""), secret)


def _is_signed(request: HttpRequest, body: bytes, secret: str) -> bool:
    right = "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return constant_time_compare(request.headers.get("X-Notion-Signature", ""), right)


@hook("GOOGLE_HOOK_TOKEN", _has_token)
def google(request: HttpRequest, _body: bytes) -> HttpResponse:
    """A push notice of Drive's change list; `sync` only says that the channel is open.

    https://developers.google.com/workspace/drive/api/guides/push
    """
    if request.headers.get("X-Goog-Resource-State", "") != "sync":
        rounds.told(Document.Kind.GOOGLE_DOCS)
    return HttpResponse()


def _is_verification(body: bytes) -> bool:
    """Take the unsigned token of a new webhook, if anybody waits for it."""
    event = _read(body)
    token = event.get("verification_token") if event and len(event) == 1 else None
    return isinstance(token, str) and hook_tokens.take(token)


def _read(body: bytes) -> dict[str, Any] | None:
    try:
        event = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return event if isinstance(event, dict) else None


@hook("NOTION_HOOK_SECRET", _is_signed, _is_verification)
def notion(request: HttpRequest, body: bytes) -> HttpResponse:
    """An event of a page or database, signed with the verification token of the subscription.

    https://developers.notion.com/reference/webhooks
    """
    event = _read(body)
    if event is None:
        why = "The body is not a JSON object."
        return _problem(request, HTTPStatus.BAD_REQUEST, "parse_error", why)
    rounds.told_of(Document.Kind.NOTION, set(_ids(event)), timezone.now())
    return HttpResponse()


def _ids(event: dict[str, Any]) -> Iterator[str]:
    """Yield the ids of what changed, and of what it lies in."""
    entity, parent = event.get("entity"), event.get("data")
    parent = parent.get("parent") if isinstance(parent, dict) else None
    for row, names in ((entity, ("id",)), (parent, PARENTS)):
        if isinstance(row, dict):
            yield from (row[name] for name in names if isinstance(row.get(name), str))


def _problem(request: HttpRequest, status: HTTPStatus, code: str, detail: str) -> HttpResponse:
    body = problems.Problem(status, code, detail).body(request)
    return JsonResponse(body, status=status, content_type=problems.MEDIA_TYPE)
