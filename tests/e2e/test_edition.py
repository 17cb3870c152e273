"""From a text that somebody pastes to an edition whose books balance, in browsers, as different people."""

import re
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import httpx
import pytest

from tests.e2e.conftest import until

pytestmark = pytest.mark.timeout(280)
NEW_YORK = ZoneInfo("America/New_York")
TITLE = "The week we measured patience"
TEXT = """<!-- published: true -->
<!-- channels: email,web,social -->
# Notes of the editorial desk

## [Breathscape] In the app

<!-- weekly: true -->
### A quieter way to begin
- **Date:** {recent}
- **Content:** The first screen now waits until you touch it. Nothing counts down, nothing rings; a session starts when your
  hand rests on the glass, and the room around you decides how long you take.

## [Tips] Small habits

<!-- weekly: true -->
### Three windows, three breaths
- **Date:** {wrong}
- **Content:** Open the first window and breathe in, the second and breathe out, the third and stand still for a moment. The
  rooms get air, and so do you, before the first message of the day is read.
"""


def text(wrong):
    recent = date.today() - timedelta(days=2)
    return TEXT.format(recent=recent.isoformat(), wrong=wrong)


def next_full_minute(spare_s):
    """Return the first full minute that is at least so far away, as New York's clock shows it."""
    moment = datetime.now(UTC) + timedelta(seconds=spare_s + 60)
    return moment.astimezone(NEW_YORK).strftime("%Y-%m-%dT%H:%M")


def open_review(person, title):
    person.page.goto("/admin/")
    person.page.get_by_role("main").get_by_role("link", name=title).first.click()
    return person.page


def decide(page, button, **comment):
    """Press the button of the decision bar and answer its dialog."""
    page.get_by_role("region", name="Your decision").get_by_role("button", name=button).click()
    dialog = page.get_by_role("dialog")
    for label, value in comment.items():
        dialog.get_by_label(label.replace("_", " ")).fill(value)
    dialog.get_by_role("button", name=button).click()
    return page.locator("#message").inner_text()


@pytest.fixture(scope="module")
def edition(press, at_desk):
    """The edition that an editor made and submitted, and another wrote a sentence of."""
    slot = {}
    page = at_desk("editor").page
    page.goto("/admin/documents/")
    page.get_by_role("link", name="New document").click()
    page.get_by_label("Name").fill("Notes of the desk")
    page.get_by_label("or text").fill(text("2026-02-30"))
    page.get_by_role("button", name="Add and read it").click()
    slot["document"] = page.url
    slot["seen"] = page.get_by_role("main").inner_text()
    page.get_by_role("link", name="Change the text").click()
    page.get_by_label("or text").fill(text((date.today() - timedelta(days=1)).isoformat()))
    page.get_by_role("button", name="Save and read it").click()
    slot["mended"] = page.get_by_role("main").inner_text()
    page.get_by_role("button", name="Make the weekly edition").click()
    page.get_by_role("link", name="Pieces and settings").click()
    slot["wall"] = next_full_minute(spare_s=25)
    page.get_by_role("textbox", name="Title").fill(TITLE)
    page.get_by_label("Goes out").fill(slot["wall"])
    page.get_by_role("combobox", name="Audience").select_option("Readers")
    page.get_by_role("button", name="Save and render again").click()
    slot["draft"] = page.url
    write_a_sentence(at_desk("writer").page, slot["draft"])
    page.goto(slot["draft"])
    page.get_by_label("Note to the reviewers").fill("Two pieces only, on purpose.")
    page.get_by_role("button", name="Submit for review").click()
    slot["submitted"] = page.locator("#message").inner_text()
    slot["bar"] = page.get_by_label("Next step").inner_text()
    return slot


def write_a_sentence(page, draft):
    page.goto(draft)
    page.get_by_label("LinkedIn", exact=True).get_by_role("link", name="Edit text").click()
    field = page.get_by_label("Text", exact=True)
    field.fill(f"{field.input_value()}\nPatience can be trained.")
    page.get_by_label("Why", exact=True).fill("A last line")
    page.get_by_role("button", name="Save this text").click()


@pytest.fixture(scope="module")
def decided(edition, at_desk):
    """What the writer, the marketing manager and the team lead saw when they decided."""
    seen = {}
    page = at_desk("writer").page
    page.goto("/admin/reviews/")
    page.get_by_role("link", name=TITLE).first.click()
    seen["writer"] = page.get_by_text("Not yours to decide.").locator("..").inner_text()
    seen["bar"] = page.get_by_role("region", name="Your decision").inner_text()
    seen["shown"] = page.get_by_role("article").evaluate_all("all => all.map(one => one.id)")
    for name in ("marketing", "team-lead"):
        page = open_review(at_desk(name), TITLE)
        seen[name] = decide(page, "Approve")
        seen[name, "next"] = page.get_by_role("heading", level=1).inner_text()
    return seen


