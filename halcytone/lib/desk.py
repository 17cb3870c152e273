"""What the desk's views share: staff only, never cached, refusals said in words."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache

from halcytone.lib import rights
from halcytone.lib.errors import HalcytoneError, Invalid

View = Callable[..., HttpResponse]
PAGE_SIZE = 40


def page(*permissions: str) -> Callable[[View], View]:
    """Make a view a page of the desk: for signed-in staff with one of the permissions."""

    def decorate(view: View) -> View:
        @never_cache
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if not request.user.is_authenticated or not request.user.is_staff:
                return redirect_to_login(request.get_full_path())
            if permissions and not rights.may(request.user, *permissions):
                raise PermissionDenied(rights.who_may(permissions[0]))
            return view(request, *args, **kwargs)

        return guarded

    return decorate


def act(
    request: HttpRequest, call: Callable[[], Any], *, done: str, to: str, failed_to: str = ""
) -> HttpResponseRedirect:
    """Call a service, say what came of it, and go to `to` (or `failed_to` after a refusal)."""
    try:
        call()
    except Invalid as error:
        for problem in error.problems:
            place = f"{problem.attr}: " if problem.attr else ""
            messages.error(request, " ".join(filter(None, [place + problem.message, problem.hint])))
    except HalcytoneError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, done)
        return HttpResponseRedirect(to)
    return HttpResponseRedirect(failed_to or to)


def id_of(text: str) -> int | None:
    """Return the id that a form or an address names; None for any text that is no id."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= 18 else None


def way_back(request: HttpRequest, default: str) -> str:
    """Return the page of this desk that the form asks to go back to; any other address is not taken."""
    asked = request.POST.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(asked, {request.get_host()}, request.is_secure())
    return asked if is_ours else default


def listing(request: HttpRequest, rows: QuerySet[Any], size: int = PAGE_SIZE) -> Page[Any]:
    """Return the page of rows that `?page=` names."""
    return Paginator(rows, size).get_page(request.GET.get("page"))


def address(request: HttpRequest, **changes: Any) -> str:
    """Return the present address with query parameters changed; None removes one."""
    query = {**request.GET.dict(), **changes}
    return "?" + urlencode({key: value for key, value in query.items() if value not in (None, "")})


def pills(request: HttpRequest, name: str, choices: list[tuple[str, str]]) -> list[dict[str, Any]]:
    """Return links that filter a list by one query parameter; the current one is marked."""
    current = request.GET.get(name, "")
    return [
        {
            "word": word,
            "url": address(request, **{name: value, "page": None}),
            "is_current": value == current,
        }
        for value, word in [("", "All"), *choices]
    ]
