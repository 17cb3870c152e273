"""What went out."""

from publishing.models.accounts import Account
from publishing.models.caches import CacheCallback, CacheOrder, Purge, WarmUp
from publishing.models.cadences import Cadence, CadenceSlot
from publishing.models.canary import Canary
from publishing.models.connections import Connection, Token
from publishing.models.deliveries import Delivery, Event
from publishing.models.inbound import InboundEvent
from publishing.models.installation import Heartbeat, Installation, Stop, StopLink
from publishing.models.kpis import Kpi
from publishing.models.pages import Page, PageVersion
from publishing.models.passports import PassportValue
from publishing.models.rehearsals import BoardSignature, Override, Rehearsal, RehearsalCheck
from publishing.models.releases import Release, ReleaseEvent, ReleasePart
from publishing.models.seeds import SeedMail
from publishing.models.timing import ClosedDay, Offset, Rollout, WeeklyTarget
from publishing.models.tracking import Link, LinkChange, Scanner
from publishing.models.traffic import Breaker, PaceWindow, Quota

__all__ = [
    "Account",
    "BoardSignature",
    "Breaker",
    "CacheCallback",
    "CacheOrder",
    "Cadence",
    "CadenceSlot",
    "Canary",
    "ClosedDay",
    "Connection",
    "Delivery",
    "Event",
    "Heartbeat",
    "InboundEvent",
    "Installation",
    "Kpi",
    "Link",
    "LinkChange",
    "Offset",
    "Override",
    "PaceWindow",
    "Page",
    "PageVersion",
    "PassportValue",
    "Purge",
    "Quota",
    "Rehearsal",
    "RehearsalCheck",
    "Release",
    "ReleaseEvent",
    "ReleasePart",
    "Rollout",
    "Scanner",
    "SeedMail",
    "Stop",
    "StopLink",
    "Token",
    "WarmUp",
    "WeeklyTarget",
]
