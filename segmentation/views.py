"""The pages behind the links of every mail: unsubscribe, and preferences. No sign-in, no cookie.

The signed token is the authority, so POST needs no CSRF token. GET and HEAD change nothing, so that
a scanner that opens every link of a mail unsubscribes nobody (RFC 8058).
"""

from collections.abc import Callable
from functools import wraps
from ipaddress import ip_address
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from halcytone.lib.errors import Invalid
from segmentation.services import preferences, unsubscribe

View = Callable[[HttpRequest], HttpResponse]


def public(view: View) -> View:
    """Answer a wrong link with a page that says what to do; keep tokens out of caches and referrers."""

    @wraps(view)
    def answer(request: HttpRequest) -> HttpResponse:
        try:
            response = view(request)
        except Invalid as error:
            response = page("broken", status=404, reason=str(error))
        response["Cache-Control"] = "no-store"
        response["Referrer-Policy"] = "no-referrer"
        response["X-Robots-Tag"] = "noindex, nofollow"
        return response

    return csrf_exempt(require_http_methods(["GET", "HEAD", "POST"])(answer))


@public
def unsubscribe_page(request: HttpRequest) -> HttpResponse:
    """One button on GET; on POST the row exists before the answer.

    The body is not looked at: "List-Unsubscribe=One-Click" from a mailbox provider and the button
    of the page mean the same, and no spelling of it may lose her wish.
    """
    token = request.GET.get("u", "")
    if request.method == "POST":
        reader = unsubscribe.apply(token, **proof(request))
        return page("unsubscribed", token=token, reader=reader, mail=name_of(reader))
    reader = unsubscribe.reader(token)
    return page("unsubscribe", token=token, reader=reader, mail=name_of(reader))


@public
def preferences_page(request: HttpRequest) -> HttpResponse:
    """What she gets, each with a switch. "Stop everything" is a button of its own."""
    token = request.GET.get("u", "")
    reader = unsubscribe.reader(token)
    if request.method == "POST":
        save(request, reader)
    contact = reader.contact
    return page(
        "preferences",
        token=token,
        contact=contact,
        choices=preferences.choices(contact, purpose=reader.purpose, list=reader.list),
        languages=_languages(contact.language),
        is_stopped=preferences.is_stopped_otherwise(contact),
        is_saved=request.method == "POST",
    )


def save(request: HttpRequest, reader: unsubscribe.Reader) -> None:
    """Record what the form says."""
    shown = preferences.choices(reader.contact, purpose=reader.purpose, list=reader.list)
    if "stop" in request.POST:
        preferences.stop_all(reader.contact, shown=shown, **proof(request))
        return
    preferences.save(
        reader.contact,
        shown=shown,
        wanted=set(request.POST.getlist("on")),
        language=request.POST.get("language", ""),
        **proof(request),
    )


def page(name: str, *, status: int = 200, **context: Any) -> HttpResponse:
    """Render a page without the session: it sets no cookie and asks for nothing but itself."""
    html = render_to_string(f"segmentation/{name}.html", {"site": settings.SITE, **context})
    return HttpResponse(html, status=status)


def name_of(reader: unsubscribe.Reader) -> str:
    """Return the words for the mail a link came with; "" for all mail."""
    return reader.list.replace("-", " ").replace("_", " ")


def proof(request: HttpRequest) -> dict[str, Any]:
    """Return where a wish came from: {"ip", "user_agent"}, for the ledger of consent."""
    return {"ip": _ip(request), "user_agent": request.headers.get("User-Agent", "")[:300]}


def _ip(request: HttpRequest) -> str | None:
    """Return the address of the caller; behind the proxy of production, what that proxy says."""
    text = request.META.get("REMOTE_ADDR", "")
    if settings.SECURE_PROXY_SSL_HEADER:
        text = request.headers.get("X-Forwarded-For", text).rpartition(",")[2].strip()
    try:
        return str(ip_address(text))
    except ValueError:
        return None


def _languages(current: str) -> list[tuple[str, str]]:
    known = dict(preferences.LANGUAGES)
    return list({**({} if current in known else {current: current}), **known}.items())
