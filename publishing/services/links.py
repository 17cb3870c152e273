"""The links of a newsletter: numbered once, led elsewhere when a page moves or was wrong."""

import json
from collections.abc import Mapping
from urllib.parse import urlsplit

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet

from halcytone.lib import rights
from halcytone.lib.audit import chain
from halcytone.lib.errors import Invalid, Problem
from publishing import cutting, messages
from publishing.models import Link, LinkChange, ReleasePart

log = structlog.get_logger(__name__)
PERMISSION = "publishing.settle_delivery"
DECOY = 0
MOST = 500  # links of one newsletter that are tracked; the rest stay as they are
LONGEST = 2_000  # characters of an address that somebody gives
NEWSLETTER = "newsletter"


def note(part: ReleasePart) -> Mapping[str, int]:
    """Number the addresses of a newsletter that have no number yet, and return all: {address: number}.

    An address keeps its number for good, also when the part is approved anew with others.
    """
    if part.format != NEWSLETTER:
        return {}
    known = numbers(part)
    found = cutting.addresses(json.loads(part.seal.body), own=own_origins())
    missing = [one for one in found if one not in known][: MOST - len(known)]
    following = max(known.values(), default=0) + 1
    rows = [
        Link(part_of=part, number=number, url=url, target=url)
        for number, url in enumerate(missing, start=following)
    ]
    home = messages.page_url(part) or str(settings.SITE["base_url"])
    rows.append(Link(part_of=part, number=DECOY, url=home, target=home, is_decoy=True))
    Link.objects.bulk_create(rows, ignore_conflicts=True)
    return numbers(part)


def numbers(part: ReleasePart) -> dict[str, int]:
    """Return the number of each tracked address of a part; {} before it is prepared."""
    rows = Link.objects.filter(part_of=part.pk, is_decoy=False)
    return dict(rows.order_by("number").values_list("url", "number"))


@transaction.atomic
def repoint(link: Link, target: str, *, by: rights.Actor, reason: str) -> Link:
    """Lead a link of mails that may have left to another address; old tokens lead there from now on.

    Raises NotAllowed, Invalid for an address that is none of the web or without a reason.
    """
    rights.require(by, PERMISSION, act="lead links elsewhere")
    target = checked(target)
    if not reason.strip():
        raise Invalid(
            [Problem("no_reason", "Say why; the team reads it beside the link.", "reason")]
        )
    row = Link.objects.select_for_update().select_related("part_of__release__draft").get(pk=link.pk)
    if row.target == target:
        return row
    LinkChange.objects.create(
        link=row, before=row.target, after=target, reason=reason.strip()[:500], by=by
    )
    release = row.part_of.release
    chain.record(
        "link.repointed",
        row,
        by=by,
        label=f"Link {row.number} of {release}",
        trail=f"draft:{release.draft_id}",
        before=row.target,
        after=target,
        reason=reason.strip()[:500],
    )
    row.target = target
    row.save(update_fields=["target"])
    log.info("link_repointed", link=row.pk, release=release.pk)
    return row


@transaction.atomic
def repoint_everywhere(before: str, after: str, *, by: rights.Actor, reason: str) -> int:
    """Lead every link to `before`, in whatever release, to `after`; returns how many were led there."""
    rows = leading_to(before)
    for row in rows:
        repoint(row, after, by=by, reason=reason)
    return len(rows)


def leading_to(address: str) -> QuerySet[Link]:
    """Return the links that lead to this address now."""
    return Link.objects.filter(target=address, is_decoy=False).order_by("pk")


def checked(address: str) -> str:
    """Return an address of the web that a link may lead to. Raises Invalid."""
    address = address.strip()
    message = "Give an address of the web, beginning with https:// or http://."
    try:
        parts = urlsplit(address)
        is_web = parts.scheme in ("http", "https") and bool(parts.hostname)
        is_clean = address.isprintable() and " " not in address and "\\" not in address
        is_safe = is_web and is_clean and parts.username is None and len(address) <= LONGEST
    except ValueError:
        is_safe = False
    if not is_safe:
        raise Invalid([Problem("wrong_value", message, "target")])
    return address


def own_origins() -> frozenset[str]:
    """Return the origins of our site and of this installation, in lower case."""
    sites = (urlsplit(str(url)) for url in (settings.SITE["base_url"], settings.PRESS_URL))
    return frozenset(f"{site.scheme}://{site.netloc}".lower() for site in sites)
