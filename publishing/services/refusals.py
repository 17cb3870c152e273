"""The publisher's own no: what is not sealed, or no longer what was sealed, does not go out."""

import structlog
from django.utils import timezone

from approvals import seals
from approvals.services import reviews
from halcytone.lib.errors import WrongState
from publishing.models import ReleaseEvent, ReleasePart
from publishing.signals import part_refused

log = structlog.get_logger(__name__)

NOT_APPROVED = "Its approval no longer counts: submit it again and have it approved."


def refusal(part: ReleasePart) -> str:
    """Return why this part may not go out now; "" when it is exactly what was approved.

    The seal is computed anew from the rendition as it stands in the database.
    """
    now = seals.compute(part.rendition)
    if now.sha256 != part.seal.sha256:
        return " ".join(seals.differences(part.seal, now)) or "It is not what was approved."
    approved = reviews.approved_seals(part.release.draft).get(part.format)
    if approved is None or approved.sha256 != part.seal.sha256:
        return NOT_APPROVED
    return ""


def renew(part: ReleasePart) -> None:
    """Put the seal that is approved now on a refused part. Raises WrongState when there is none."""
    seal = reviews.approved_seals(part.release.draft).get(part.format)
    if seal is None:
        raise WrongState(f"{part.format} is not approved as it stands. {part.refusal}")
    ReleasePart.objects.filter(pk=part.pk).update(seal=seal, refusal="", refused_at=None)
    part.seal, part.refusal, part.refused_at = seal, "", None


def refuse(part: ReleasePart, why: str) -> None:
    """Mark the part as refused, once, and tell: release history, log, and whoever listens."""
    if not ReleasePart.objects.filter(pk=part.pk, refusal="").update(
        refusal=why, refused_at=timezone.now()
    ):
        return
    part.refusal = why
    detail = f"{part.format}: {why}"[:500]
    ReleaseEvent.objects.create(release_id=part.release_id, kind="refused", detail=detail)
    log.warning("seal_refused", release=part.release_id, part=part.pk, format=part.format, why=why)
    part_refused.send(sender=ReleasePart, part=part)
