"""The desk by keyboard, on a phone, and for somebody who mistypes."""

import pytest

from tests.e2e.keys import FOCUSED, Keys
from tests.e2e.measuring import AXE, judge, look, measure, tell
from tests.e2e.press import NARROW, WIDE

pytestmark = pytest.mark.timeout(280)
KEYS = 25


@pytest.fixture
def asked(press, at_desk, decided):
    """A review that waits for the marketing manager: (its path, its title)."""
    number, title = press.rows(
        "SELECT approvals_review.id, title FROM approvals_review"
        " JOIN content_draft ON content_draft.id = draft_id"
        " WHERE approvals_review.status = 'open' AND NOT EXISTS (SELECT 1 FROM approvals_decision"
        " JOIN approvals_stage ON approvals_stage.id = stage_id"
        " WHERE review_id = approvals_review.id)"
    )[0]
    return f"/admin/reviews/{number}/", title


def test_the_page_of_a_decision_meets_its_targets_with_its_dialog_closed_and_open(at_desk, asked):
    person = at_desk("marketing")
    found = measure(person, asked[0])
    person.page.get_by_role("button", name="Request changes").click()
    look(found, person.page, "390 with a dialog", AXE)
    person.page.keyboard.press("Escape")
    person.page.set_viewport_size(WIDE)
    tell("a review that waits", [found])
    assert judge(found) == []


def test_escape_closes_a_dialog_and_the_focus_returns(at_desk, asked):
    page = at_desk("marketing").page
    page.goto(asked[0])
    button = page.get_by_role("button", name="Request changes")
    button.click()
    dialog = page.get_by_role("dialog", name="Request changes")
    assert dialog.evaluate("one => one.contains(document.activeElement)")
    page.keyboard.press("Escape")
    assert not dialog.is_visible()
    assert button.evaluate("one => one === document.activeElement")


def test_the_first_tab_offers_to_skip_to_the_content(at_desk, asked):
    page = at_desk("marketing").page
    page.goto(asked[0])
    page.keyboard.press("Tab")
    assert page.evaluate(f"{FOCUSED}.textContent") == "Skip to content"
    page.keyboard.press("Enter")
    assert page.evaluate(f"{FOCUSED}.id") == "content"


def test_on_a_phone_the_decision_bar_stands_in_view_and_covers_no_text(at_desk, asked):
    page = at_desk("marketing").page
    page.set_viewport_size(NARROW)
    page.goto(asked[0])
    bar = page.get_by_role("region", name="Your decision")
    for where in ("0", "document.body.scrollHeight / 2", "document.body.scrollHeight"):
        page.evaluate(f"scrollTo(0, {where})")
        box = bar.bounding_box()
        assert box["y"] + box["height"] <= NARROW["height"] + 1
        assert box["height"] < NARROW["height"] / 3
    covered = page.evaluate(
        "() => { const top = document.querySelector('.decision-bar').getBoundingClientRect().top;"
        " return [...document.querySelectorAll('main > section, main > div:not(.decision-bar)')]"
        ".filter(one => one.getBoundingClientRect().bottom > top + 1).length }"
    )
    assert covered == 0, "at the end of the page everything stands above the bar"
    page.get_by_role("button", name="Approve").click()
    assert page.get_by_role("dialog").is_visible()
    page.keyboard.press("Escape")
    page.set_viewport_size(WIDE)


def test_a_review_is_found_and_decided_by_keys_alone(at_desk, asked):
    path, title = asked
    page = at_desk("marketing").page
    page.goto("/admin/")
    keys = Keys(page)
    keys.press("Tab")
    keys.press("Enter")
    keys.tab_to(f"{FOCUSED}.href?.endsWith('{path}') ?? false")
    keys.press("Enter")
    page.wait_for_url(f"**{path}")
    keys.press("a")
    keys.tab_to(f"{FOCUSED}.matches('dialog button.main')")
    keys.press("Enter")
    message = page.locator("#message")
    message.wait_for()
    assert message.inner_text().startswith(f"Approved: {title}")
    assert message.evaluate("one => one === document.activeElement"), "the focus is on the result"
    print(f"\nkeys from the home page to a decision: {keys.count}, at most {KEYS}")
    assert keys.count <= KEYS


def test_a_wrong_password_is_said_in_words_and_the_name_is_kept(stranger):
    page = stranger().page
    page.goto("/accounts/login/")
    page.get_by_label("User name or e-mail").fill("editor")
    page.get_by_label("Password").fill("not this one")
    page.get_by_role("button", name="Sign in").click()
    assert "not correct" in page.get_by_role("alert").inner_text()
    assert page.get_by_label("User name or e-mail").input_value() == "editor"


def test_the_desk_is_read_without_scripts(stranger, press):
    person = stranger("viewer", java_script_enabled=False).sign_in()
    person.page.goto(f"/admin/releases/{press.changed_release}/")
    assert person.page.get_by_role("heading", level=1).is_visible()
    assert person.page.get_by_role("heading", name="Books").is_visible()