@pytest.fixture(scope="module")
def release(press, decided):
    """The id of its release, once it has left."""
    sql = (
        "SELECT publishing_release.id, publishing_release.status FROM publishing_release"
        " JOIN content_draft ON content_draft.id = draft_id WHERE title = ?"
    )

    def done():
        rows = press.rows(sql, TITLE)
        return rows and rows[0][1] in ("done", "incomplete") and rows[0]

    number, status = until(done, 150, "the release")
    assert status == "done"
    return number


def test_an_editor_sees_the_problems_of_her_text_by_line_and_mends_them(edition):
    line = text("2026-02-30").splitlines().index("- **Date:** 2026-02-30") + 1
    assert f"Line {line}" in edition["seen"]
    assert "“2026-02-30” is not a day of the calendar." in edition["seen"]
    assert f"line {line}, column 13 · date_invalid" in edition["seen"]
    assert "not a day of the calendar" not in edition["mended"]
    assert "Three windows, three breaths" in edition["mended"]


def test_submitting_says_whom_it_waits_for(edition):
    assert "Submitted" in edition["submitted"]
    assert "Marketing manager" in edition["bar"]
    assert "Team lead" in edition["bar"]


def test_the_review_shows_every_rendition(decided):
    assert decided["shown"] == ["newsletter", "web", "x", "linkedin", "facebook"]


def test_whoever_wrote_a_sentence_is_refused_that_format_with_the_reason(decided):
    assert "Four eyes: you edited the LinkedIn text" in decided["writer"]
    assert "Marketing manager or Team lead can." in decided["writer"]
    assert "You decide about newsletter, web, x, facebook" in decided["bar"]


def test_after_a_decision_the_next_piece_waits_with_the_time_repeated(decided, edition):
    clock = edition["wall"][-5:]
    for name in ("marketing", "team-lead"):
        assert decided[name].startswith(f"Approved: {TITLE}")
        assert clock in decided[name]
        assert "Next of " in decided[name]
        assert decided[name, "next"] not in (TITLE, "Reviews")


def test_it_leaves_on_its_slot_and_the_books_balance_with_every_number_a_link(
    release, press, at_desk, edition
):
    left = press.one(
        "SELECT min(confirmed_at) FROM publishing_delivery WHERE release_id = ?", release
    )
    slot = datetime.fromisoformat(edition["wall"]).replace(tzinfo=NEW_YORK)
    left = datetime.fromisoformat(left).replace(tzinfo=UTC)
    assert timedelta() <= left - slot < timedelta(seconds=60)
    page = at_desk("editor").page
    page.goto(f"/admin/releases/{release}/")
    books = page.locator("#books")
    assert "Done" in books.inner_text()
    assert "balanced" in books.inner_text()
    links = books.get_by_role("link").evaluate_all(
        "links => links.map(one => [one.getAttribute('href'), parseInt(one.innerText)])"
    )
    assert len(links) >= 8
    for address, number in links:
        page.goto(address)
        assert rows_behind(page) == number, address


def rows_behind(page):
    """Count the rows of a list, over all of its pages."""
    count = page.locator("table.list tbody tr").count()
    while page.locator("a[rel=next]").count():
        page.locator("a[rel=next]").click()
        count += page.locator("table.list tbody tr").count()
    return count


def test_the_mailbox_has_one_mail_for_everybody_who_agreed(release, press, stranger):
    subject = press.one(
        "SELECT subject FROM content_draft JOIN publishing_release ON draft_id = content_draft.id"
        " WHERE publishing_release.id = ?",
        release,
    )
    page = stranger().page
    page.goto(press.mailbox)
    page.get_by_label("Address or subject").fill("reader0040@readers.example")
    page.get_by_role("button", name="Search").click()
    page.locator("a.name").first.click()
    assert page.frame_locator("iframe").get_by_text("The first screen now waits").count()
    mails = httpx.get(f"{press.mailbox}/_sandbox/requests").json()
    assert mails, subject


def test_the_thread_stands_in_order_and_the_page_is_published(release, press, stranger):
    page = stranger().page
    parts = press.rows(
        "SELECT part, provider_id FROM publishing_delivery JOIN publishing_releasepart"
        " ON part_of_id = publishing_releasepart.id"
        " WHERE publishing_delivery.release_id = ? AND format = 'x' ORDER BY part",
        release,
    )
    page.goto(press.x)
    thread = page.locator("ol.thread").filter(has_text="patience")
    assert thread.locator("li").count() == len(parts) >= 1
    counters = re.findall(r"(\d+) of (\d+)", thread.inner_text())
    assert [int(number) for number, _ in counters] == [number for number, _ in parts]
    page.goto(press.platform)
    page.get_by_role("link", name=TITLE).click()
    assert page.get_by_text("Three windows, three breaths").count()
