"""A round in which one format comes back: answered, asked again alone, decided by delegate and link."""

import re

import pytest

from tests.e2e.edition import decide
from tests.e2e.partner import TITLE
from tests.e2e.press import run_module

FORMATS = {"newsletter", "web", "x", "linkedin", "facebook"}


@pytest.fixture(scope="module")
def piece(press):
    return run_module(press, "tests.e2e.partner")


def at_review(person, piece):
    person.page.goto(f"/admin/reviews/{piece['review']}/")
    return person.page


def asked(press, piece):
    """Return {role: formats} that wait now."""
    sql = "SELECT role, format FROM approvals_ask WHERE review_id = ?"
    found = {}
    for role, format in press.rows(sql, piece["review"]):
        found.setdefault(role, set()).add(format)
    return found


def only(dialog, format):
    """Leave one format of the dialog ticked."""
    for box in dialog.get_by_role("checkbox").all():
        box.set_checked(box.get_attribute("value") == format)


def send_back(page, format, comment):
    page.get_by_role("region", name="Your decision").get_by_role(
        "button", name="Request changes"
    ).click()
    dialog = page.get_by_role("dialog")
    only(dialog, format)
    dialog.get_by_label("What it is about").select_option("tone")
    dialog.get_by_label("Comment").fill(comment)
    dialog.get_by_role("button", name="Send back").click()
    return page.locator("#message").inner_text()


@pytest.fixture(scope="module")
def returned(press, piece, at_desk):
    """Marketing approves everything, the team lead all but LinkedIn, which she sends back."""
    seen = {"asked": asked(press, piece)}
    decide(at_review(at_desk("marketing"), piece), "Approve")
    page = at_review(at_desk("team-lead"), piece)
    seen["back"] = send_back(page, "linkedin", "Warmer, and shorter.")
    return seen


@pytest.fixture(scope="module")
def again(press, piece, at_desk, returned):
    """The author answers what was asked for, changes LinkedIn, and submits it again."""
    page = at_review(at_desk("editor"), piece)
    seen = {"opinions": page.locator("#opinions").inner_text()}
    page.locator("#opinions").get_by_label("Done", exact=True).check()
    page.locator("#opinions").get_by_role("textbox").fill("Shorter by a sentence.")
    page.get_by_role("button", name="Keep the answers").click()
    page.goto(f"/admin/drafts/{piece['draft']}/")
    page.get_by_label("LinkedIn", exact=True).get_by_role("link", name="Edit text").click()
    field = page.get_by_label("Text", exact=True)
    field.fill(f"{field.input_value()}\nThank you for reading along.")
    page.get_by_label("Why", exact=True).fill("Warmer")
    page.get_by_role("button", name="Save this text").click()
    page.goto(f"/admin/drafts/{piece['draft']}/")
    page.get_by_role("button", name="Submit again").click()
    seen["submitted"] = page.locator("#message").inner_text()
    seen["asked"] = asked(press, piece)
    return seen


@pytest.fixture(scope="module")
def link(piece, at_desk, again):
    """The address of a link that the marketing manager makes for somebody outside."""
    page = at_review(at_desk("marketing"), piece)
    page.get_by_text("Give a link").click()
    page.get_by_label("Name").fill("A partner")
    page.get_by_label("E-mail").fill("partner@halcytone.example")
    stage = page.locator("#link-stage")
    stage.select_option(label=next(
        text for text in stage.locator("option").all_inner_texts() if text.startswith("Partner")
    ))  # fmt: skip
    page.get_by_role("button", name="Make the link").click()
    return page.get_by_label("Address of the link").inner_text().strip()


def test_one_format_is_sent_back_with_a_reason(returned):
    assert returned["asked"]["marketing_manager"] == FORMATS
    assert returned["asked"]["data"] == FORMATS
    assert returned["back"].startswith(f"Sent back: {TITLE}")


def test_the_author_answers_and_only_that_format_is_asked_again(again):
    assert "Warmer, and shorter." in again["opinions"]
    assert "Submitted" in again["submitted"]
    assert again["asked"]["marketing_manager"] == {"linkedin"}


def test_the_delegate_of_the_absent_decides_and_both_names_stand_there(
    press, piece, at_desk, again
):
    page = at_review(at_desk("head"), piece)
    assert decide(page, "Approve").startswith(f"Approved: {TITLE}")
    page = at_review(at_desk("head"), piece)
    assert re.search(r"Department head for .+ as data", page.locator("#history").inner_text())


def test_a_link_decides_once(press, piece, at_desk, stranger, link):
    for name in ("marketing", "team-lead"):
        decide(at_review(at_desk(name), piece), "Approve")
    page = stranger().page
    for _ in range(3):
        assert page.goto(link).status == 200
    code = page.locator(".the-code").inner_text().strip()
    page.get_by_label("Yes, it may go out").check()
    page.get_by_label("Type the code").fill(code)
    form = page.locator("#decide").evaluate(
        "form => Object.fromEntries(new FormData(form).entries())"
    )
    page.get_by_role("button", name="Give my answer").click()
    assert "You answered: approve" in page.get_by_role("main").inner_text()
    second = page.request.post(link, form=form)
    assert second.status == 409
    sql = "SELECT status FROM approvals_review WHERE id = ?"
    assert press.one(sql, piece["review"]) == "approved"
    count = "SELECT count(*) FROM approvals_decision WHERE link_id IS NOT NULL"
    assert press.one(count) == len(FORMATS)
