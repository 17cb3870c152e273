"""Where tracked links and images of openings lead. Public, quick, and no way to anywhere else."""

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.utils.encoding import iri_to_uri
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from halcytone.lib.api import limits
from publishing import tracking
from publishing.services import hits

#: A GIF of one transparent dot.
DOT = (
    b"GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff!\xf9\x04\x01\x00\x00\x00\x00"
    b",\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;"
)
#: Hits that one address makes with one token in a minute and that are written down. A part's token is in
#: many mails, and a mailbox provider's proxy loads for all of them.
MOST_OF_ROW, MOST_OF_PART = 60, 6_000
PREFETCH = ("Purpose", "Sec-Purpose", "X-Moz", "X-Purpose")


@csrf_exempt
@require_safe
def follow(request: HttpRequest, token: str) -> HttpResponseBase:
    """Count a click and lead on to where the link of this token leads now; 404 for any other token."""
    goal = _goal(token, is_open=False)
    _record(goal, request, token, kind=hits.CLICKED)
    return _quiet(HttpResponse(status=302, headers={"Location": iri_to_uri(goal.target)}))


@csrf_exempt
@require_safe
def opened(request: HttpRequest, token: str) -> HttpResponseBase:
    """Count an opening and answer with one dot."""
    goal = _goal(token, is_open=True)
    _record(goal, request, token, kind=hits.OPENED)
    return _quiet(HttpResponse(DOT, content_type="image/gif"))


def visit(request: HttpRequest) -> hits.Visit:
    """Return what a request shows of itself."""
    words = " ".join(request.headers.get(name, "") for name in PREFETCH).lower()
    return hits.Visit(
        ip=limits.address(request),
        agent=request.headers.get("User-Agent", "")[:300],
        is_head=request.method == "HEAD",
        is_prefetch="prefetch" in words or "preview" in words,
    )


def _goal(token: str, *, is_open: bool) -> hits.Goal:
    tracked = tracking.read(token)
    goal = hits.goal(tracked) if tracked and tracked.is_open == is_open else None
    if goal is None:
        raise Http404
    return goal


def _record(goal: hits.Goal, request: HttpRequest, token: str, *, kind: str) -> None:
    """Write a hit down, unless somebody floods us with them: she is led on all the same."""
    made = visit(request)
    most = MOST_OF_ROW if goal.delivery else MOST_OF_PART
    counted = limits.counters(settings.LIMITS_URL).count("hit", f"{token}:{made.ip}", most)
    if not counted.is_over:
        hits.record(goal, made, kind=kind)


def _quiet(response: HttpResponse) -> HttpResponse:
    """Keep an answer out of caches, referrers and search."""
    response["Cache-Control"] = "no-store"
    response["Referrer-Policy"] = "no-referrer"
    response["X-Robots-Tag"] = "noindex, nofollow"
    return response
