"""The judge of the matrix sees what must not be."""

import pytest

from publishing.channels.smtp import Smtp
from publishing.channels.x import X
from tests.publishing.matrix.judging import faults, outcome
from tests.publishing.matrix.plan import Cell

THREAD = Cell("x", "claimed", "worker")
MAIL = Cell("smtp", "claimed", "worker")


def found(*states, held=None, **changes):
    rows = [
        {"key": f"k{number}", "state": state, "part": number, "why": "", "to": ""}
        for number, state in enumerate(states, 1)
    ]
    keys = {row["key"]: int(row["state"] == "confirmed") for row in rows}
    whole = {"rows": rows, "candidates": len(rows), "is_balanced": True, "status": "done"}
    return whole | {"held": keys | (held or {})} | changes


def test_all_confirmed_and_each_there_once_is_as_it_must_be():
    cell = found(*["confirmed"] * 3)
    assert (outcome(cell), faults(THREAD, X, cell)) == ("confirmed", [])


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        (found(*["confirmed"] * 3, held={"k2": 2}), "row 2 left 2 times"),
        (found(*["confirmed"] * 3, held={"k2": 0}), "row 2 is confirmed and not there"),
        (found("confirmed", "confirmed", "planned", status="releasing"), "row 3 is planned ()"),
        (found("confirmed", "confirmed", "failed"), "row 3 is failed ()"),
        (found(*["confirmed"] * 2), "2 rows and 2 candidates"),
        (found(*["confirmed"] * 3, is_balanced=False), "the books: balanced False, done"),
        (found(*["confirmed"] * 3, status="releasing"), "the books: balanced True, releasing"),
    ],
)
def test_a_double_a_loss_and_a_book_that_is_off_are_named(cell, said):
    assert said in faults(THREAD, X, cell)


def test_only_a_channel_that_cannot_be_asked_may_be_uncertain():
    states = ["confirmed"] * 7 + ["uncertain"]
    mails = found(*states, status="incomplete")
    assert (outcome(mails), faults(MAIL, Smtp, mails)) == ("1 uncertain", [])
    posts = found("confirmed", "confirmed", "uncertain", status="incomplete")
    assert "row 3 is uncertain ()" in faults(THREAD, X, posts)


def test_done_is_not_said_while_something_is_uncertain():
    mails = found(*["confirmed"] * 7, "uncertain")
    assert "the books: balanced True, done" in faults(MAIL, Smtp, mails)


def test_where_the_other_side_is_down_a_post_waits_for_a_person_and_what_follows_waits_with_it():
    states = ("confirmed", "uncertain", "planned")
    posts = found(*states, status="incomplete", is_balanced=False)
    assert outcome(posts) == "1 planned, 1 uncertain"
    assert faults(Cell("x", "unanswered", "outside"), X, posts) == []
    assert "row 2 is uncertain ()" in faults(THREAD, X, posts)
