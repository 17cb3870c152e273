"""The product's own public pages: what was released through the channel `site`. No sign-in, no cookie."""

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from functools import wraps
from typing import Any

from django.conf import settings
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.cache import get_conditional_response
from django.utils.feedgenerator import Atom1Feed
from django.utils.http import http_date
from django.views.decorators.http import require_safe

from content.formats import templates, web
from content.formats.base import Site
from halcytone.lib import canonical
from publishing.models import Page
from publishing.services import site

FRESH_S = 300  # a correction is seen by everybody after five minutes
ON_A_PAGE, IN_FEED, IN_SITEMAP = 20, 30, 50_000
POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' https: data:; base-uri 'none';"
    " form-action 'none'; frame-ancestors 'none'"
)
View = Callable[..., HttpResponse]
#: Characters that XML 1.0 cannot hold, however they are written.
NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


class WholeFeed(Atom1Feed):
    """Atom with the whole text of each entry beside its summary (RFC 4287, 4.1.3)."""

    def add_item_elements(self, handler: Any, item: dict[str, Any]) -> None:
        super().add_item_elements(handler, item)
        handler.addQuickElement("content", item["html"], {"type": "html"})


def public(view: View) -> View:
    """Have caches keep an answer for a while; nothing of it is anybody's own."""

    @wraps(view)
    def answer(request: HttpRequest, **where: str) -> HttpResponse:
        response = view(request, **where)
        response["Cache-Control"] = f"public, max-age={FRESH_S}"
        response["Content-Security-Policy"] = POLICY
        response["Referrer-Policy"] = "strict-origin-when-cross-origin"
        return response

    return require_safe(answer)


@public
def page(request: HttpRequest, *, folder: str, slug: str) -> HttpResponse:
    """Show a page as it was sealed; 410 for one that was withdrawn."""
    found = get_object_or_404(Page, path=f"/{folder}/{slug}")
    if found.state == Page.State.WITHDRAWN:
        return render(request, "publishing/site_gone.html", {"site": settings.SITE}, status=410)
    etag = _etag(found.sha256, found.key, found.state, templates.version("web"))
    return _conditional(request, etag, found.updated_at or found.published_at, lambda: _html(found))


@public
def index(request: HttpRequest) -> HttpResponse:
    """List what is published, the newest first."""
    pages = Paginator(Page.objects.listed().defer("body"), ON_A_PAGE)
    shown = pages.get_page(request.GET.get("page"))
    context = {"site": settings.SITE, "pages": shown, "base_url": settings.PRESS_URL.rstrip("/")}
    response = render(request, "publishing/site_index.html", context)
    return _conditional(request, _etag(response.content.decode()), None, lambda: response)


@public
def feed(request: HttpRequest) -> HttpResponse:
    """The newest pages as an Atom feed (RFC 4287), with their whole text."""
    name, base = settings.SITE["name"], settings.PRESS_URL.rstrip("/")
    atom = WholeFeed(
        title=f"{name} updates",
        link=f"{base}/updates/",
        description=f"What {name} publishes",
        feed_url=f"{base}/updates/feed.xml",
        author_name=name,
    )
    for each in Page.objects.listed()[:IN_FEED]:
        content = json.loads(each.body)
        atom.add_item(
            title=_for_xml(each.title),
            link=site.url(each),
            description=_for_xml(each.excerpt),
            html=_for_xml(content["html"]),
            unique_id=f"{base}{each.path}",
            pubdate=each.published_at,
            updateddate=each.updated_at or each.published_at,
            categories=tuple(map(_for_xml, content.get("tags", ()))),
        )
    return _xml(request, atom.writeString("utf-8"), "application/atom+xml")


@public
def sitemap(request: HttpRequest) -> HttpResponse:
    """Every page that is listed, as sitemaps.org has it."""
    rows = Page.objects.listed().values_list("path", "published_at", "updated_at")
    base = settings.PRESS_URL.rstrip("/")
    urls = [
        (f"{base}{path}", updated or published) for path, published, updated in rows[:IN_SITEMAP]
    ]
    response = render(request, "publishing/sitemap.xml", {"urls": urls}, "application/xml")
    return _xml(request, response.content.decode(), "application/xml")


def _for_xml(text: str) -> str:
    """Return a text that a feed can carry: one page never takes the others out of it."""
    return NOT_XML.sub(" ", text)


def _html(found: Page) -> HttpResponse:
    is_listed = found.state == Page.State.PUBLISHED
    content = json.loads(found.body)
    html = web.page(content, Site(**settings.SITE), release=found.key, is_listed=is_listed)
    return HttpResponse(html)


def _xml(request: HttpRequest, text: str, kind: str) -> HttpResponse:
    made = HttpResponse(text, content_type=f"{kind}; charset=utf-8")
    return _conditional(request, _etag(text), None, lambda: made)


def _etag(*parts: str) -> str:
    return f'"{canonical.sha256(chr(0).join(parts))[:32]}"'


def _conditional(
    request: HttpRequest, etag: str, at: datetime | None, make: Callable[[], HttpResponse]
) -> HttpResponse:
    """Answer 304 to who has it already; make the answer only when it is needed."""
    seconds = int(at.astimezone(UTC).timestamp()) if at else None
    kept = get_conditional_response(request, etag=etag, last_modified=seconds)
    response = HttpResponse(status=304) if kept is not None else make()
    response["ETag"] = etag
    if at:
        response["Last-Modified"] = http_date(at.timestamp())
    return response
