"""docs/crash-matrix.md: written by the run of all cells, read by every run."""

from collections import Counter
from pathlib import Path

from tests.publishing.matrix.places import READERS
from tests.publishing.matrix.plan import BLOWS, NOT_THERE, STEPS, Cell, whole

DOCUMENT = Path(__file__).parents[3] / "docs" / "crash-matrix.md"
NOT_RUN = "not run"
HEAD = """# The crash matrix

What is left of a release when something is struck at a step of the ledger and mended afterwards, for every
channel. Written by `make crash`, which makes each cell: real processes on PostgreSQL, the channel's own code, its
stand-in with its state on disk. A worker comes to the step and waits there for the blow.

- **worker killed**: SIGKILL. **database restarted**: every connection is ended and none let in until the worker
  has given up. **broker killed**: SIGKILL, and a wake-up that nobody hears. **network cut**: the stand-in drops the
  connection, at the step or at the next call. **stand-in killed**: SIGKILL, started again on its ports and state.
- Afterwards leases are let end, and workers recover and send until nothing is open.
- "confirmed": every row is, and the stand-in was given each key once. "4 uncertain": so many rows wait for a person,
  the others are confirmed. So it may be for channels that cannot be asked what they hold, and for the others when the
  stand-in is down at the moment of the question; "planned" then counts the parts behind that one. "–": our own site has no network
  and no stand-in. In no cell was a key given twice, a row lost, or a book out of balance, unless a cell says so in bold.
- A release is {readers} mails in batches of four (the CRM takes them in one call), a page, or a post with what follows it.

{not_run}"""


def text(channels, made):
    """Return the document; `made` is {cell: outcome}."""
    lines = [f"| step | blow | {' | '.join(channels)} |", "|---" * (len(channels) + 2) + "|"]
    for step, step_name in STEPS.items():
        for blow, blow_name in BLOWS.items():
            words = [_word(Cell(channel, step, blow), made) for channel in channels]
            lines.append(f"| {step_name} | {blow_name} | {' | '.join(words)} |")
    said = (
        f"Cells not run: {', '.join(missing)}.\n\n" if (missing := _missing(channels, made)) else ""
    )
    return HEAD.format(readers=READERS, not_run=said) + "\n".join(lines) + "\n"


def _missing(channels, made):
    """Return how many cells of which channel were not run."""
    left = [cell for cell in whole(channels) if cell not in made]
    counts = Counter(cell.channel for cell in left)
    return [f"{count} of {channel}" for channel, count in counts.items()]


def _word(cell, made):
    return made.get(cell, NOT_RUN) if cell.is_there else NOT_THERE


def read():
    """Return the columns and {(step, blow): words} of the document, in its order."""
    lines = [line for line in DOCUMENT.read_text(encoding="utf-8").splitlines() if line[:1] == "|"]
    split = [[word.strip() for word in line.strip("|").split("|")] for line in lines]
    steps, blows = ({name: key for key, name in each.items()} for each in (STEPS, BLOWS))
    rows = {(steps[row[0]], blows[row[1]]): row[2:] for row in split[2:]}
    return split[0][2:], rows
