"""From a row of the ledger to the message that a channel is given: sealed content, personal values."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from django.conf import settings

from content.formats import merge
from content.models import Asset
from content.services import addresses, loans, pictures
from publishing import accounts, personal
from publishing.acts import Act
from publishing.channels.base import MARKS, Channel, Media, Message, Recipient
from publishing.models import Delivery, ReleasePart
from publishing.services import privacy
from segmentation import unsubscribe

Content = Mapping[str, Any]
LINKS = {"unsubscribe_url": "unsubscribe", "preferences_url": "preferences"}
READABLE = ("subject", "preheader", "title", "excerpt", "text", "link", "canonical")


@dataclass(frozen=True, slots=True)
class Sealed:
    """One part of a release as its messages need it: made once for each claim, used for every row."""

    content: Content
    pieces: Sequence[Content]
    tracked: Mapping[str, Content]  # {mode of tracking: content}; {} where nothing is counted here
    media: tuple[Media, ...]
    page_url: str
    list: str
    purpose: str
    links: Mapping[str, str]  # {merge field: address up to the reader's token}
    campaign_size: int = 0
    campaigns: str = "release"  # what the names of its campaigns begin with


def sealed(part: ReleasePart, channel: Channel, body: str) -> Sealed:
    """Return what the messages of this part share. `body` is the text that the claim has checked."""
    content = json.loads(body)
    segment = part.release.draft.segment
    return Sealed(
        content=content,
        pieces=channel.parts(content),
        tracked=_tracked(part, channel, content),
        media=media_of(part),
        page_url=page_url(part),
        list=segment.list if segment else "",
        purpose=segment.purpose if segment else "",
        links={field: f"{settings.PRESS_URL}/{path}?u=" for field, path in LINKS.items()},
        campaign_size=channel.campaign_size,
    )


def message(act: Act, sealed: Sealed) -> Message:
    """Return the message of one row."""
    is_mail = act.contact_id is not None
    content = sealed.tracked.get(privacy.of(act), sealed.content) if is_mail else {}
    return Message(
        key=act.key,
        content=content if is_mail else sealed.pieces[act.part - 1],
        part=act.part,
        parts=1 if is_mail else len(sealed.pieces),
        reply_to=act.before or "",
        recipient=_recipient(act, sealed, content) if is_mail else None,
        url=sealed.page_url,
        at=act.handed_over_at,
        campaign=_campaign(act, sealed),
        media=sealed.media,
    )


def as_test(sealed: Sealed) -> Sealed:
    """Return the same mail for our own mailboxes: marked in its subject, its links counted by nobody."""
    content = {**sealed.content, "subject": f"[Test] {sealed.content.get('subject', '')}"}
    return replace(sealed, content=content, tracked={}, campaigns="test")


def _campaign(act: Act, sealed: Sealed) -> str:
    """Return the name of the campaign of a row: rows have numbers, so that none can hold too many."""
    size = sealed.campaign_size
    return f"{sealed.campaigns}-{act.release_id}-{act.pk // size}" if size else ""


def media_of(part: ReleasePart) -> tuple[Media, ...]:
    """Return the images of a part as they were sealed, in order; their seal must be loaded."""
    sealed: list[Mapping[str, str]] = json.loads(part.seal.content)["media"]
    hashes = {each["sha256"] for each in sealed} - {""}
    assets = (
        {each.sha256: each for each in Asset.objects.filter(sha256__in=hashes)} if hashes else {}
    )
    return tuple(_media(each, assets.get(each["sha256"])) for each in sealed)


def _media(sealed: Mapping[str, str], asset: Asset | None) -> Media:
    if asset is None:
        return Media("", sealed["sha256"], sealed["alt"])
    return Media(
        url=pictures.url(asset),
        sha256=asset.sha256,
        alt=sealed["alt"],
        media_type=asset.media_type,
        public_url=loans.url(asset.name),
        opened=partial(pictures.data, asset),
    )


def for_all(row: Delivery) -> dict[str, str]:
    """Return {field: text} of what this row sends or sent, as it was sealed, with its merge fields."""
    content = json.loads(row.part_of.seal.body)
    pieces = [content] if row.contact_id else accounts.plan_of(row.account).parts(content)
    if row.part <= len(pieces):
        content = pieces[row.part - 1]
    return {name: content[name] for name in READABLE if isinstance(content.get(name), str)}


def for_people(row: Delivery) -> dict[str, str]:
    """Return the same with the reader's address and values; for those who may see contacts."""
    texts = for_all(row)
    if not row.contact:
        return texts
    links = dict.fromkeys(LINKS, "(a link of her own)")
    values = {"name": row.merge.get("name", ""), "email": row.contact.email, **links}
    merged = {name: merge.fill(merge.split(text), values) for name, text in texts.items()}
    return {"to": row.contact.email, **merged}


def page_url(part: ReleasePart) -> str:
    """Return the address of the page of this release; "" when it has none."""
    page: ReleasePart | None = part
    if part.format != "web":
        page = part.release.parts.filter(format="web").select_related("seal").first()
    return addresses.page_of(json.loads(page.seal.body)) if page else ""


def _tracked(part: ReleasePart, channel: Channel, content: Content) -> Mapping[str, Content]:
    """Return the contents by mode; a place that takes many mails in one call counts by itself."""
    is_ours = channel.takes_recipients and channel.batch == 1
    return personal.contents(part, content) if is_ours else {}


def _recipient(act: Act, sealed: Sealed, content: Content) -> Recipient:
    assert act.contact_id is not None and act.email is not None  # noqa: S101, PT018 - `message` asks
    name = act.merge.get("name", "")
    values = {"name": name, "email": act.email, "view_url": sealed.page_url}
    token = unsubscribe.token(act.contact_id, list=sealed.list, purpose=sealed.purpose)
    for field, link in sealed.links.items():
        values[field] = link + token
    if MARKS in content:
        values |= personal.values(act.pk, content)
    return Recipient(act.email, name, values, act.following)
