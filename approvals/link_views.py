"""The page behind a named review link: no account, no session, nothing but this one review.

GET and HEAD change nothing but the log of openings, so that no scanner or preview decides. A decision is a
POST with the CSRF token of the page and the code that a person reads on it and types.
Source: approvals specification §11.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.middleware.csrf import get_token
from django.template.loader import render_to_string
from django.urls import reverse
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from approvals.models import Decision, ReviewLink
from approvals.services import boards, eligibility, link_voices, links, talk
from approvals.services.boards import Board
from approvals.services.talk import About
from content import frames
from content.models import Rendition
from halcytone.lib import desk
from halcytone.lib.errors import HalcytoneError, Invalid, NotAllowed, WrongState

View = Callable[..., HttpResponse]
#: A page of one review in which nothing but its own frames and posts is reached.
POLICY = (
    "default-src 'none'; style-src 'self' 'unsafe-inline'; script-src 'self'; img-src 'self' data:; "
    "font-src 'self'; frame-src 'self'; connect-src 'none'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
FRAME_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data: https:; "
    "frame-ancestors 'self'; sandbox"
)


def private(view: View) -> View:
    """Keep an answer out of caches, indexes and referrers; a wrong token gets one page, whatever is wrong."""

    @wraps(view)
    def answer(request: HttpRequest, token: str, **given: Any) -> HttpResponse:
        try:
            response = view(request, links.find(token), token, **given)
        except NotAllowed as error:
            if error.code != "link_gone":
                raise
            html = render_to_string("approvals/link_gone.html", {"sentence": links.GONE})
            response = HttpResponse(html, status=404)
        response.headers.setdefault("Content-Security-Policy", POLICY)
        response["Cache-Control"] = "no-store, private"
        response["Referrer-Policy"] = (
            "same-origin"  # "no-referrer" would take the origin from POSTs too
        )
        response["X-Robots-Tag"] = "noindex, nofollow, noarchive"
        return response

    return answer


@csrf_protect
@require_http_methods(["GET", "HEAD", "POST"])
@private
def page(request: HttpRequest, link: ReviewLink, token: str) -> HttpResponse:
    if request.method == "POST":
        return _posted(request, link, token, lambda: _decide(request, link))
    links.note_opening(link, request.headers.get("User-Agent", ""))
    return _shown(request, link, token)


@csrf_protect
@require_POST
@private
def comment(request: HttpRequest, link: ReviewLink, token: str) -> HttpResponse:
    posted = request.POST
    about = About(posted.get("format", ""), "", posted.get("quote", ""))
    thread = desk.id_of(posted.get("thread", ""))
    text = posted.get("text", "")
    act = lambda: links.comment(link, text=text, about=about, thread=thread)  # noqa: E731
    return _posted(request, link, token, act)


@xframe_options_sameorigin
@require_safe
@private
def frame(request: HttpRequest, link: ReviewLink, token: str, *, format: str) -> HttpResponse:
    """One rendition alone, exactly as its readers see it. Scripts, forms and other hosts are closed off."""
    rendition = _renditions(link, boards.read(link.review)).get(format)
    if rendition is None or format not in frames.HTML_FORMATS:
        raise Http404
    response = HttpResponse(frames.page(rendition, is_dark=request.GET.get("dark") == "1"))
    response["Content-Security-Policy"] = FRAME_POLICY
    return response


def _decide(request: HttpRequest, link: ReviewLink) -> None:
    posted = request.POST
    formats = posted.getlist("formats")
    links.decide(
        link,
        code=posted.get("code", ""),
        verdict=posted.get("verdict", ""),
        formats=formats or None,
        reason=posted.get("reason", ""),
        comment=posted.get("comment", ""),
        shown={name: posted.get(f"shown-{name}", "") for name in formats},
    )


def _posted(
    request: HttpRequest, link: ReviewLink, token: str, act: Callable[[], None]
) -> HttpResponse:
    """Do what was posted and show the page anew; a refusal keeps what was typed."""
    try:
        act()
    except Invalid as error:
        return _shown(request, link, token, error=error, status=422)
    except WrongState as error:
        return _shown(request, link, token, error=error, status=409)
    except NotAllowed as error:
        if error.code == "link_gone" or not ReviewLink.objects.open().filter(pk=link.pk).exists():
            raise NotAllowed(links.GONE, code="link_gone") from error
        return _shown(request, link, token, error=error, status=403)
    return HttpResponseRedirect(reverse("review-link", args=[token]), status=303)


def _shown(
    request: HttpRequest,
    link: ReviewLink,
    token: str,
    *,
    error: HalcytoneError | None = None,
    status: int = 200,
) -> HttpResponse:
    board = boards.read(link.review)
    rows = _renditions(link, board)
    asked = [] if link.comment_only else link_voices.asked(board, link)
    context = {
        "link": link,
        "token": token,
        "csrf": get_token(request),
        "draft": board.draft,
        "shown": [frames.shown(each) for each in rows.values()],
        "asked": [(rows[name], board.seals[name].sha256) for name in asked if name in rows],
        "given": link_voices.given(link),
        "threads": talk.board(link.review, rows=link.review.threads.filter(is_shared=True)),
        "reasons": Decision.Reason.choices,
        "error": error,
        "typed": request.POST if error else {},
    }
    return HttpResponse(render_to_string("approvals/link.html", context), status=status)


def _renditions(link: ReviewLink, board: Board) -> dict[str, Rendition]:
    """Return what the link's stage looks at; everything where nobody of it looks at one alone."""
    looked_at = {
        name: each
        for name, each in board.renditions.items()
        if eligibility.looking(link.stage, name)
    }
    return looked_at or dict(board.renditions)
