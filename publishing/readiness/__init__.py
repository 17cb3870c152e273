"""The checks of a rehearsal, by area, in the order of the board. Source: publishing specification §8."""

from publishing.readiness.accounts import Accounts
from publishing.readiness.audiences import Audiences
from publishing.readiness.base import Area, Finding, Leg, Subject
from publishing.readiness.content import Content
from publishing.readiness.mail import Mail
from publishing.readiness.seals import Seals
from publishing.readiness.works import Works

AREAS: tuple[Area, ...] = (Seals(), Audiences(), Accounts(), Mail(), Content(), Works())

__all__ = ["AREAS", "Area", "Finding", "Leg", "Subject"]
