"""Where services outside tell what became of mails, posts and pages: `/hooks/…`.

Verified, written down, answered; what follows from it is a worker's. Without its secret a hook is off.
"""

from collections.abc import Callable, Sequence
from functools import wraps
from http import HTTPStatus

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from halcytone.lib.api import problems
from halcytone.lib.errors import HalcytoneError, Invalid
from publishing import tasks
from publishing.hooks import houses, networks, services, signing
from publishing.hooks.told import Told
from publishing.services import inbound

MAX_BYTES = 1_048_576
View = Callable[[HttpRequest, str, str], HttpResponse]


class Unsigned(HalcytoneError):
    """The call carries no signature of whoever it says it is."""


class Off(HalcytoneError):
    """This hook is not set up, or there is none of this name."""


def hook(*methods: str, signed_with: str = "{}") -> Callable[[View], Callable[..., HttpResponse]]:
    """Give a view its name and the secret of that hook, and answer what it refuses.

    `signed_with` names the entry of HOOK_SECRETS; `{}` is the name in the address.
    """

    def decorated(view: View) -> Callable[..., HttpResponse]:
        @wraps(view)
        def answer(request: HttpRequest, name: str) -> HttpResponse:
            if int(request.META.get("CONTENT_LENGTH") or 0) > MAX_BYTES:
                why = f"A notice has at most {MAX_BYTES:,} bytes."
                return _problem(request, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too_large", why)
            try:
                return view(request, name, _secret(signed_with.format(name)))
            except Off as error:
                return _problem(request, HTTPStatus.NOT_FOUND, "off", str(error))
            except Unsigned as error:
                return _problem(request, HTTPStatus.UNAUTHORIZED, "wrong_signature", str(error))
            except Invalid as error:
                return _problem(request, HTTPStatus.BAD_REQUEST, error.code, str(error))

        return csrf_exempt(require_http_methods(["POST", *methods])(answer))

    return decorated


@hook("HEAD", signed_with="email")
def email(request: HttpRequest, name: str, secret: str) -> HttpResponse:
    """A mail service tells what became of mails: `name` is its name at django-anymail."""
    if not services.is_known(name):
        raise Off(f"No mail service is called {name[:40]} here.")
    if request.method == "HEAD":  # some look whether we are there when they are set up
        return HttpResponse()
    try:
        told = services.read(name, request, secret)
    except services.Off as error:
        raise Off(f"Set up what {name} signs with. {error}") from error
    if told is None:
        raise Unsigned("Sign in with HOOK_SECRET_EMAIL, and sign as the service does.")
    return _taken(f"email:{name}", told)


@hook()
def house(request: HttpRequest, name: str, secret: str) -> HttpResponse:
    """CRM and Platform tell what happened there."""
    _require_signed(request, name, secret)
    return _taken(name, houses.read(request.body, timezone.now()))


@hook()
def caches(request: HttpRequest, name: str, secret: str) -> HttpResponse:
    """Somebody tells that pages changed, or that a deployment is out: caches forget them."""
    _require_signed(request, name, secret)
    return _taken(name, houses.read(request.body, timezone.now()))


@hook("GET")
def network(request: HttpRequest, name: str, secret: str) -> HttpResponse:
    """A network asks whether we are there (GET), or tells of comments, mentions, deletions, tokens."""
    if name not in networks.NETWORKS:
        raise Off(f"No network is called {name[:40]} here.")
    if request.method == "GET":
        reply = networks.NETWORKS[name].challenge(request.GET.dict(), secret)
        if reply is None:
            raise Unsigned(f"This challenge is not one of {name}, or names another token.")
        if isinstance(reply, dict):
            return JsonResponse(reply)
        return HttpResponse(reply, content_type="text/plain; charset=utf-8")
    if not networks.is_signed(name, request.headers, request.body, secret):
        raise Unsigned(f"This is not signed with HOOK_SECRET_{name.upper()}.")
    return _taken(f"network:{name}", networks.read(name, request.body, timezone.now()))


def _secret(name: str) -> str:
    found: str = settings.HOOK_SECRETS.get(name, "")
    if not found:
        variable = f"HOOK_SECRET_{name.upper()}"
        raise Off(f"Nothing is taken here. Whoever runs this installation may set {variable}.")
    return found


def _require_signed(request: HttpRequest, name: str, secret: str) -> None:
    """Require `X-Signature` over the raw body and an `X-Timestamp` of the last five minutes."""
    if not signing.is_signed(request.headers.get("X-Signature", ""), secret, request.body):
        raise Unsigned(
            f"This is not signed with HOOK_SECRET_{name.upper()}. Set the same on both sides."
        )
    if not signing.is_fresh(request.headers.get("X-Timestamp"), timezone.now()):
        raise Unsigned("X-Timestamp is missing, or more than five minutes away.")


def _taken(source: str, told: Sequence[Told]) -> HttpResponse:
    new = inbound.receive(source, told)
    if new:
        tasks.wake(tasks.process_inbound)
    return JsonResponse({"received": len(told), "new": new})


def _problem(request: HttpRequest, status: HTTPStatus, code: str, detail: str) -> HttpResponse:
    body = problems.Problem(status, code, detail).body(request)
    return JsonResponse(body, status=status, content_type=problems.MEDIA_TYPE)
