"""The address of a draft's page: given to one draft alone, and the one its renditions link to."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from django.conf import settings
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from content import editions
from content.formats import paths
from content.formats.base import ERROR, Edition, Finding
from content.models import Draft, FormatName, Rendition

WEB = FormatName.WEB
TAKEN, MOVED = "address_taken", "page_moved"
CODES = frozenset({TAKEN, MOVED})


def settled(draft: Draft, edition: Edition) -> str:
    """Return the slug that a draft's page is made with; "" when it makes none.

    A slug that the writer gave is kept. One made of title or date is given to one draft alone: the
    next gets `…-2`, and keeps it.
    """
    pieces = editions.for_format(edition.pieces, WEB)
    if WEB not in draft.formats or not pieces:
        return ""
    edition = replace(edition, pieces=pieces, slug="")
    wanted = paths.made_slug(edition)
    page = _page(draft)
    if paths.written_slug(edition):
        return wanted
    alike = _others(draft, page).filter(slug__startswith=wanted[: paths.SLUG_MAX - 5])
    taken = set(alike.values_list("slug", flat=True))
    return paths.free_slug(wanted, taken, _rendered_slug(page) if page else "")


def standing(draft: Draft) -> str:
    """Return the slug of a draft's page as it stands, edited or not; "" without one."""
    page = _page(draft)
    return page.slug if page else ""


def carry(rendition: Rendition) -> None:
    """Set on a rendition the slug of its body, and since when it has it. The caller saves it."""
    slug = str(json.loads(rendition.body).get("slug", ""))[:100] if rendition.format == WEB else ""
    if slug != rendition.slug:
        rendition.slug, rendition.slug_since = slug, timezone.now()


def begin_to_hold(draft: Draft) -> None:
    """Count the slug of a draft's page as its own from now on: it was a rehearsal until now."""
    draft.renditions.filter(format=WEB).update(slug_since=timezone.now())


def pages_of(draft: Draft) -> list[str]:
    """Return every address that the page of a draft has had; the one that stands now comes first."""
    page = _page(draft)
    return addresses_of(page) if page else []


def addresses_of(page: Rendition) -> list[str]:
    """Return every address that a page has had; the one that stands now comes first."""
    bodies = [page.body, *(version.body for version in page.versions.all())]
    found = (page_of(json.loads(body)) for body in dict.fromkeys(bodies))
    return list(dict.fromkeys(filter(None, found)))


def page_of(content: Mapping[str, Any]) -> str:
    """Return the address that a page has on the site; its canonical one may lead elsewhere."""
    canonical, path = str(content.get("canonical", "")), str(content.get("path", ""))
    return canonical if canonical.endswith(path) else settings.SITE["base_url"].rstrip("/") + path


def findings(rendition: Rendition, pages: list[str], rivals: Iterable[Rendition]) -> list[Finding]:
    """Return what is wrong with addresses in a rendition; `pages` and `rivals` are those of its draft."""
    if rendition.format == WEB:
        return list(_taken(rendition, rivals))
    return list(_moved(rendition, pages))


def _page(draft: Draft) -> Rendition | None:
    return next((each for each in draft.renditions.all() if each.format == WEB), None)


def _others(draft: Draft, page: Rendition | None) -> QuerySet[Rendition]:
    """Return the pages of other drafts whose slug this one cannot have.

    A rehearsal holds no address. Of two with the same slug, the one that had it first keeps it.
    """
    others = Rendition.objects.filter(format=WEB, slug__gt="", draft__is_dry=False)
    others = others.exclude(draft=draft)
    if page is None:
        return others
    since = Q(slug_since__gt=page.slug_since) | Q(slug_since=page.slug_since, pk__gt=page.pk)
    return others.exclude(since, slug=page.slug)


def _rendered_slug(page: Rendition) -> str:
    """Return the slug that the page was last rendered with, whatever a person made of it since."""
    if not page.is_edited:
        return page.slug
    last = page.versions.filter(reason="").first()
    return str(json.loads(last.body).get("slug", "")) if last else ""


def rivals(draft: Draft) -> QuerySet[Rendition]:
    """Return the pages of other drafts that have the address of this one, and have a right to it."""
    if draft.is_dry:
        return Rendition.objects.none()
    before = Q(slug_since__gt=OuterRef("slug_since")) | Q(
        slug_since=OuterRef("slug_since"), pk__gt=OuterRef("pk")
    )
    page = Rendition.objects.filter(before, draft=draft, format=WEB, slug=OuterRef("slug"))
    return _others(draft, None).filter(Exists(page)).select_related("draft")


def _taken(page: Rendition, rivals: Iterable[Rendition]) -> Iterator[Finding]:
    other = next(iter(rivals), None)
    if other is None:
        return
    alike = _others(page.draft, page).filter(slug__startswith=page.slug[: paths.SLUG_MAX - 5])
    free = paths.free_slug(page.slug, set(alike.values_list("slug", flat=True)))
    message = (
        f"The address “{page.slug}” is already that of “{other.draft}” (draft {other.draft_id})."
    )
    hint = f"Change the slug of this page; “{free}” is free."
    yield Finding(ERROR, TAKEN, message, hint, field=WEB, where="slug")


def _moved(rendition: Rendition, pages: list[str]) -> Iterator[Finding]:
    now, *before = pages or [""]
    for url in before:
        if paths.holds(rendition.body, url):
            message = f"It links to {url}, where the page of this draft was; it is at {now} now."
            hint = (
                "Put the new address in its place."
                if rendition.is_edited
                else "Render it again with the new address."
            )
            yield Finding(ERROR, MOVED, message, hint, field=rendition.format, where="link")
