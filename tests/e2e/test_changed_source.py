"""Somebody changes a price at the source after a piece was approved; the desk says where it stands."""

import pytest

from tests.e2e.press import until

OLD, NEW = "It costs $29 in the first three weeks.", "It costs $31 in the first three weeks."


@pytest.fixture(scope="module")
def changed(press, at_desk):
    """The editor's page, once the changed document was read."""
    page = at_desk("editor").page
    page.goto(press.sources)
    page.get_by_role("link", name="Letter of the product team").click()
    words = page.get_by_role("textbox").filter(has_text=OLD).first
    words.fill(words.input_value().replace("$29", "$31"))
    page.get_by_role("button", name="Save").click()
    page.goto(f"/admin/documents/{press.letter['document']}/")
    page.get_by_role("button", name="Fetch now").click()
    sql = "SELECT count(*) FROM content_drift WHERE sentence = ?"
    until(lambda: press.one(sql, OLD), 60, "the reading")
    return page


def test_the_document_the_release_and_home_say_that_it_changed(press, changed):
    page = changed
    page.goto(f"/admin/documents/{press.letter['document']}/")
    assert "from passages that changed" in page.get_by_role("main").inner_text()
    page.goto(f"/admin/releases/{press.letter['release']}/")
    note = page.get_by_role("status").filter(has_text="changed after this was approved")
    assert "Letter of the product team" in note.inner_text()
    page.goto("/admin/")
    assert "from passages that changed" in page.get_by_role("main").inner_text()


def test_old_and_new_words_stand_side_by_side_with_state_and_slot(press, changed):
    page = changed
    page.goto(f"/admin/documents/{press.letter['document']}/drift/")
    card = page.get_by_role("article").filter(has_text="LinkedIn").first
    said = card.inner_text()
    assert OLD in said
    assert "Approved" in said
    assert "goes out Tue" in said
    assert card.locator("ins").inner_text().endswith("31")
    assert card.locator("del").inner_text().endswith("29")


def test_taking_it_over_unseals_that_rendition_alone(press, changed):
    page = changed
    page.goto(f"/admin/documents/{press.letter['document']}/drift/")
    card = page.get_by_role("article").filter(has_text="LinkedIn").first
    card.get_by_role("button", name="Take it over, unseals LinkedIn alone").click()
    assert "it alone, has to be approved anew" in page.locator("#message").inner_text()
    sql = "SELECT format FROM content_rendition WHERE draft_id = ? AND body LIKE ?"
    taken = press.rows(sql, press.letter["draft"], f"%{NEW}%")
    assert taken == [("linkedin",)]
    sql = "SELECT refusal FROM publishing_releasepart WHERE release_id = ?"
    assert press.rows(sql, press.letter["release"])
    review = "SELECT status FROM approvals_review WHERE draft_id = ?"
    assert press.one(review, press.letter["draft"]) in ("unsealed", "open")
    page.goto(f"/admin/drafts/{press.letter['draft']}/")
    assert "LinkedIn" in page.get_by_role("main").inner_text()


def test_the_others_are_kept_with_a_reason(press, changed):
    page = changed
    page.goto(f"/admin/documents/{press.letter['document']}/drift/")
    card = page.get_by_role("article").filter(has_text="Newsletter").first
    card.get_by_role("button", name="Keep it as approved").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Why").fill("The price of the first weeks was agreed")
    dialog.get_by_role("button", name="Keep it").click()
    assert "Kept as it is" in page.locator("#message").inner_text()
    sql = "SELECT count(*) FROM content_drift WHERE decision = 'kept' AND reason LIKE 'The price%'"
    assert press.one(sql) >= 1
