"""Stopping the presses, from the desk and by a link of one's own; lifting stops; whose database it is."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.http import require_http_methods, require_POST

from halcytone.lib import desk
from halcytone.lib.errors import NotAllowed
from publishing.models import Account, Release, Stop, StopLink
from publishing.services import installation, presses, stop_links

RELEASES = ("Releases", "/admin/releases/")
#: A page on which nothing but its own form is reached.
POLICY = (
    "default-src 'none'; style-src 'self' 'unsafe-inline'; font-src 'self'; img-src 'self' data:; "
    "script-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


def open_stops() -> list[Stop]:
    rows = Stop.objects.filter(lifted_at__isnull=True)
    return list(rows.select_related("stopped_by", "lift_asked_by", "account", "release__draft"))


@require_POST
@desk.page("publishing.stop_presses")
def stop_presses(request: HttpRequest) -> HttpResponse:
    """Stop everything, or what `scope` names: `channel:x`, `account:3`, `release:7`."""
    scope, _, named = request.POST.get("scope", "").partition(":")
    reason = request.POST.get("reason", "")
    return desk.act(
        request,
        lambda: presses.stop(by=request.user, reason=reason, **_named(scope, named)),
        done="Stopped. Nothing of it is claimed until two people lift it.",
        to=desk.way_back(request, RELEASES[1]),
    )


def _named(scope: str, named: str) -> dict[str, Any]:
    match scope:
        case "channel":
            return {"channel": named}
        case "account":
            return {"account": get_object_or_404(Account, pk=desk.id_of(named))}
        case "release":
            return {"release": get_object_or_404(Release, pk=desk.id_of(named))}
    return {}


@require_POST
@desk.page("publishing.lift_stop")
def stop_lift(request: HttpRequest, pk: int) -> HttpResponse:
    """The first person asks, the second lifts."""
    row = get_object_or_404(Stop, pk=pk)
    service = presses.lift if row.lift_asked_by_id else presses.ask_lift
    done = "Lifted." if row.lift_asked_by_id else "Asked. Another person can lift it now."
    return desk.act(request, lambda: service(row, by=request.user), done=done, to=RELEASES[1])


@desk.page("publishing.stop_presses")
def stop_link_list(request: HttpRequest) -> HttpResponse:
    """The links of this person; those of all for who may lift stops."""
    rows = StopLink.objects.open().select_related("person")
    if not request.user.has_perm("publishing.lift_stop"):
        rows = rows.filter(person=request.user.pk)
    trail = [RELEASES, ("Links that stop", "")]
    context = {"title": "Links that stop the presses", "links": rows, "trail": trail}
    return render(request, "publishing/stop_links.html", context)


@require_POST
@desk.page("publishing.stop_presses")
def stop_link_add(request: HttpRequest) -> HttpResponse:
    """Make a link of one's own, and show it this once."""
    link, token = stop_links.create(by=request.user)
    trail = [RELEASES, ("Links that stop", reverse("publishing:stop-links")), ("A new one", "")]
    context = {
        "title": "Your link",
        "link": link,
        "address": stop_links.address(token),
        "trail": trail,
    }
    return render(request, "publishing/stop_link_made.html", context)


@require_POST
@desk.page("publishing.stop_presses")
def stop_link_revoke(request: HttpRequest, pk: int) -> HttpResponse:
    link = get_object_or_404(StopLink, pk=pk)
    return desk.act(
        request,
        lambda: stop_links.revoke(link, by=request.user),
        done="Taken back. It leads nowhere now.",
        to=reverse("publishing:stop-links"),
    )


@never_cache
@csrf_protect
@require_http_methods(["GET", "HEAD", "POST"])
def by_link(request: HttpRequest, token: str) -> HttpResponse:
    """GET and HEAD only show, so that no scanner stops the presses; a POST of the page's form acts."""
    try:
        link = stop_links.find(token)
    except NotAllowed as error:
        return _apart(request, "approvals/link_gone.html", {"sentence": str(error)}, code=404)
    stop, is_new = None, False
    if request.method == "POST":
        stop, is_new = stop_links.use(link, reason=request.POST.get("reason", ""))
    context = {"link": link, "stop": stop, "is_new": is_new, "token": token, "stops": open_stops()}
    return _apart(request, "publishing/stop_link.html", context)


def _apart(request: HttpRequest, template: str, context: Any, code: int = 200) -> HttpResponse:
    response = render(request, template, context, status=code)
    response["Content-Security-Policy"] = POLICY
    response["Referrer-Policy"] = "same-origin"
    response["X-Robots-Tag"] = "noindex, nofollow, noarchive"
    return response


@desk.page("publishing.view_release")
def installation_page(request: HttpRequest) -> HttpResponse:
    """Whose database it is; on a copy, what is overdue and was on its way, before anybody claims it."""
    context = {
        "title": "This installation",
        "holder": installation.lease(),
        "is_ours": installation.holds_lease(),
        "why_not": installation.why_not(),
        "overdue": installation.overdue(),
        "trail": [RELEASES, ("This installation", "")],
    }
    return render(request, "publishing/installation.html", context)


@require_POST
@desk.page("publishing.claim_installation")
def installation_claim(request: HttpRequest) -> HttpResponse:
    return desk.act(
        request,
        lambda: installation.claim(request.user),
        done="This installation sends from now on; any other copy has stopped.",
        to=RELEASES[1],
    )
