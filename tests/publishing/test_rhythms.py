"""Cadences are changed through one door: rights, a clock that can be worked out, and versions."""

from datetime import time

import pytest

from content.models import Recipe
from content.services import documents
from halcytone.lib.errors import Invalid, NotAllowed, WrongState
from publishing.models import Cadence
from publishing.services import rhythms
from tests.factories.people import PersonFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def marketing():
    return PersonFactory(group="marketing_manager")


@pytest.fixture
def wish():
    return {
        "key": "weekly",
        "name": "Weekly",
        "zone": "America/New_York",
        "weekday": 1,
        "at": time(10),
        "read_days_before": 1,
        "read_at": time(14),
        "assemble_days_before": 1,
        "assemble_at": time(16),
        "recipe": Recipe.objects.get(key="weekly"),
        "owner": PersonFactory(group="editor"),
    }


def test_a_cadence_is_added_with_its_documents_and_its_first_version(marketing, wish):
    notes = documents.register(by=wish["owner"], name="Notes", kind="inline", data=b"# A\n\nText.")
    row = rhythms.create(by=marketing, documents=[notes], **wish)
    assert list(row.documents.all()) == [notes]
    assert row.history.last().history_user == marketing
    assert row.history.first().documents.get().document == notes


def test_a_change_writes_a_version_and_leaves_the_documents(marketing, wish):
    notes = documents.register(by=wish["owner"], name="Notes", kind="inline", data=b"# A\n\nText.")
    row = rhythms.create(by=marketing, documents=[notes], **wish)
    changed = rhythms.change(row, by=marketing, weekday=3)
    assert (changed.weekday, changed.version) == (3, 2)
    assert list(changed.documents.all()) == [notes]
    assert changed.history.first().weekday == 3
    with pytest.raises(WrongState) as told:
        rhythms.change(row, by=marketing, weekday=4)
    assert told.value.code == "version_mismatch"
    assert rhythms.change(changed, by=marketing, documents=[]).documents.count() == 0


@pytest.mark.parametrize(
    ("changes", "attr", "code"),
    [
        ({"zone": "Europe/Atlantis"}, "zone", "unknown_zone"),
        ({"weekday": 7}, "weekday", "wrong_value"),
        ({"weekday": -1}, "weekday", "wrong_value"),
        ({"at": "10"}, "at", "wrong_value"),
        ({"read_days_before": 7}, "read_days_before", "wrong_value"),
        ({"grace_min": 1441}, "grace_min", "wrong_value"),
        ({"lateness": "whenever"}, "lateness", "wrong_value"),
        ({"read_at": time(17)}, "read_at", "wrong_order"),
        ({"read_days_before": 0}, "read_at", "wrong_order"),
        ({"read_at": time(9), "assemble_days_before": 0}, "assemble_at", "wrong_order"),
        ({"key": "two words"}, "key", "wrong_value"),
        ({"name": ""}, "name", "wrong_value"),
        ({"colour": "red"}, "colour", "unknown_field"),
    ],
)
def test_what_cannot_be_worked_out_is_refused_by_field(marketing, wish, changes, attr, code):
    with pytest.raises(Invalid) as refused:
        rhythms.create(by=marketing, **wish | changes)
    assert [(each.attr, each.code) for each in refused.value.problems] == [(attr, code)]
    assert not Cadence.objects.exists()


def test_the_owner_is_somebody_who_may_write_drafts(marketing, wish):
    with pytest.raises(Invalid, match="author of each edition"):
        rhythms.create(by=marketing, **wish | {"owner": PersonFactory(group="viewer")})


def test_two_cadences_never_share_a_key(marketing, wish):
    rhythms.create(by=marketing, **wish)
    with pytest.raises(Invalid, match="this key already"):
        rhythms.create(by=marketing, **wish)


@pytest.mark.parametrize("group", ["senior_editor", "social_manager", "viewer", "service"])
def test_others_change_no_cadence(group, marketing, wish):
    row = rhythms.create(by=marketing, **wish)
    person = PersonFactory(group=group)
    with pytest.raises(NotAllowed, match="marketing manager"):
        rhythms.change(row, by=person, weekday=4)
    with pytest.raises(NotAllowed, match="marketing manager"):
        rhythms.create(by=person, **wish | {"key": "mine"})
