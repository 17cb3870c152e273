import pytest
import time_machine
from hypothesis import given, settings

from halcytone.lib.errors import Invalid
from segmentation import matching, rules
from segmentation.models import Contact, NamedDate
from tests.factories import segmentation as make
from tests.segmentation.test_rules import RULES

pytestmark = pytest.mark.django_db


def names(rule):
    condition = matching.matches(rules.canonical(rule))
    return set(Contact.objects.filter(condition).values_list("name", flat=True))


@pytest.fixture
def people():
    make.make_contact(
        "Ann@Halcytone.Example",
        name="ann",
        profession="Registered nurse, ICU",
        industry="healthcare",
        engagement=80,
        birth_day=29,
        birth_month=2,
        interests=["Sleep", "meditation"],
        tags=["vip"],
        last_active_at="2026-03-01T03:00:00Z",
    )
    make.make_contact(
        name="bob",
        profession="Nursery owner",
        industry="technology",
        engagement=10,
        birth_day=1,
        birth_month=3,
        interests=["fitness"],
        last_active_at="2026-02-01T12:00:00Z",
    )
    make.make_contact(name="cid")  # of whom nothing is known


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ({}, "ann bob cid"),
        ({"field": "industry", "op": "eq", "value": "Healthcare"}, "ann"),
        ({"field": "industry", "op": "ne", "value": "healthcare"}, "bob"),
        ({"field": "industry", "op": "in", "value": ["healthcare", "TECHNOLOGY"]}, "ann bob"),
        ({"field": "industry", "op": "not_in", "value": ["healthcare"]}, "bob"),
        ({"field": "industry", "op": "is_set"}, "ann bob"),
        ({"field": "industry", "op": "is_empty"}, "cid"),
        ({"field": "profession", "op": "contains_word", "value": "NURSE"}, "ann"),
        ({"field": "profession", "op": "contains_word", "value": "nurse, icu"}, "ann"),
        ({"field": "profession", "op": "contains_word", "value": "n.rse"}, ""),
        ({"field": "profession", "op": "starts_with", "value": "nurs"}, "bob"),
        ({"field": "email", "op": "eq", "value": "ANN@halcytone.example"}, "ann"),
        ({"field": "email", "op": "starts_with", "value": "Ann@"}, "ann"),
        ({"field": "engagement", "op": "gte", "value": 80}, "ann"),
        ({"field": "engagement", "op": "lt", "value": 80}, "bob"),
        ({"field": "engagement", "op": "between", "value": [10, 80]}, "ann bob"),
        ({"field": "engagement", "op": "is_empty"}, "cid"),
        ({"field": "birth_day", "op": "eq", "value": 10**11}, ""),
        ({"field": "birth_day", "op": "not_in", "value": [1, 10**11]}, "ann"),
        ({"field": "interests", "op": "has_any", "value": ["SLEEP", "fitness"]}, "ann bob"),
        ({"field": "interests", "op": "has_all", "value": ["sleep", "Meditation"]}, "ann"),
        ({"field": "interests", "op": "has_all", "value": ["sleep", "fitness"]}, ""),
        ({"field": "interests", "op": "is_empty"}, "cid"),
        ({"field": "tags", "op": "has_any", "value": ["VIP"]}, "ann"),
        ({"any": [{"field": "tags", "op": "is_set"}, {"field": "name", "op": "eq", "value": "cid"}]}, "ann cid"),
        ({"all": [{"field": "tags", "op": "is_set"}, {"field": "name", "op": "eq", "value": "cid"}]}, ""),
    ],
)  # fmt: skip
def test_a_condition_selects(people, rule, expected):
    assert names(rule) == set(expected.split())


@pytest.mark.parametrize(
    "inside",
    [
        {"field": "industry", "op": "eq", "value": "technology"},
        {"field": "engagement", "op": "gt", "value": 50},
        {"field": "engagement", "op": "ne", "value": 10},
        {"field": "external_id", "op": "eq", "value": "x"},
        {"field": "interests", "op": "has_any", "value": ["sleep"]},
        {"field": "last_active_at", "op": "within_days", "value": 3},
        {"field": "birthday", "op": "month_day_within", "value": 3},
        {"field": "dates.renewal_on", "op": "before", "value": "2030-01-01"},
        {"field": "email", "op": "ne", "value": "ann@halcytone.example"},
        {"segment": "warm"},
        {},
    ],
)
def test_not_is_everybody_else_also_where_the_value_is_missing(people, inside):
    make.make_segment({"field": "engagement", "op": "gt", "value": 50}, key="warm")
    inverse = {"not": inside} if inside else {"not": {"not": {"field": "name", "op": "is_set"}}}
    if inside:
        assert names(inside) | names(inverse) == {"ann", "bob", "cid"}
        assert names(inside) & names(inverse) == set()
    else:
        assert names(inverse) == {"ann", "bob", "cid"}


