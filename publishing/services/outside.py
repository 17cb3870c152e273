"""What became of our posts and pages outside: commented on, deleted, changed; or the door was closed."""

import structlog

from publishing.models import Account, Delivery, Event, InboundEvent
from publishing.services import presses, purges

log = structlog.get_logger(__name__)
REVOKED = "token_revoked"


def changed_outside(row: InboundEvent) -> str:
    """Attach what a network, the Platform or a mailbox told to the row it is about; returns a note."""
    if row.kind == REVOKED:
        return _stop_account(row)
    if row.delivery is None:
        row.delivery = _post(row.message_id)
    if row.delivery is None:
        return "Kept; it is about nothing that went out from here."
    Event.objects.create(delivery=row.delivery, kind=row.kind, detail=row.code, at=row.at)
    if row.kind == "content.updated" and row.delivery.part_of.format == "web":
        purges.corrected(row.delivery.part_of, reason="The Platform told of a change")
    if row.kind == "deleted":
        log.warning("post_deleted_outside", delivery=row.delivery.pk)
    return ""


def _post(name: str) -> Delivery | None:
    """Return the post or page that the outside knows by this name."""
    rows = Delivery.objects.filter(provider_id=name, contact__isnull=True) if name else None
    return rows.order_by("-pk").first() if rows is not None else None


def _stop_account(row: InboundEvent) -> str:
    """Stop the accounts whose token is gone, as a refused sign-in does."""
    network = row.source.removeprefix("network:")
    accounts = list(
        Account.objects.filter(channel=network, profile_id=row.message_id, profile_id__gt="")
    )
    for account in accounts:
        presses.stop_account(
            account, reason=f"{account} was disconnected at {network}. Connect it again."
        )
    return "" if accounts else "No account of ours has this profile."
