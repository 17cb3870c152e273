"""From a row of the ledger to the message that a channel is given: sealed content, personal values."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.conf import settings

from content.formats import merge
from publishing.channels.base import Channel, Message, Recipient
from publishing.models import Delivery, ReleasePart
from segmentation import unsubscribe
from segmentation.models import Contact

Content = Mapping[str, Any]
READABLE = ("subject", "preheader", "title", "excerpt", "text", "link", "canonical")


@dataclass(frozen=True, slots=True)
class Sealed:
    """One part of a release as its messages need it: made once for each claim, used for every row."""

    content: Content
    pieces: Sequence[Content]
    page_url: str
    list: str
    purpose: str


def sealed(part: ReleasePart, channel: Channel, body: str) -> Sealed:
    """Return what the messages of this part share. `body` is the text that the claim has checked."""
    content = json.loads(body)
    segment = part.release.draft.segment
    return Sealed(
        content=content,
        pieces=channel.parts(content),
        page_url=page_url(part),
        list=segment.list if segment else "",
        purpose=segment.purpose if segment else "",
    )


def message(row: Delivery, sealed: Sealed) -> Message:
    """Return the message of one row. The row's contact and predecessor must be loaded."""
    before = row.waits_for
    return Message(
        key=row.idempotency_key,
        content=sealed.content if row.contact_id else sealed.pieces[row.part - 1],
        part=row.part,
        parts=1 if row.contact_id else len(sealed.pieces),
        reply_to=before.provider_id if before else "",
        recipient=_recipient(row, sealed) if row.contact else None,
        url=sealed.page_url,
        at=row.handed_over_at,
    )


def for_all(row: Delivery) -> dict[str, str]:
    """Return {field: text} of what this row sends or sent, as it was sealed, with its merge fields."""
    content = json.loads(row.part_of.seal.body)
    pieces = content.get("parts")
    if isinstance(pieces, list) and row.part <= len(pieces):
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
    page = part.release.parts.filter(format="web").select_related("rendition").first()
    return json.loads(page.rendition.body).get("canonical", "") if page else ""


def _recipient(row: Delivery, sealed: Sealed) -> Recipient:
    contact: Contact = row.contact  # type: ignore[assignment]
    name = row.merge.get("name", "")
    token = unsubscribe.token(contact.pk, list=sealed.list, purpose=sealed.purpose)
    links = {field: link(token) for field, link in LINKS.items()}
    values = {"name": name, "email": contact.email, "view_url": sealed.page_url, **links}
    return Recipient(address=contact.email, name=name, merge=values)


def _link(path: str) -> Callable[[str], str]:
    return lambda token: f"{settings.PRESS_URL}/{path}?{urlencode({'u': token})}"


LINKS = {"unsubscribe_url": _link("unsubscribe"), "preferences_url": _link("preferences")}
