"""What the matrix is made of: the steps of the ledger, the blows, the channels, and what may become of each."""

from dataclasses import dataclass
from itertools import product

#: Step of the ledger → how the document calls it.
STEPS = {
    "claiming": "before the claim is committed",
    "claimed": "claimed, not handed over",
    "handed_over": "handed over, no byte has left",
    "unanswered": "taken, not answered",
    "unrecorded": "answered, not recorded",
}
BLOWS = {
    "worker": "worker killed",
    "database": "database restarted",
    "broker": "broker killed",
    "network": "network cut",
    "outside": "stand-in killed",
}
#: A task is a person's: no program hands it over.
BY_HAND = frozenset({"task"})
#: Pages on our own site leave this machine nowhere: there is no network to cut and no stand-in to kill.
HERE = frozenset({"site"})
NOT_THERE = "–"
CONFIRMED = "confirmed"

#: The few cells that every run of the tests makes: each step, blow and channel at least once.
SAMPLE = (
    ("smtp", "unanswered", "worker"),
    ("crm", "unrecorded", "database"),
    ("esp", "handed_over", "broker"),
    ("platform", "unanswered", "network"),
    ("webhook", "unanswered", "outside"),
    ("site", "unanswered", "worker"),
    ("x", "unrecorded", "worker"),
    ("mastodon", "claimed", "database"),
    ("linkedin", "claiming", "worker"),
    ("facebook", "handed_over", "outside"),
    ("instagram", "unanswered", "database"),
)


@dataclass(frozen=True, slots=True)
class Cell:
    """One release through one channel, struck once."""

    channel: str
    step: str
    blow: str

    @property
    def is_there(self) -> bool:
        return not (self.channel in HERE and self.blow in ("network", "outside"))

    def __str__(self) -> str:
        return f"{self.channel}-{self.step}-{self.blow}"


def channels(configured):
    """Return the channels of `settings.CHANNELS` through which a program hands something over."""
    return [name for name in configured if name not in BY_HAND]


def whole(configured):
    """Return all cells, channel after channel."""
    cells = (Cell(*each) for each in product(channels(configured), STEPS, BLOWS))
    return [cell for cell in cells if cell.is_there]


def sample():
    return [Cell(*each) for each in SAMPLE]
