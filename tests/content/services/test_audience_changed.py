import pytest

from approvals.models import Review
from content.models import Authorship
from segmentation.services import segments
from tests.factories import PersonFactory
from tests.factories.approvals import BRIEF, approved, rendered_draft, voice
from tests.factories.segmentation import make_segment

pytestmark = pytest.mark.django_db


@pytest.fixture
def draft(settings):
    settings.FORMATS = BRIEF
    return rendered_draft(segment=make_segment(), slot_wall="2199-12-03T10:00", is_featured=True)


def test_whoever_changes_the_rule_of_a_segment_has_set_the_audience_of_its_coming_drafts(draft):
    editor = PersonFactory(group="senior_editor")

    segments.save(draft.segment, by=editor, rule={"field": "language", "op": "eq", "value": "en"})

    assert draft.authorships.filter(person=editor, act=Authorship.Act.AUDIENCE).exists()


def test_an_approved_draft_is_asked_about_again_when_its_segment_means_others(draft):
    review = approved(draft, voice("senior_editor"), voice("marketing_manager"))
    assert review.status == Review.Status.APPROVED

    segments.save(
        draft.segment,
        by=PersonFactory(group="senior_editor"),
        rule={"field": "language", "op": "eq", "value": "en"},
    )

    review.refresh_from_db()
    assert review.status == Review.Status.UNSEALED


def test_a_draft_whose_slot_has_passed_is_left_alone(draft):
    type(draft).objects.filter(pk=draft.pk).update(slot_wall="2020-12-01T10:00")

    segments.save(draft.segment, by=PersonFactory(group="senior_editor"), rule={})

    assert not draft.authorships.filter(act=Authorship.Act.AUDIENCE).exists()