@pytest.mark.parametrize(
    ("op", "value", "expected"),
    [
        ("on_day", "2026-02-28", "ann"),  # 22:00 in New York, where the day of 1 March UTC begins
        ("on_day", "2026-03-01", ""),
        ("before", "2026-02-28", "bob"),
        ("after", "2026-02-27", "ann"),
        ("between", ["2026-02-01", "2026-02-28"], "ann bob"),
        ("within_days", 2, "ann"),
        ("older_than_days", 2, "bob"),
        ("is_empty", None, "cid"),
    ],
)
@time_machine.travel("2026-03-02T12:00:00Z", tick=False)
def test_moments_are_compared_by_days_of_the_organisations_zone(people, op, value, expected):
    rule = {"field": "last_active_at", "op": op} | ({"value": value} if value else {})
    assert names(rule) == set(expected.split())


@pytest.mark.parametrize(
    ("today", "days", "expected"),
    [
        ("2027-02-28T12:00:00Z", 0, "ann"),  # no leap year: 29 February counts on the 28th
        ("2027-02-27T12:00:00Z", 0, ""),
        ("2027-02-28T12:00:00Z", 1, "ann bob"),
        ("2027-12-31T12:00:00Z", 61, "ann bob"),  # the window runs over the end of the year
        ("2027-12-31T12:00:00Z", 58, ""),
    ],
)
def test_birthdays_within_days_run_over_month_and_year(people, today, days, expected):
    with time_machine.travel(today, tick=False):
        rule = {"field": "birthday", "op": "month_day_within", "value": days}
        assert names(rule) == set(expected.split())


def test_named_dates_and_declared_attributes_can_be_asked(people):
    ann, bob = Contact.objects.get(name="ann"), Contact.objects.get(name="bob")
    NamedDate.objects.create(contact=ann, name="renewal_on", on="2027-01-15")
    make.make_attribute(ann, "shoe_size", "number", 38.5)
    make.make_attribute(bob, "shoe_size", "number", 44)
    make.make_attribute(bob, "courses", "list", ["Breathwork", "sleep"])
    make.make_attribute(ann, "is_member", "boolean", True)
    renewal = {"field": "dates.renewal_on", "op": "on_day", "value": "2027-01-15"}
    assert names(renewal) == {"ann"}
    assert names({"field": "dates.renewal_on", "op": "is_empty"}) == {"bob", "cid"}
    assert names({"field": "attributes.shoe_size", "op": "gt", "value": 40}) == {"bob"}
    assert names({"field": "attributes.shoe_size", "op": "ne", "value": 44}) == {"ann"}
    assert names({"field": "attributes.is_member", "op": "eq", "value": True}) == {"ann"}
    courses = {"field": "attributes.courses", "op": "has_any", "value": ["breathwork"]}
    assert names(courses) == {"bob"}
    assert names({"not": courses}) == {"ann", "cid"}


def test_an_undeclared_attribute_is_refused_when_a_rule_is_read():
    with pytest.raises(Invalid, match="shoe_size"):
        names({"field": "attributes.shoe_size", "op": "gt", "value": 40})


def test_consent_for_something_else_can_be_asked(people):
    ann, bob = Contact.objects.get(name="ann"), Contact.objects.get(name="bob")
    make.make_consent(ann, purpose="sessions")
    make.make_consent(bob, purpose="sessions")
    make.make_consent(bob, purpose="sessions", is_given=False)
    assert names({"consent": "sessions"}) == {"ann"}
    assert names({"consent": "sessions", "op": "withdrawn"}) == {"bob"}


def test_a_reference_means_the_other_rule(people):
    make.make_segment({"field": "engagement", "op": "gte", "value": 50}, key="warm")
    make.make_segment({"not": {"segment": "warm"}}, key="cold")
    assert names({"segment": "warm"}) == {"ann"}
    assert names({"all": [{"segment": "cold"}, {"field": "engagement", "op": "is_set"}]}) == {"bob"}


def test_a_circle_or_a_gap_of_references_is_refused_when_a_rule_is_read():
    make.make_segment({"segment": "right"}, key="left")
    with pytest.raises(Invalid, match='no segment "right"'):
        names({"segment": "left"})
    make.make_segment({"segment": "left"}, key="right")
    with pytest.raises(Invalid, match="circle"):
        names({"segment": "left"})


@settings(max_examples=150, deadline=None)
@given(RULES)
def test_any_good_rule_can_be_read_and_parts_everybody_in_two(rule):
    if rules.check(rule, attributes={"shoe_size": "number"}, segments={"vip"}):
        return
    if not Contact.objects.exists():
        make.make_segment({"field": "tags", "op": "is_set"}, key="vip")
        make.make_attribute(
            make.make_contact(name="İstanbul \\ %_", tags=["a"]), "shoe_size", "number", 4
        )
        make.make_contact(
            engagement=3.5, birth_day=9, birth_month=2, last_active_at="2026-01-01T00:00:00Z"
        )
    inside = matching.matches(rules.canonical(rule))
    people = Contact.objects.filter(inside).count()
    others = Contact.objects.filter(matching.matches({"not": rules.canonical(rule)})).count()
    assert people + others == Contact.objects.count()
