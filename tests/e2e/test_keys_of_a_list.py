"""A decision with a checklist by keys alone, and a draft duplicated by its key."""

import pytest

from approvals.models import Tick
from approvals.services import reviews
from content.models import Draft
from tests.e2e.keys import FOCUSED, Keys
from tests.factories.approvals import rendered_draft, voice
from tests.factories.content import RevisionFactory
from tests.factories.people import PersonFactory

pytestmark = pytest.mark.timeout(280)
MOST = 25


@pytest.fixture
def people(house):
    return {
        "author": PersonFactory(group="editor", is_staff=True),
        "senior": voice("senior_editor", is_staff=True),
        "manager": voice("marketing_manager", group="marketing_manager", is_staff=True),
    }


def test_a_list_of_six_is_ticked_and_the_piece_approved_within_25_keys(at, people):
    draft = rendered_draft(author=people["author"], is_featured=True, slot_wall="2027-03-12T10:00")
    review = reviews.submit(draft, by=draft.author)
    page = at("senior", "/admin/")
    keys = Keys(page)
    keys.press("Tab")
    keys.press("Enter")
    keys.tab_to(f"{FOCUSED}.href?.endsWith('/admin/reviews/{review.pk}/') ?? false")
    keys.press("Enter")
    page.wait_for_url(f"**/admin/reviews/{review.pk}/")
    keys.press("c")
    for place in range(6):
        assert page.evaluate(f"{FOCUSED}.name") == "items"
        keys.press("Space")
        if place < 5:
            keys.press("Tab")
    with page.expect_navigation():
        keys.press("Control+Enter")
    assert Tick.objects.filter(review=review, person=people["senior"]).count() == 6
    keys.press("a")
    with page.expect_navigation():
        keys.press("Control+Enter")
    assert page.locator("#message").inner_text().startswith(f"Approved: {draft.title}")
    print(f"\nsix items ticked and the piece approved, from the home page: {keys.count} keys")
    assert keys.count <= MOST


def test_a_draft_is_duplicated_by_its_key_and_the_help_says_so(at, people):
    draft = rendered_draft(author=people["author"], title="Two quiet minutes")
    draft.places.create(revision=RevisionFactory(), position=1)
    page = at("author", f"/admin/drafts/{draft.pk}/")
    page.keyboard.press("Control+/")
    assert "Duplicate (not on this page)" not in page.get_by_role("dialog").inner_text()
    page.keyboard.press("Escape")
    with page.expect_navigation():
        page.keyboard.press("Control+d")
    assert page.get_by_role("heading", level=1).inner_text() == "Copy of Two quiet minutes"
    assert "Duplicated from" in page.locator("#message").inner_text()
    assert Draft.objects.count() == 2
