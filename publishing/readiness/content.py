"""Does every format stand as its place takes it, and would it really be handed over?"""

import json
import re
from collections.abc import Iterator
from functools import partial

import structlog
from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from content.formats.base import BLOCKING
from content.services import renditions
from halcytone.lib import fetch, outbound, rights
from halcytone.lib.errors import RemoteError, Unavailable
from publishing import accounts
from publishing.channels.base import Channel
from publishing.models import Delivery, ReleasePart
from publishing.readiness.base import GO, NO_GO, Area, Finding, Leg, Subject
from publishing.services import pages, sender
from publishing.timing import MAIL
from segmentation import audience

log = structlog.get_logger(__name__)
CLIPPED_BYTES = 102_400  # of HTML; Gmail shows no more of a mail
MOST_LINKS = 50
LINK = re.compile(r'href="(https?://[^"\s]+)"')
NO_KEY = "0" * 32


class Content(Area):
    name = "content"
    title = "Content"

    def findings(self, subject: Subject) -> Iterator[Finding]:
        who = f"{subject.draft.author}. {rights.who_may('content.change_draft')}"
        path = reverse("content:draft", args=[subject.draft.pk])
        for leg in subject.legs:
            wrong = list(self._wrong(leg))
            for name, said in wrong:
                yield Finding(name, NO_GO, said, leg.format, who, path)
            if not wrong:
                yield Finding(
                    "content",
                    GO,
                    "Text, images and length are as its place takes them.",
                    leg.format,
                )
            yield from self._pipeline(leg, who, path)
        outdated = renditions.outdated(subject.draft) if subject.release is None else []
        for format in outdated:
            said = "It is older than the draft: generate it again."
            yield Finding("outdated", NO_GO, said, format, who, path)
        yield from self._links(subject, who, path)

    def _wrong(self, leg: Leg) -> Iterator[tuple[str, str]]:
        for finding in leg.rendition.findings.filter(severity__in=BLOCKING):
            yield finding.code[:40], finding.message
        for number, image in enumerate(leg.rendition.media, 1):
            if not image.get("alt"):
                yield "alt_text", f"Image {number} has no alt text."
        content = json.loads(leg.rendition.body)
        size = len(str(content.get("html", "")).encode())
        if leg.format == MAIL and size > CLIPPED_BYTES:
            yield (
                "clipped",
                f"The mail has {size:,} bytes of HTML; readers see {CLIPPED_BYTES:,} of them.",
            )
        if leg.account is not None:
            for said in accounts.plan_of(leg.account).problems(content):
                yield "refused", said

    def _pipeline(self, leg: Leg, who: str, path: str) -> Iterator[Finding]:
        """Hand it over as the sender does, down to the socket, which a rehearsal cannot open."""
        if leg.part is None or leg.account is None:
            return
        try:
            sender.rehearse(leg.part, leg.rendition.body, partial(_sample, leg.part))
        except RemoteError as error:
            said = f"It would not be taken: {error}"
            yield Finding("pipeline", NO_GO, said, leg.format, who, path)
        except Exception as error:  # a fault of the channel is what a rehearsal is to find
            log.exception("rehearsal_broke", format=leg.format)
            said = f"Its message cannot be made ({type(error).__name__}). The log of the worker says why."
            yield Finding("pipeline", NO_GO, said, leg.format, who, path)
        else:
            yield Finding("pipeline", GO, "Rehearsed down to the socket.", leg.format)

    def _links(self, subject: Subject, who: str, path: str) -> Iterator[Finding]:
        urls = list(
            dict.fromkeys(
                url
                for leg in subject.legs
                for url in LINK.findall(leg.rendition.body.replace('\\"', '"'))
            )
        )
        own = {url for leg in subject.legs if leg.part for url in leg.part.links}
        is_staged = any(leg.format == pages.WEB for leg in subject.legs)
        for leg in subject.legs:
            why = "" if is_staged or leg.part is None else pages.missing(leg.part)
            if why:
                yield Finding("page", NO_GO, why, leg.format, who, path)
        others = [url for url in urls if url not in own and not url.startswith(settings.PRESS_URL)]
        if not others:
            return
        if settings.OUTBOUND != outbound.LIVE:
            yield Finding("links", GO, f"{len(others)} links to others; not asked in the sandbox.")
            return
        dead = list(filter(None, map(_dead, others[:MOST_LINKS])))
        for said in dead:
            yield Finding("links", NO_GO, said, "", who, path)
        if not dead:
            yield Finding("links", GO, f"{len(others[:MOST_LINKS])} links answer.")


def _sample(part: ReleasePart, channel: Channel, pieces: int) -> Iterator[Delivery]:
    """Yield rows that are never saved: one reader, or each piece of a post."""
    frame = {
        "release": part.release,
        "part_of": part,
        "account": part.account,
        "idempotency_key": NO_KEY,
        "handed_over_at": timezone.now(),
    }
    if not channel.takes_recipients:
        for number in range(1, pieces + 1):
            yield Delivery(target="post", part=number, **frame)
        return
    segment = part.release.draft.segment
    contact = audience.listing(segment, audience.TO_WRITE).first() if segment else None
    if contact is not None:
        merge = {"name": contact.name}
        yield Delivery(target=f"contact:{contact.pk}", contact=contact, merge=merge, **frame)


def _dead(url: str) -> str:
    try:
        fetch.get(url, within_s=10, max_bytes=2**20)
    except Unavailable as error:
        return "" if error.code == "too_large" else f"A link does not answer: {url[:200]}"
    except RemoteError:
        return f"A link is broken: {url[:200]}"
    return ""
