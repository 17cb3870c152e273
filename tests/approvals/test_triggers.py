"""The triggers outlive a test that empties the database, and can be created twice."""

import pytest
from django.db import IntegrityError, connection, transaction

from approvals import triggers
from approvals.models import Decision, Policy
from approvals.services import reviews
from tests.factories.approvals import rendered_draft, shown, tick_lists, voice


def decided():
    senior = voice("senior_editor")
    voice("marketing_manager")
    draft = rendered_draft(is_featured=True)
    review = reviews.submit(draft, by=draft.author)
    tick_lists(review, senior)
    reviews.decide(review, by=senior, verdict="approve", shown=shown(draft))


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("turn", [1, 2])
def test_decisions_stay_append_only_after_a_database_was_emptied(turn):
    assert not Decision.objects.exists()
    decided()

    with pytest.raises(IntegrityError, match="never changed"), transaction.atomic():
        Decision.objects.update(comment="x")


@pytest.mark.django_db
def test_the_triggers_can_be_created_again_and_dropped():
    triggers.create(connection)
    decided()
    with pytest.raises(IntegrityError), transaction.atomic():
        Decision.objects.update(comment="x")

    triggers.drop(connection)
    assert Decision.objects.update(comment="x") == 3


@pytest.mark.django_db
def test_a_new_installation_follows_the_preset_standard():
    policy = Policy.objects.get(is_active=True)
    assert (str(policy), policy.levels.count()) == ("standard v1", 16)
