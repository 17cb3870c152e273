"""A review is seen, and acted on, by whoever may see its draft; for others it is not there."""

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse

from approvals.services import reviews
from tests.factories.approvals import rendered_draft
from tests.factories.people import PersonFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def stranger(client):
    """Somebody with every right in reviews, who may see her own drafts only."""
    person = PersonFactory(group="contributor", is_staff=True)
    names = ("view_review", "decide_review", "submit_review")
    person.user_permissions.set(Permission.objects.filter(codename__in=names))
    client.force_login(person)
    return client


@pytest.mark.parametrize(
    ("verb", "page"),
    [
        *(("get", name) for name in ("review", "grid", "timeline", "compare")),
        *(("post", name) for name in ("decide", "take-back", "late", "comment", "claim")),
    ],
)
def test_a_review_of_a_draft_that_is_not_hers_is_not_there(stranger, senior, manager, verb, page):
    draft = rendered_draft(is_featured=True)
    review = reviews.submit(draft, by=draft.author)
    answer = getattr(stranger, verb)(reverse(f"approvals:{page}", args=[review.pk]))
    assert answer.status_code == 404
    review.refresh_from_db()
    assert review.status == "open"
