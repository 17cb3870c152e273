"""Taking a page that is out of readers' sight: by a person, for a reason, where the place can do it.

Archiving twice does no harm, so whatever was not answered may be asked again by a person; no machine repeats it.
"""

import structlog
from django.db import transaction

from halcytone.lib import canonical, rights, trials
from halcytone.lib.errors import Invalid, RemoteError, Unclear, WrongState
from halcytone.lib.gathering import gathering
from publishing import passports
from publishing.channels.passport import ARCHIVE
from publishing.models import Delivery, Event
from publishing.services import history, installation, purges, sender

log = structlog.get_logger(__name__)
PERMISSION = "publishing.settle_delivery"
ASKED, ARCHIVED, FAILED, UNCERTAIN = (
    "archive_asked",
    "archived",
    "archive_failed",
    "archive_uncertain",
)


def is_possible(delivery: Delivery) -> bool:
    """Tell whether this row is a page that is out, and that its place can archive."""
    is_out = delivery.state == Delivery.State.CONFIRMED and bool(delivery.provider_id)
    if not is_out or delivery.contact_id is not None or delivery.part_of.format != "web":
        return False
    is_gone = delivery.events.filter(kind=ARCHIVED).exists()
    return not is_gone and passports.of(delivery.account).can(ARCHIVE)


def archive(delivery: Delivery, *, by: rights.Actor, reason: str) -> Delivery:
    """Archive a page at its place, and have caches forget it.

    That it was asked for is written down before anything is asked. Raises NotAllowed; Invalid without a
    reason; WrongState for what is no page that is out; Refused, Unavailable or Unclear from the place.
    """
    rights.require(by, PERMISSION, act="archive pages")
    trials.refuse()
    if not reason.strip():
        raise Invalid("Say why; it stays with the row.", code="reason_missing")
    if not is_possible(delivery):
        raise WrongState("This is no page that is out, or its place archives nothing.")
    if why := installation.why_not():
        raise WrongState(why)
    _record(delivery, ASKED, by, reason)
    key = canonical.sha256(canonical.text({"archive": delivery.pk}))[:32]
    try:
        sender.archive(delivery, key=key)
    except Unclear as error:
        _record(delivery, UNCERTAIN, by, str(error))
        raise
    except RemoteError as error:
        _record(delivery, FAILED, by, str(error))
        raise
    _done(delivery, by, reason)
    return delivery


@transaction.atomic
@gathering()
def _done(delivery: Delivery, by: rights.Actor, reason: str) -> None:
    _record(delivery, ARCHIVED, by, reason)
    purges.corrected(delivery.part_of, reason=f"Archived: {reason}")


@transaction.atomic
@gathering()
def _record(delivery: Delivery, kind: str, by: rights.Actor, detail: str) -> None:
    Event.objects.create(delivery=delivery, kind=kind, by=by, detail=detail.strip()[:500])
    history.settled(delivery, kind, by, detail)
    log.info("page_archiving", delivery=delivery.pk, kind=kind)
