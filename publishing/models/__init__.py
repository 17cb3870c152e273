"""What went out."""

from publishing.models.accounts import Account
from publishing.models.cadences import Cadence, CadenceSlot
from publishing.models.deliveries import Delivery, Event
from publishing.models.installation import Heartbeat, Installation, Stop
from publishing.models.releases import Release, ReleaseEvent, ReleasePart

__all__ = [
    "Account",
    "Cadence",
    "CadenceSlot",
    "Delivery",
    "Event",
    "Heartbeat",
    "Installation",
    "Release",
    "ReleaseEvent",
    "ReleasePart",
    "Stop",
]
