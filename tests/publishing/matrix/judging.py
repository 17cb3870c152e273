"""What became of a cell in one word, and what must not become of any."""

from collections import Counter

from publishing.channels.base import Channel
from tests.publishing.matrix.places import PLACES
from tests.publishing.matrix.plan import CONFIRMED


def outcome(found):
    """Return "confirmed", or what is not, counted: "4 uncertain"."""
    others = Counter(row["state"] for row in found["rows"] if row["state"] != "confirmed")
    return ", ".join(f"{count} {state}" for state, count in sorted(others.items())) or CONFIRMED


def may_be_uncertain(cell, channel: type[Channel]):
    """Tell whether the specification leaves a row of this cell to a person.

    So it is where nobody can be asked: never, or not when the answer was lost, the other side being down.
    """
    return not channel.can_read_back or (cell.step, cell.blow) == ("unanswered", "outside")


def _waits(row, rows):
    """Tell whether this is a later part of a thread behind one that waits for a person."""
    before = [other for other in rows if other["part"] < row["part"] and not row["to"]]
    return any(other["state"] == "uncertain" for other in before)


def faults(cell, channel: type[Channel], found):
    """Return sentences for a double, a loss, or books that do not balance; none is as it must be."""
    rows, held = found["rows"], found["held"]
    said = [
        f"row {n} left {held[row['key']]} times"
        for n, row in enumerate(rows, 1)
        if held[row["key"]] > 1
    ]
    if len(rows) != PLACES[cell.channel].rows or found["candidates"] != len(rows):
        said.append(f"{len(rows)} rows and {found['candidates']} candidates")
    for number, row in enumerate(rows, 1):
        is_settled = (
            row["state"] == "confirmed"
            or (row["state"] == "uncertain" and may_be_uncertain(cell, channel))
            or (row["state"] == "planned" and _waits(row, rows))
        )
        if not is_settled:
            said.append(f"row {number} is {row['state']} ({row['why']})")
        has_no_mark = cell.channel == "instagram" and row["part"] == 1  # a container nobody sees
        if row["state"] == "confirmed" and not held[row["key"]] and not has_no_mark:
            said.append(f"row {number} is confirmed and not there")
    unknown = sum(row["state"] == "uncertain" for row in rows)
    waiting = sum(
        row["state"] == "planned" for row in rows
    )  # is not balanced while anything is to be done
    is_right = found["is_balanced"] == (not waiting)
    if not is_right or found["status"] != ("incomplete" if unknown else "done"):
        said.append(f"the books: balanced {found['is_balanced']}, {found['status']}")
    return said
