"""Links by which one named person stops everything, without signing in: made by herself, shown once.

Opening one changes nothing, so no scanner or preview stops the presses. Source: publishing specification §2.
"""

import secrets
from datetime import timedelta

import structlog
from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from halcytone.lib import canonical, rights
from halcytone.lib.audit import chain
from halcytone.lib.errors import Invalid, NotAllowed, WrongState
from halcytone.lib.rights import Actor
from publishing.models import Stop, StopLink
from publishing.services import presses

log = structlog.get_logger(__name__)
DAYS, MOST_DAYS = 90, 365
STOP_RIGHT = "publishing.stop_presses"
GONE = (
    "This link leads nowhere: it has ended, was taken back, or was copied in part. "
    "Sign in to stop the presses, or make another link."
)


@transaction.atomic
def create(*, by: Actor, days: int = DAYS) -> tuple[StopLink, str]:
    """Make a link of one's own; return it with its token, which is told this once.

    What is done through it is done by this person. Raises NotAllowed; Invalid for its days.
    """
    rights.require(by, STOP_RIGHT, act="stop the presses")
    if not 1 <= days <= MOST_DAYS:
        raise Invalid(f"A link lasts 1 to {MOST_DAYS} days.", code="too_long")
    token = secrets.token_urlsafe(32)
    row = StopLink.objects.create(
        person=by,
        token_sha256=canonical.sha256(token),
        expires_at=timezone.now() + timedelta(days=days),
    )
    chain.record("stop_link.created", row, by=by, label=str(row))
    log.info("stop_link_created", link=row.pk, by=by.pk)
    return row, token


@transaction.atomic
def revoke(link: StopLink, *, by: Actor) -> None:
    """Take a link back at once: one's own, or anybody's with the right to lift stops."""
    if by.pk != link.person_id:
        rights.require(by, "publishing.lift_stop", act="take back the link of somebody else")
    rows = StopLink.objects.filter(pk=link.pk, revoked_at=None)
    if not rows.update(revoked_at=timezone.now(), revoked_by=by):
        raise WrongState("This link was taken back already.")
    link.refresh_from_db()
    chain.record("stop_link.revoked", link, by=by, label=str(link))
    log.info("stop_link_revoked", link=link.pk, by=by.pk)


def find(token: str) -> StopLink:
    """Return the open link of a token. Raises NotAllowed, the same whatever the reason is.

    A link ends with its person's right: deactivated or moved to another group, she stops nothing.
    """
    rows = StopLink.objects.open().filter(token_sha256=canonical.sha256(token))
    link = rows.select_related("person").first()
    if link is None or not rights.may(link.person, STOP_RIGHT):
        raise NotAllowed(GONE, code="link_gone")
    return link


@transaction.atomic
def use(link: StopLink, *, reason: str) -> tuple[Stop, bool]:
    """Stop everything in the name of the link's person; return the stop, and whether this made it.

    While everything is stopped already, the stop that stands is all there is: a second press of the button,
    or a form that is sent twice, makes none. The link stays usable until its end.
    """
    StopLink.objects.select_for_update().get(pk=link.pk)  # of two presses at once, one waits
    standing = Stop.objects.filter(scope=Stop.Scope.EVERYTHING, lifted_at=None).first()
    if standing is not None:
        return standing, False
    said = reason.strip() or "Stopped by link."
    row = presses.stop(by=link.person, reason=said)
    StopLink.objects.filter(pk=link.pk).update(used_at=timezone.now())
    log.warning("stop_link_used", link=link.pk, stop=row.pk)
    return row, True


def address(token: str) -> str:
    """Return the public address of a link."""
    return f"{settings.PRESS_URL}{reverse('stop-link', args=[token])}"
