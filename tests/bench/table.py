"""The one table of `make bench`, and how its times are taken."""

import time
from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """One measurement. `ratio` is ours against the yardstick, `aim` what the design asks of it.

    With `is_time` a smaller ratio is better (times), else a greater one (work per second).
    """

    work: str
    yardstick: str
    ratio: float
    aim: float | None
    absolute: str
    is_time: bool = False

    @property
    def verdict(self):
        if self.aim is None:
            return ""
        reached = self.ratio <= self.aim if self.is_time else self.ratio >= self.aim
        return "reached" if reached else "missed"

    @property
    def wanted(self):
        return "–" if self.aim is None else f"{'≤' if self.is_time else '≥'} {self.aim:g}"


def show(rows):
    """Print the rows as a table."""
    heads = ("work", "against", "ratio", "aim", "", "absolute, this machine")
    cells = [heads] + [
        (row.work, row.yardstick, f"{row.ratio:.2f}", row.wanted, row.verdict, row.absolute)
        for row in rows
    ]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    for line in cells:
        padded = (cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        print("  ".join(padded).rstrip())


def least(ours, yardstick, *, rounds, clock=time.perf_counter):
    """Return the least seconds of both, taken in turns so that both meet the same machine.

    Each is called with the number of the round and returns what is to be timed. Work that waits for
    nothing may be timed by the `clock` of its own process, which others on the machine do not slow.
    """
    times = ([], [])
    for number in range(rounds):
        for kept, make in zip(times, (ours, yardstick), strict=True):
            work = make(number)
            begun = clock()
            work()
            kept.append(clock() - begun)
    return tuple(map(min, times))
