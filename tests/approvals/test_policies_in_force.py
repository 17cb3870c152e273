"""The policy in force: asked without a draft, and missed when there is none."""

import pytest

from approvals import policy
from approvals.facts import facts
from approvals.models import Policy
from approvals.services import policies, reviews
from halcytone.lib.errors import WrongState
from tests.factories.approvals import rendered_draft, voice

pytestmark = pytest.mark.django_db


def test_what_it_would_ask_is_what_it_asks_on_submission():
    voice("senior_editor")
    voice("marketing_manager", group="marketing_manager")
    draft = rendered_draft(is_featured=True)
    would = policies.simulate(facts(draft))
    review = reviews.submit(draft, by=draft.author)
    assert review.level == would.level
    assert [each["name"] for each in review.matched] == [each.row.name for each in would.rows]


def test_without_a_policy_in_force_nothing_is_submitted():
    draft = rendered_draft()
    Policy.objects.update(is_active=False)
    with pytest.raises(WrongState, match="No approval policy is active") as refused:
        reviews.submit(draft, by=draft.author)
    assert refused.value.code == "no_policy"


def test_a_stage_that_comes_to_need_another_voice_keeps_those_it_had():
    voice("senior_editor")
    voice("marketing_manager", group="marketing_manager")
    draft = rendered_draft(is_featured=True)
    review = reviews.submit(draft, by=draft.author)
    stage = review.stages.first()
    more = policies.spec(stage).as_dict() | {"roles": [["legal"]]}
    wanted = policy.Matched(review.level, (policy.StageSpec.read(more),), ())
    assert policies.asks_more(review, wanted)
    before = stage.roles
    policies.lay_stages(review, wanted, list(review.stages.all()))
    stage.refresh_from_db()
    assert stage.roles == [*before, ["legal"]]
    assert not policies.asks_more(review, wanted)
