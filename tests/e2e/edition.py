"""One edition, made, written in, approved and released by different people in browsers of their own."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.e2e.press import until

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
- **Date:** {day}
- **Content:** Open the first window and breathe in, the second and breathe out, the third and stand still for a moment. The
  rooms get air, and so do you, before the first message of the day is read.
"""


def days_ago(count):
    return (datetime.now(NEW_YORK) - timedelta(days=count)).date().isoformat()


def text(day):
    """Return the document, with this day in its second piece."""
    return TEXT.format(recent=days_ago(2), day=day)


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


@pytest.fixture(scope="session")
def edition(press, at_desk):
    """The edition that an editor made and submitted, and another wrote a sentence of."""
    slot = {}
    page = at_desk("editor").page
    page.goto("/admin/documents/")
    page.get_by_role("link", name="Text or file").click()
    page.get_by_label("Name").fill("Notes of the desk")
    page.get_by_label("or text").fill(text("2026-02-30"))
    page.get_by_role("button", name="Add and read it").click()
    slot["document"] = page.url
    slot["seen"] = page.get_by_role("main").inner_text()
    page.get_by_role("link", name="Change the text").click()
    page.get_by_label("or text").fill(text(days_ago(1)))
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


@pytest.fixture(scope="session")
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


@pytest.fixture(scope="session")
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
