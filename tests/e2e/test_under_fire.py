"""A release of five thousand whose mail server fails: stopped, lifted by two, worked off, told to one reader.

The parts build on each other and run in this order.
"""

import time

import httpx
import pytest

from tests.e2e.conftest import run_module
from tests.e2e.measuring import judge, measure, tell
from tests.e2e.press import until

pytestmark = pytest.mark.timeout(400)
COUNT = 5_000
READERS = "fire*@readers.example"
#: What the stand-in does, (kind, from which mail on, how often): two answers lost after the mail was taken,
#: five times over; five refusals; and every mail takes its time, so that there is something to stop.
FAULTS = (
    *(("accept_then_drop", first, 2) for first in range(300, 3_000, 600)),
    ("status:550", 500, 5),
    ("slow:20", 1, COUNT * 2),
)
BOOKS = "SELECT state, count(*) FROM publishing_delivery WHERE release_id = ? GROUP BY state"


def books(press, release):
    return dict(press.rows(BOOKS, release))


@pytest.fixture(scope="module")
def fire(press):
    """The release, once its first mails have left."""
    for kind, first, times in FAULTS:
        body = {"match": {"path": READERS, "nth": first}, "times": times, "kind": kind}
        httpx.post(f"{press.mailbox}/_sandbox/faults", json=body).raise_for_status()
    release = run_module(press, "tests.e2e.readers", str(COUNT))["release"]
    until(lambda: books(press, release).get("confirmed", 0) > 100, 180, "the first mails")
    yield release
    httpx.delete(f"{press.mailbox}/_sandbox/faults")


def confirmed(page):
    text = (
        page.locator("#books").get_by_role("link").filter(has_text="confirmed").first.inner_text()
    )
    return int("".join(filter(str.isdigit, text)))


def test_the_books_move_while_one_looks(fire, at_desk):
    page = at_desk("marketing").page
    page.goto(f"/admin/releases/{fire}/")
    before = confirmed(page)
    until(lambda: confirmed(page) > before, 20, "a change of the books without a click")


def test_one_button_stops_it_and_two_people_start_it_again(press, fire, at_desk):
    page = at_desk("marketing").page
    page.goto("/admin/releases/")
    page.get_by_role("button", name="Stop the presses").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Why").fill("The mail server answers strangely.")
    dialog.get_by_role("button", name="Stop", exact=True).click()
    stopped_at = time.monotonic()
    counts = books(press, fire)
    until(lambda: not books(press, fire).get("handed_over"), 15, "the end of what was under way")
    took = time.monotonic() - stopped_at
    after = books(press, fire)
    time.sleep(3)
    assert books(press, fire) == after, "something left after the stop"
    assert after["planned"] > COUNT / 10
    page.get_by_role("button", name="Ask to lift it").click()
    page.get_by_role("button", name="Lift the stop").click()
    assert "another" in page.locator("#message").inner_text().lower()
    assert books(press, fire) == after
    second = at_desk("admin").page
    second.goto("/admin/releases/")
    second.get_by_role("button", name="Lift the stop").click()
    until(lambda: books(press, fire)["confirmed"] > after["confirmed"], 30, "going on")
    left = after["confirmed"] - counts["confirmed"]
    print(f"\nstopped: {left} more mails confirmed, {took:.1f} s until the last answer")


def test_what_is_uncertain_is_worked_off_until_the_books_are_closed(press, fire, at_desk):
    status = "SELECT status FROM publishing_release WHERE id = ?"
    until(lambda: press.one(status, fire) == "incomplete", 240, "the end of the release")
    lost = books(press, fire)["uncertain"]
    assert lost >= 10
    page = at_desk("marketing").page
    page.goto(f"/admin/releases/{fire}/")
    assert f"{lost} to resolve" in page.locator("#books").inner_text()
    page.goto("/admin/uncertain/")
    for box in page.get_by_role("checkbox").all():
        box.check()
    page.get_by_label("How you know").fill("The server's own log names every one of them.")
    page.get_by_role("button", name="They are out").click()
    page.goto(f"/admin/releases/{fire}/")
    assert "balanced" in page.locator("#books").inner_text()
    assert press.one(status, fire) == "done"
    found = books(press, fire)
    assert sum(found.values()) == COUNT
    assert found["failed"] >= 5
    taken = httpx.get(f"{press.mailbox}/_sandbox/mailbox?q=fire0&limit=1").json()
    print(f"\n{found}, {taken['total']} mails in the mailbox")
    assert taken["distinct_message_ids"] == taken["total"] == found["confirmed"]


def test_the_story_of_one_reader_is_made_anew_byte_for_byte(press, fire, at_desk):
    page = at_desk("marketing").page
    page.goto("/admin/contacts/?q=fire00200")
    page.get_by_role("link", name="Reader 200").first.click()
    page.get_by_role("link", name="Her whole story").click()
    assert "She said yes" in page.get_by_label("Story").inner_text()
    page.get_by_role("link", name="The mail, made anew").first.click()
    assert page.frame_locator("iframe").locator("body").inner_text().strip()
    with page.expect_download() as download:
        page.get_by_role("link", name="Download the bytes").click()
    data = download.value.path().read_bytes()
    mails = httpx.get(f"{press.mailbox}/_sandbox/mailbox?to=fire00200%40readers.example").json()[
        "mails"
    ]
    assert len(mails) == 1
    assert httpx.get(f"{press.mailbox}/_sandbox/mailbox/{mails[0]['id']}/raw").content == data


def test_these_pages_are_light_and_open_to_all(press, fire, at_desk):
    row = press.one("SELECT min(id) FROM publishing_delivery WHERE release_id = ?", fire)
    contact = press.one("SELECT contact_id FROM publishing_delivery WHERE id = ?", row)
    paths = (f"/admin/releases/{fire}/", "/admin/uncertain/", f"/admin/readers/{contact}/",
             f"/admin/ledger/{row}/", f"/admin/ledger/{row}/mail/")  # fmt: skip
    pages = [measure(at_desk("marketing"), path) for path in paths]
    tell("under fire", pages)
    assert [problem for one in pages for problem in judge(one)] == []
