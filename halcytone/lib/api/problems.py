"""Every error of the API in one shape: RFC 9457 `application/problem+json`.

`{type, title, status, detail, instance, code, errors: [{code, detail, attr, line?, hint?}], request_id,
timestamp, retry_after?}`. `code` is the same word as in the admin and the log.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import structlog
from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.db import OperationalError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views import defaults
from rest_framework import exceptions
from rest_framework.renderers import JSONRenderer
from rest_framework.response import Response
from rest_framework.views import set_rollback

from halcytone.lib import errors

MEDIA_TYPE = "application/problem+json"
DATABASE_RETRY_S = 5
log = structlog.get_logger(__name__)


class TooLarge(exceptions.APIException):
    status_code = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    default_detail = "The request is larger than this address takes."
    default_code = "too_large"


class PreconditionRequired(exceptions.APIException):
    status_code = HTTPStatus.PRECONDITION_REQUIRED
    default_detail = "Say which version you change: send its ETag as If-Match."
    default_code = "precondition_required"


@dataclass(frozen=True, slots=True)
class Problem:
    """What went wrong, before it is bound to a request."""

    status: int
    code: str
    detail: str
    errors: tuple[Mapping[str, Any], ...] = ()
    headers: Mapping[str, str] | None = None

    def body(self, request: HttpRequest) -> dict[str, Any]:
        headers = self.headers or {}
        wait = {"retry_after": int(headers["Retry-After"])} if "Retry-After" in headers else {}
        return {
            "type": f"urn:halcytone:problem:{self.code}",
            "title": HTTPStatus(self.status).phrase,
            "status": self.status,
            "detail": self.detail,
            "instance": request.path,
            "code": self.code,
            "errors": list(self.errors),
            "request_id": request.headers.get("X-Request-ID", ""),
            "timestamp": timezone.now().isoformat().replace("+00:00", "Z"),
            **wait,
        }


def handle(error: Exception, context: Mapping[str, Any]) -> Response | None:
    """Answer an exception of a view; None leaves a bug to Django, which logs it with its trace."""
    problem = read(error)
    if problem is None:
        return None
    set_rollback()
    request = context["request"]
    request.accepted_renderer, request.accepted_media_type = JSONRenderer(), MEDIA_TYPE
    body = problem.body(request)
    return Response(body, problem.status, headers=problem.headers, content_type=MEDIA_TYPE)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer what never came to a view (Django's `handler400`): under /api/ in the same shape."""
    if not request.path.startswith("/api/"):
        return defaults.bad_request(request, exception)
    return _at_once(request, Problem(400, "bad_request", "The request cannot be read."))


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer an address beside the API (Django's `handler404`): under /api/ in the same shape."""
    if not request.path.startswith("/api/"):
        return defaults.page_not_found(request, exception)
    detail = "There is nothing at this address. The routes are at /api/docs."
    return _at_once(request, Problem(404, "not_found", detail))


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer a bug (Django's `handler500`): under /api/ in the same shape. Nothing of it is shown."""
    if not request.path.startswith("/api/"):
        return defaults.server_error(request)
    detail = "Something broke on our side. It has been written down."
    return _at_once(request, Problem(500, "server_error", detail))


def read(error: Exception) -> Problem | None:
    """Return the problem that an exception means, or None for a bug."""
    if isinstance(error, errors.HalcytoneError):
        return _own(error)
    if isinstance(error, Http404):
        error = exceptions.NotFound()
    elif isinstance(error, PermissionDenied):
        error = exceptions.PermissionDenied(*error.args)
    elif isinstance(error, RequestDataTooBig):
        error = TooLarge()
    elif isinstance(error, SuspiciousOperation):
        error = exceptions.ParseError()
    elif isinstance(error, OperationalError):
        log.error("database_away", error=type(error).__name__)
        return _waiting(503, "database_away", "The database does not answer.", DATABASE_RETRY_S)
    return _framework(error) if isinstance(error, exceptions.APIException) else None


def _at_once(request: HttpRequest, problem: Problem) -> HttpResponse:
    return JsonResponse(problem.body(request), status=problem.status, content_type=MEDIA_TYPE)


def _own(error: errors.HalcytoneError) -> Problem:
    text = str(error)
    if isinstance(error, errors.Invalid):
        status = 413 if error.code == "too_large" else 400
        return Problem(status, error.code, text, tuple(_entry(each) for each in error.problems))
    if isinstance(error, errors.Unavailable):
        return _waiting(503, error.code, text, error.retry_after_s)
    if isinstance(error, errors.NotAllowed):
        return Problem(403, error.code, text)
    if isinstance(error, errors.WrongState):
        return Problem(412 if error.code == "version_mismatch" else 409, error.code, text)
    return Problem(409, error.code, text)


def _framework(error: exceptions.APIException) -> Problem:
    headers: dict[str, str] = {}
    if challenge := getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = challenge
    if wait_s := getattr(error, "wait", None):
        headers["Retry-After"] = str(int(wait_s))
    if isinstance(error, exceptions.ValidationError):
        entries = tuple(_flat(error.detail))
        detail = "; ".join(f"{each['attr']}: {each['detail']}".lstrip(": ") for each in entries)
        return Problem(400, "invalid", detail, entries)
    code = error.get_codes()
    return Problem(int(error.status_code), str(code), str(error.detail), headers=headers or None)


def _waiting(status: int, code: str, detail: str, wait_s: int | None) -> Problem:
    return Problem(
        status, code, detail, headers=None if wait_s is None else {"Retry-After": str(wait_s)}
    )


def _entry(problem: errors.Problem) -> dict[str, Any]:
    entry = {"code": problem.code, "detail": problem.message, "attr": problem.attr}
    more = {"line": problem.line, "hint": problem.hint}
    return entry | {name: value for name, value in more.items() if value not in (None, "")}


def _flat(detail: Any, attr: str = "") -> Iterator[dict[str, Any]]:
    """Yield one entry for each message of a nested detail; `attr` is its path, joined by dots."""
    if isinstance(detail, Mapping):
        for name, inner in detail.items():
            own = "" if name == "non_field_errors" else str(name)
            yield from _flat(inner, ".".join(part for part in (attr, own) if part))
    elif isinstance(detail, list):
        for number, inner in enumerate(detail):
            is_nested = isinstance(inner, Mapping | list)
            yield from _flat(inner, f"{attr}.{number}" if is_nested else attr)
    else:
        yield {"code": getattr(detail, "code", "invalid"), "detail": str(detail), "attr": attr}
