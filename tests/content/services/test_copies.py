"""A draft made after another one."""

from datetime import timedelta

import pytest
from django.utils import timezone

from content.models import Authorship, Draft
from content.services import copies, drafts
from halcytone.lib.errors import Invalid, NotAllowed
from segmentation.models import Segment
from tests.api import Api
from tests.factories import RevisionFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def original(cast):
    return drafts.create(
        by=cast.author,
        type="blog",
        title="Two quiet minutes",
        revisions=[RevisionFactory(), RevisionFactory()],
        formats=["web", "linkedin"],
        segment=Segment.objects.create(key="readers", name="Readers"),
        slot_wall=f"{timezone.now() + timedelta(days=3):%Y-%m-%dT10:00}",
        priority=2,
        is_featured=True,
        subject="Breathe",
    )


def test_a_copy_has_the_pieces_the_settings_and_the_audience_but_no_slot(original, cast):
    copy = copies.duplicate(original, by=cast.editor)
    assert list(copy.pieces.order_by("places__position")) == list(
        original.pieces.order_by("places__position")
    )
    for name in ("type", "formats", "segment", "priority", "is_featured", "subject", "zone"):
        assert getattr(copy, name) == getattr(original, name)
    assert (copy.title, copy.slot_wall, copy.author) == (
        "Copy of Two quiet minutes",
        "",
        cast.editor,
    )
    acts = {(row.person, row.act) for row in copy.authorships.filter(person=cast.editor)}
    assert acts == {(cast.editor, Authorship.Act.CREATED), (cast.editor, Authorship.Act.AUDIENCE)}
    original.refresh_from_db()
    assert (original.title, original.version) == ("Two quiet minutes", 1)


def test_a_title_of_full_length_stays_within_its_limit(original, cast):
    Draft.objects.filter(pk=original.pk).update(title="a" * 200)
    original.refresh_from_db()
    assert len(copies.duplicate(original, by=cast.editor).title) == 200


def test_who_may_not_make_drafts_makes_no_copy(original, cast):
    with pytest.raises(NotAllowed):
        copies.duplicate(original, by=cast.viewer)
    assert Draft.objects.count() == 1


def test_a_piece_that_its_document_broke_meanwhile_is_named(original, cast):
    revision = original.pieces.first()
    type(revision.item).objects.filter(pk=revision.item_id).update(is_blocked=True)
    with pytest.raises(Invalid, match="Mend it there"):
        copies.duplicate(original, by=cast.editor)


def test_it_is_the_same_over_the_api(original):
    made = Api.of("editor").post(f"drafts/{original.pk}/duplicate")
    assert made.status_code == 201
    assert (made.json()["title"], made.json()["slot_wall"]) == ("Copy of Two quiet minutes", "")
    refused = Api.of("viewer").post(f"drafts/{original.pk}/duplicate")
    assert refused.status_code == 403
