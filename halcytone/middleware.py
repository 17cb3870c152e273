"""What every answer carries: the id of its request, how far outbound reaches, what is left of a limit."""

import re
import uuid
from collections.abc import Callable

import structlog
from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django_structlog.middlewares import RequestMiddleware

from halcytone.lib.api import limits

GOOD_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")


class RequestMarks:
    """Accepts an X-Request-ID of 8 to 64 of `[A-Za-z0-9._-]`, replaces any other, and echoes it.

    Stands before the log's middleware, which then writes the same id on every line.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        given = request.META.get("HTTP_X_REQUEST_ID", "")
        request_id = given if GOOD_ID.fullmatch(given) else uuid.uuid4().hex
        request.META["HTTP_X_REQUEST_ID"] = request_id
        response = self.get_response(request)
        response["X-Request-ID"] = request_id
        response["X-Outbound-Mode"] = settings.OUTBOUND
        for name, value in limits.headers(request).items():
            response[name] = value
        return response


class ContentPolicy:
    """Tells browsers that our pages run our own scripts alone, and speak to this host alone.

    A page that says something stricter of itself keeps it. Unfold's pages of rows are written for
    Alpine, which reads its attributes by `eval`.
    """

    RULES = (
        "default-src 'self'; script-src 'self'{scripts}; style-src 'self' 'unsafe-inline'; "
        "img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'; "
        "frame-ancestors 'none'"
    )

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        match = request.resolver_match
        is_of_rows = match is not None and match.app_name == "admin"
        rules = self.RULES.format(scripts=" 'unsafe-eval'" if is_of_rows else "")
        response.headers.setdefault("Content-Security-Policy", rules)
        return response


class RequestLog(RequestMiddleware):
    """Writes the path of each request to the log, and not its query: links of mails carry tokens there.

    The address is the one that limits count by: a caller cannot choose it.
    """

    @staticmethod
    def format_request(request: HttpRequest) -> str:
        return f"{request.method} {request.path}"

    @classmethod
    def bind_ip(cls, request: HttpRequest) -> None:
        structlog.contextvars.bind_contextvars(ip=limits.address(request))
