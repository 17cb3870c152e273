"""The shelf of our own site: pages are put there as they were sealed, changed, archived, withdrawn."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import structlog
from django.conf import settings
from django.db import transaction

from halcytone.lib import canonical
from halcytone.lib.errors import WrongState
from publishing.models import Page, PageVersion

log = structlog.get_logger(__name__)
Content = Mapping[str, Any]
FOLDERS = ("updates", "blog", "announcements", "sessions")


@transaction.atomic
def publish(content: Content, *, key: str, at: datetime) -> Page:
    """Put a page at its address, to be seen at once. The same key again changes nothing.

    An address whose page was archived or withdrawn takes the new one, and keeps what stood there.
    Raises WrongState when another page is at the address.
    """
    page = Page.objects.select_for_update().filter(path=content["path"]).first()
    if page is None:
        page = Page.objects.create(path=content["path"], published_at=at, key=key, **_said(content))
    elif page.key != key:
        if page.state == Page.State.PUBLISHED:
            raise WrongState("Another page has this address.", code="conflict")
        _replace(page, content, key, at)
        page.state, page.published_at, page.updated_at = Page.State.PUBLISHED, at, None
        page.save()
    log.info("page_published", page=page.pk)
    return page


@transaction.atomic
def change(page_id: int, content: Content, *, key: str, at: datetime) -> Page:
    """Put other words in place of a page's; what it said is kept. Raises WrongState, Page.DoesNotExist."""
    page = Page.objects.select_for_update().get(pk=page_id)
    if page.key == key:
        return page
    if content["path"] != page.path or page.state == Page.State.WITHDRAWN:
        said = "A page keeps its address, and one that was withdrawn is published anew."
        raise WrongState(said, code="conflict")
    _replace(page, content, key, at)
    page.save()
    log.info("page_changed", page=page.pk)
    return page


def archive(page_id: int) -> None:
    """Take a page out of index, feed and sitemap; it stays at its address."""
    _leave(page_id, Page.State.ARCHIVED)


def withdraw(page_id: int) -> None:
    """Take a page away: its address answers 410 Gone. What is gone already stays so.

    Raises Page.DoesNotExist.
    """
    _leave(page_id, Page.State.WITHDRAWN)


def find(key: str) -> Page | None:
    """Return the page that this delivery published, whatever became of it since."""
    version = PageVersion.objects.filter(key=key).select_related("page").first()
    return Page.objects.filter(key=key).first() or (version.page if version else None)


def url(page: Page) -> str:
    """Return where a page is seen."""
    return f"{settings.PRESS_URL.rstrip('/')}{page.path}"


def _replace(page: Page, content: Content, key: str, at: datetime) -> None:
    PageVersion.objects.create(page=page, key=page.key, body=page.body, until=at)
    page.key, page.updated_at = key, at
    for name, value in _said(content).items():
        setattr(page, name, value)


def _said(content: Content) -> dict[str, str]:
    body = canonical.text(content)
    words = {"title": str(content["title"]), "excerpt": str(content.get("excerpt", ""))}
    return {**words, "body": body, "sha256": canonical.sha256(body)}


def _leave(page_id: int, state: str) -> None:
    if not Page.objects.filter(pk=page_id).update(state=state):
        raise Page.DoesNotExist
    log.info("page_left", page=page_id, state=state)
