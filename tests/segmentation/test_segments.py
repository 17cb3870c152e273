import pytest

from halcytone.lib.errors import Invalid, NotAllowed, WrongState
from segmentation import audience
from segmentation.models import Segment
from segmentation.services import segments
from tests.factories import segmentation as make
from tests.factories.people import PersonFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def manager():
    return PersonFactory(group="marketing_manager")


def test_a_segment_is_stored_in_canonical_form_and_a_change_bumps_its_version(manager):
    rule = {"all": [{"value": ["Sleep", "sleep"], "op": "has_any", "field": "interests"}]}
    segment = segments.save(None, by=manager, key="sleepers", name="Sleepers", rule=rule)
    assert Segment.objects.get().rule == {
        "all": [{"field": "interests", "op": "has_any", "value": ["sleep"]}]
    }
    stale = Segment.objects.get()
    segments.save(segment, by=manager, name="Good sleepers")
    assert Segment.objects.get().version == 2
    with pytest.raises(WrongState):
        segments.save(stale, by=manager, name="Bad sleepers")


def test_a_segment_with_mistakes_is_refused_with_every_place(manager):
    rule = {"all": [{"field": "indutry", "op": "eq", "value": "x"}, {"segment": "nobody"}]}
    with pytest.raises(Invalid) as error:
        segments.save(None, by=manager, key="no key", name=" ", rule=rule)
    places = [problem.attr for problem in error.value.problems]
    assert places == ["key", "name", "rule.all[0].field", "rule.all[1].segment"]


def test_segments_cannot_refer_to_each_other_in_a_circle(manager):
    one = segments.save(None, by=manager, key="one", name="One", rule={})
    two = segments.save(None, by=manager, key="two", name="Two", rule={"segment": "one"})
    with pytest.raises(Invalid, match="one → two → one"):
        segments.save(one, by=manager, rule={"not": {"segment": "two"}})
    with pytest.raises(Invalid, match="two → two"):
        segments.save(two, by=manager, rule={"segment": "two"})


def test_saving_segments_needs_the_right():
    viewer = PersonFactory(group="viewer")
    with pytest.raises(NotAllowed, match="add segments"):
        segments.save(None, by=viewer, key="x", name="X", rule={})
    with pytest.raises(NotAllowed, match="change segments"):
        segments.save(make.make_segment(), by=viewer, name="X")


def test_a_rule_can_be_tried_without_being_stored():
    make.make_contact(answer=True, industry="technology")
    trial = segments.trial(by=None, rule={"field": "industry", "op": "eq", "value": "technology"})
    assert audience.count(trial) == 1
    assert not Segment.objects.exists()
    with pytest.raises(Invalid):
        segments.trial(by=None, rule={"field": "nothing"})


@pytest.mark.parametrize(
    ("values", "attr"),
    [
        ({"key": "everyone"}, "key"),
        ({"channel": "pigeon"}, "channel"),
        ({"purpose": "spam"}, "purpose"),
        ({"list": "no list"}, "list"),
        ({"created_by": None}, "created_by"),
    ],
)
def test_a_value_that_a_segment_cannot_have_is_named(values, attr):
    make.make_segment(key="everyone")
    with pytest.raises(Invalid) as error:
        segments.save(None, by=None, **{"key": "new", "name": "New", "rule": {}, **values})
    assert [problem.attr for problem in error.value.problems] == [attr]


@pytest.mark.parametrize(("group", "may"), [("viewer", False), ("seo", False), ("editor", True)])
def test_rules_of_ones_own_count_people_for_those_who_may_see_them(group, may):
    person = PersonFactory(group=group)
    rule = {"field": "email", "op": "eq", "value": "ann@halcytone.example"}
    if may:
        assert segments.trial(by=person, rule=rule).rule
    else:
        with pytest.raises(NotAllowed, match="by a rule of your own"):
            segments.trial(by=person, rule=rule)
