"""What a check of a rehearsal is given, and what it finds. One class for each area of the board."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from approvals.models import Seal
from content.models import Draft, FormatName, Rendition
from publishing.models import Account, Release, ReleasePart
from publishing.models.rehearsals import Verdict

GO, WARNING, NO_GO = Verdict.GO, Verdict.WARNING, Verdict.NO_GO


@dataclass(frozen=True, slots=True)
class Leg:
    """One format that would leave. `seal` and `part` are None before the draft is approved."""

    rendition: Rendition
    account: Account | None
    seal: Seal | None = None
    part: ReleasePart | None = None

    @property
    def format(self) -> str:
        return self.rendition.format

    @property
    def label(self) -> str:
        return str(dict(FormatName.choices).get(self.format, self.format))


@dataclass(frozen=True, slots=True)
class Subject:
    """What is rehearsed: a draft, its release once there is one, and the instant of its slot."""

    draft: Draft
    release: Release | None
    at: datetime | None  # of the slot; None without one
    now: datetime
    occasion: str
    legs: Sequence[Leg]


@dataclass(frozen=True, slots=True)
class Finding:
    """One row of the board. `about` is a format or account, `who` says who can mend it, `path` where."""

    name: str
    verdict: str
    what: str
    about: str = ""
    who: str = ""
    path: str = ""
    can_override: bool = True


class Area(ABC):
    """The checks of one area. They read, and change nothing; a rule that holds is a row too."""

    name: ClassVar[str]
    title: ClassVar[str]

    @abstractmethod
    def findings(self, subject: Subject) -> Iterator[Finding]:
        """Yield what was found. An error that is raised becomes a No-Go of the area."""
