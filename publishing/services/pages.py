"""The page of a release, and what leads to it: nothing leaves with a link to a page of ours that is dead.

Source: publishing specification §2. A page is up when its delivery is confirmed.
"""

import json
from collections.abc import Iterable
from itertools import chain
from typing import Any

from django.db.models import QuerySet

from content.formats import merge, paths
from content.models import Draft, FormatName
from content.services import addresses
from halcytone.lib import rights
from publishing.models import Delivery, ReleasePart

WEB = FormatName.WEB
State = Delivery.State
#: States in which a page has its address, or soon may have.
HOLDING = (*Delivery.OPEN, State.CONFIRMED, State.UNCERTAIN, State.PREPARED)


def links_of(format: str, body: str, known: list[str]) -> list[str]:
    """Return the addresses of the draft's own page in a sealed text, old ones too; of a page, its own.

    `known` are the addresses that the page has had, as `addresses.pages_of` tells them.
    """
    if format == WEB:
        return list(filter(None, [addresses.page_of(json.loads(body))]))
    found = [url for url in known if paths.holds(body, url)]
    if "view_url" in merge.fields(body):
        found += known[:1]
    return list(dict.fromkeys(found))


def missing(part: ReleasePart) -> str:
    """Return why this part must wait for the page that it links to; "" when it need not."""
    if part.format == WEB or not part.links:
        return ""
    pages = Delivery.objects.filter(part_of__format=WEB, state=State.CONFIRMED)
    pages = pages.filter(release__draft=part.release.draft_id)
    up = set(chain.from_iterable(pages.values_list("part_of__links", flat=True)))
    dead = [url for url in part.links if url not in up]
    if not dead:
        return ""
    return (
        f"It links to {dead[0]}, which is not up: {_why(part)} It leaves as soon as the page is up; "
        f"or leave it out. {rights.who_may('publishing.settle_delivery')}"
    )


def held(draft: Draft) -> QuerySet[Any]:
    """Return where the pages of other drafts are: (links, title, release). None for a draft without one."""
    if WEB not in draft.formats:
        return Delivery.objects.none()
    rows = Delivery.objects.filter(part_of__format=WEB, state__in=HOLDING, release__is_dry=False)
    return rows.exclude(release__draft=draft).values_list(
        "part_of__links", "release__draft__title", "release"
    )


def slugs_held() -> frozenset[str]:
    """Return the last piece of every address at which a page of any draft is, or may be."""
    rows = Delivery.objects.filter(part_of__format=WEB, state__in=HOLDING, release__is_dry=False)
    links = chain.from_iterable(rows.values_list("part_of__links", flat=True))
    return frozenset(url.rpartition("/")[2] for url in links)


def slug_of(body: str) -> str:
    """Return the slug of a page as it was sealed."""
    return str(json.loads(body).get("slug", ""))


def holder_of(body: str, others: Iterable[tuple[list[str], str, int]]) -> str:
    """Return why a page cannot have its address: one of these others is out there. "" when it can."""
    slug = slug_of(body)
    for links, title, release in others if slug else ():
        if any(url.rpartition("/")[2] == slug for url in links):
            return (
                f"Its address “{slug}” is that of “{title}”, which went out as release {release}. "
                "Give the page another slug, and have it approved again."
            )
    return ""


def _why(part: ReleasePart) -> str:
    """Return what became of the page of the same release, as a sentence."""
    release = part.release
    page = release.parts.filter(format=WEB).first()
    if page is None:
        return release.left_out.get(WEB) or "this release has no page."
    if page.refusal:
        return f"the page was refused. {page.refusal}"
    row = page.deliveries.order_by("-pk").first()
    match row and row.state:
        case State.CONFIRMED:
            return f"the page is at {', '.join(page.links) or 'another address'}."
        case State.FAILED:
            reason = row.error.rstrip(".") if row else ""
            return f"the page failed ({reason or 'no reason is known'})."
        case State.PREPARED:
            return "the page is prepared, and somebody has to put it up by hand."
        case State.UNCERTAIN:
            return "nobody knows yet whether the page was taken."
        case State.EXCLUDED:
            return "the page was left out."
    return "the page is still on its way."
