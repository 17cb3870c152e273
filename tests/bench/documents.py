"""Reading a document of 20 items, against markdown-it-py on the same text, which finds no items in it.

Each round has a text that was never seen before, so that nothing is remembered.
"""

import time
from datetime import UTC, datetime

from markdown_it import MarkdownIt

from content import grammar
from tests.bench.table import Row, least

ITEMS, ROUNDS, AIM = 20, 40, 0.3
AT = datetime(2026, 11, 28, 12, tzinfo=UTC)
SECTIONS = ("[Breathscape] In the app", "[Hardware] From the workshop", "[Tips] Small habits",
            "[Vision] Why we do this")  # fmt: skip
BODIES = (
    "Sit, let your shoulders drop, **breathe in** for four counts and out for six. Repeat it ten "
    "times, which takes about two minutes.\n\n- At the window\n- On the way home\n  - or on the way there",
    "Old sessions are removed first; [the notes](https://halcytone.example/notes) say which.\n\n"
    "| Platform | Space |\n| --- | ---: |\n| iOS | 88 MB |\n| Android | 91 MB |",
    "The ring slows down when the watch reports that you are *still settling*. Nothing else changes, "
    "and you can switch it off where you found it, see [how](https://halcytone.example/how).",
)


def written(mark):
    """Return a living document that says something new; `mark` says what."""
    each = ITEMS // len(SECTIONS)
    sections = (
        f"## {heading}\n\n" + "\n\n".join(_piece(place * each + n, mark) for n in range(each))
        for place, heading in enumerate(SECTIONS)
    )
    return "<!-- published: true -->\n# Letter of December\n\n" + "\n\n".join(sections) + "\n"


def _piece(number, mark):
    body = f"{BODIES[number % len(BODIES)]}\n\nThis is note {number} of {mark}."
    indented = body.replace("\n", "\n  ").replace("\n  \n", "\n\n")
    return (
        f"<!-- weekly: true -->\n<!-- tags: calm, part {number} -->\n"
        f"### Quiet minutes, part {number} of {mark}\n"
        f"- **Date:** 2026-11-{1 + number % 28:02}\n- **Content:** {indented}"
    )


def run():
    markdown = MarkdownIt("commonmark").enable("table")
    found = grammar.parse(written("a try"), at=AT)
    if len(found.items) != ITEMS or found.is_blocked:
        raise RuntimeError(f"the document is not read as meant: {found.problems}")
    mine, theirs = least(
        lambda number: _reading(written(f"round {number} here")),
        lambda number: _tokens(markdown, written(f"round {number} there")),
        rounds=ROUNDS,
        clock=time.process_time,
    )
    absolute = f"{1 / mine:.0f} against {1 / theirs:.0f} documents a second"
    work = f"read a document of {ITEMS} items"
    return [Row(work, "markdown-it-py alone", theirs / mine, AIM, absolute)]


def _reading(text):
    return lambda: grammar.parse(text, at=AT)


def _tokens(markdown, text):
    return lambda: markdown.parse(text)
