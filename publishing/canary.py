"""A release that begins with a few readers: its steps, and what of their answers stops it. Pure.

Who is among the first is decided by the idempotency key, which is a SHA-256: by chance, and the same for
whoever computes it. Source: publishing specification §2, canary.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta

SHARES = (0.01, 0.10, 1.0)
BOUNCED, COMPLAINED, DEFERRED, UNSUBSCRIBED = "bounced", "complained", "deferred", "unsubscribed"
#: What part of the mails handed over may end so.
LIMITS: Mapping[str, float] = {BOUNCED: 0.02, COMPLAINED: 0.001, DEFERRED: 0.10, UNSUBSCRIBED: 0.01}
WORDS = {
    BOUNCED: "bounced",
    COMPLAINED: "were complained about",
    DEFERRED: "were put off by the other side",
    UNSUBSCRIBED: "led to an unsubscription",
}
TIMES_HISTORY = 3
LEAST_SEEN = 3  # fewer than these say nothing against a history of hardly any
HEX = 8  # digits of a key that are looked at: finer than any list is long
EMPTY: Mapping[str, float] = {}


@dataclass(frozen=True, slots=True)
class Step:
    """One step: the rows with keys from `first` (inclusive) to `last` (exclusive; "" = no end)."""

    name: str
    after: timedelta
    rows: int
    first: str = ""
    last: str = ""


def steps(count: int, *, gap: timedelta, mailboxes: int | None = None) -> list[Step]:
    """Return the steps of a part with so many rows, `mailboxes` of them our own, in order.

    `rows` of a step by share is what is expected of chance. Our own mailboxes go first; None means that
    this installation has none, and no step for them.
    """
    found = [] if mailboxes is None else [Step("own mailboxes", timedelta(), mailboxes)]
    others, before, low = max(count - (mailboxes or 0), 0), 0, ""
    for share in SHARES:
        upto = round(others * share)
        high = boundary(share)
        name = "all" if share == 1 else f"{share:.0%}"
        found.append(Step(name, gap * len(found), upto - before, low, high))
        before, low = upto, high
    return found


def boundary(share: float) -> str:
    """Return the hex digits below which this share of all keys lies; "" for all of them."""
    return "" if share >= 1 else f"{int(share * 16**HEX):0{HEX}x}"


def alarms(sent: int, seen: Mapping[str, int], history: Mapping[str, float] = EMPTY) -> list[str]:
    """Return a sentence for each kind of answer that is over its limit, or far over the list's own.

    `sent` is how many were handed over, `seen` how many of these ended in each way, `history` the rates
    of the list's releases before.
    """
    return list(_alarms(sent, seen, history)) if sent else []


def _alarms(sent: int, seen: Mapping[str, int], history: Mapping[str, float]) -> Iterator[str]:
    for kind, limit in LIMITS.items():
        count = seen.get(kind, 0)
        rate, usual = count / sent, history.get(kind)
        told = f"{count} of {sent} ({rate:.2%}) {WORDS[kind]}"
        if rate > limit:
            yield f"{told}; the limit is {limit:.1%}."
        elif usual is not None and count >= LEAST_SEEN and rate > TIMES_HISTORY * usual:
            yield f"{told}; this list has {usual:.2%} otherwise."
