"""The publisher's own no: what is not sealed, or no longer what was sealed, does not go out."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import structlog
from django.utils import timezone

from approvals import seals
from approvals.services import approved, reviews
from approvals.services.approved import Approved
from content.services import addresses
from halcytone.lib.errors import WrongState
from publishing.models import Release, ReleasePart
from publishing.services import history, pages
from publishing.signals import part_refused

log = structlog.get_logger(__name__)

NOT_APPROVED = "Its approval no longer counts: submit it again and have it approved."


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a part may not go out now. One that waits for its page goes by itself once that is up."""

    why: str
    waits_for_page: bool = False


def refusal(part: ReleasePart) -> Refusal | None:
    """Return why this part may not leave now; None when it is exactly what was approved, and may."""
    if found := changed(part):
        return found
    why = pages.missing(part)
    return Refusal(why, waits_for_page=True) if why else None


def refusals(parts: Iterable[ReleasePart]) -> dict[int, Refusal]:
    """Return {part: why it may not leave now} of these parts, as `refusal` says of each.

    What is approved is read for all of them at once.
    """
    found = list(parts)
    may_leave = approved.of_all(part.release.draft for part in found)
    refused: dict[int, Refusal] = {}
    for part in found:
        if not stands(part, may_leave):
            why = refusal(part)
        else:
            missing = pages.missing(part)
            why = Refusal(missing, waits_for_page=True) if missing else None
        if why:
            refused[part.pk] = why
    return refused


def stands(part: ReleasePart, may_leave: Mapping[int, Mapping[str, Approved]]) -> bool:
    """Tell whether a part is exactly what `approved.of_all` found; it gets the rendition that was checked."""
    found = may_leave.get(part.release.draft_id, {}).get(part.format)
    if found is None or (found.rendition.pk, found.sha256) != (
        part.rendition_id,
        part.seal.sha256,
    ):
        return False
    part.rendition = found.rendition
    return True


def changed(part: ReleasePart) -> Refusal | None:
    """Return what of this part is not as it was approved; None when it is exactly that.

    The seal is computed anew from the rendition as it stands in the database.
    """
    now = seals.compute(part.rendition)
    if now.sha256 != part.seal.sha256:
        sentences = " ".join(seals.differences(part.seal, now))
        return Refusal(sentences or "It is not what was approved.")
    seal = reviews.approved_seals(part.release.draft).get(part.format)
    if seal is None or seal.sha256 != part.seal.sha256:
        return Refusal(NOT_APPROVED)
    return None


def renew(part: ReleasePart) -> None:
    """Put the seal that is approved now on a refused part.

    Raises WrongState when there is none, or when the part waits for a page that is not up.
    """
    seal = reviews.approved_seals(part.release.draft).get(part.format)
    if seal is None:
        raise WrongState(f"{part.format} is not approved as it stands. {part.refusal}")
    part.seal, part.links = (
        seal,
        pages.links_of(part.format, seal.body, addresses.pages_of(part.release.draft)),
    )
    if part.waits_for_page and (why := pages.missing(part)):
        raise WrongState(why)
    part.refusal, part.refused_at, part.waits_for_page = "", None, False
    part.save(update_fields=["seal", "links", "refusal", "refused_at", "waits_for_page"])


def refuse(part: ReleasePart, refusal: Refusal) -> None:
    """Mark the part as refused, once, and tell: release history, log, and whoever listens."""
    marks = {"refusal": refusal.why, "waits_for_page": refusal.waits_for_page}
    unmarked = ReleasePart.objects.filter(pk=part.pk, refusal="")
    now = timezone.now()
    if not unmarked.update(refused_at=now, **marks):
        return
    part.refusal, part.waits_for_page = refusal.why, refusal.waits_for_page
    part.refused_at = now
    kind = "waits" if refusal.waits_for_page else "refused"
    _record(part, kind, refusal.why)
    name = "page_missing" if refusal.waits_for_page else "seal_refused"
    log.warning(name, release=part.release_id, part=part.pk, format=part.format, why=refusal.why)
    part_refused.send(sender=ReleasePart, part=part)


def let_go(release: Release) -> None:
    """Let the parts of a release go that waited for their page, if it is up; else say why it is not."""
    for part in release.parts.filter(waits_for_page=True).select_related("release"):
        waiting = ReleasePart.objects.filter(pk=part.pk, waits_for_page=True)
        if why := pages.missing(part):
            waiting.update(refusal=why)
        elif waiting.update(refusal="", refused_at=None, waits_for_page=False):
            _record(part, "goes on", "its page is up")


def _record(part: ReleasePart, kind: str, why: str) -> None:
    history.note(part.release, kind, None, f"{part.format}: {why}")
