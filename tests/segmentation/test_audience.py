from datetime import timedelta

import pytest
from django.utils import timezone

from halcytone.lib.errors import Invalid
from segmentation import audience
from segmentation.models import Contact
from tests.factories import segmentation as make

pytestmark = pytest.mark.django_db
NEWSLETTER = {"channel": "email", "purpose": "newsletter", "list": ""}


def reason(contact, **changes):
    return audience.exclusion_reason(contact, **NEWSLETTER | changes)


def test_a_rule_never_reaches_people_without_consent():
    yes = make.make_contact(answer=True, industry="technology")
    make.make_contact(industry="technology")
    make.make_contact(answer=False, industry="technology")
    make.make_contact(answer=True, purpose="sessions", industry="technology")
    make.make_contact(answer=True, list="other", industry="technology")
    for rule in (
        {},
        {"field": "industry", "op": "is_set"},
        {"not": {"field": "tags", "op": "is_set"}},
    ):
        segment = make.make_segment(rule, key=f"s{hash(str(rule)) % 1000}")
        assert list(audience.members(segment)) == [yes]
        assert audience.count(segment) == 1


def test_the_last_answer_counts_whatever_the_order_of_recording():
    contact = make.make_contact(answer=True)
    segment = make.make_segment()
    earlier = timezone.now() - timedelta(days=1)
    make.make_consent(contact, is_given=False, at=earlier)
    assert reason(contact) == ""
    make.make_consent(contact, is_given=False)
    assert reason(contact) == "unsubscribed"
    assert audience.count(segment) == 0


def test_of_two_answers_at_one_instant_the_later_row_counts():
    contact, at = make.make_contact(), timezone.now()
    make.make_consent(contact, is_given=True, at=at)
    make.make_consent(contact, is_given=False, at=at)
    assert reason(contact) == "unsubscribed"


@pytest.mark.parametrize(
    ("suppression", "expected"),
    [
        ({"reason": "complaint"}, "complained"),
        ({"reason": "do_not_contact"}, "do_not_contact"),
        ({"reason": "hard_bounce"}, "bounced"),
        ({"reason": "soft_bounce_limit"}, "bounced"),
        ({"reason": "unsubscribed"}, "unsubscribed"),
        ({"reason": "invalid"}, "invalid_address"),
        ({"reason": "role_address"}, "suppressed"),
        ({"kind": "domain", "value": "halcytone.example"}, "do_not_contact"),
        ({"kind": "domain", "value": "tone.example"}, ""),
        ({"kind": "external_id", "value": "crm-7"}, "do_not_contact"),
        ({"kind": "external_id", "value": "crm-8"}, ""),
        ({"kind": "hash", "value": "the hash", "reason": "erased"}, "erased"),
        ({"list": "weekly"}, ""),
        ({"is_active": False}, ""),
        ({"expires_at": "2020-01-01T00:00:00Z"}, ""),
        ({"expires_at": "2120-01-01T00:00:00Z"}, "do_not_contact"),
    ],
)
def test_a_suppression_excludes_with_its_reason(suppression, expected):
    contact = make.make_contact("ann@halcytone.example", answer=True, external_id="crm-7")
    values = {"value": "ann@halcytone.example"} | suppression
    if values["value"] == "the hash":
        values["value"] = contact.email_hash
    make.make_suppression(**values)
    segment = make.make_segment()
    assert reason(contact) == expected
    assert audience.breakdown(segment)[expected or "to_write"] == 1


def test_a_suppression_of_one_list_holds_for_that_list_alone():
    contact = make.make_contact("ann@halcytone.example", answer=True, list="weekly")
    make.make_consent(contact, list="monthly")
    make.make_suppression("ann@halcytone.example", reason="unsubscribed", list="weekly")
    assert reason(contact, list="weekly") == "unsubscribed"
    assert reason(contact, list="monthly") == ""


def test_of_several_suppressions_the_gravest_is_named():
    contact = make.make_contact("ann@halcytone.example", answer=True)
    for word in ("unsubscribed", "complaint", "hard_bounce"):
        make.make_suppression("ann@halcytone.example", reason=word)
    assert reason(contact) == "complained"


def test_without_an_answer_an_address_or_a_row_nobody_is_written_to():
    silent = make.make_contact()
    no_address = Contact.objects.create(external_id="crm-1")
    make.make_consent(no_address)
    erased = make.make_contact(answer=True, is_erased=True)
    reasons = audience.exclusion_reasons([silent.pk, no_address.pk, erased.pk, 0], **NEWSLETTER)
    assert list(reasons.values()) == ["no_consent", "invalid_address", "erased", "erased"]


def test_the_sum_adds_up_and_every_number_opens_its_list(django_assert_num_queries):
    for number in range(12):
        make.make_contact(f"p{number}@halcytone.example", answer=number % 4 != 0)
    make.make_contact()  # never answered: no candidate
    make.make_suppression("p0@halcytone.example", reason="complaint")
    make.make_suppression("p1@halcytone.example", reason="hard_bounce")
    make.make_suppression("p2@halcytone.example", reason="unsubscribed")
    segment = make.make_segment()
    with django_assert_num_queries(1):
        parts = audience.breakdown(segment)
    assert parts == {
        "candidates": 12,
        "erased": 0,
        "invalid_address": 0,
        "complained": 1,
        "do_not_contact": 0,
        "bounced": 1,
        "unsubscribed": 3,
        "suppressed": 0,
        "no_consent": 0,
        "to_write": 7,
    }
    assert sum(parts.values()) == 2 * parts["candidates"]
    for bucket, number in parts.items():
        assert audience.listing(segment, bucket).count() == number
    assert audience.count(segment) == audience.members(segment).count() == 9


def test_an_unknown_part_of_the_sum_is_refused():
    with pytest.raises(Invalid):
        audience.listing(make.make_segment(), "nobody")


def test_the_breakdown_and_the_claim_give_each_contact_the_same_reason():
    for number in range(6):
        make.make_contact(f"p{number}@a{number % 2}.example", answer=number != 3)
    make.make_suppression("a1.example", kind="domain")
    make.make_suppression("p2@a0.example", reason="soft_bounce_limit")
    segment = make.make_segment()
    ids = list(Contact.objects.values_list("pk", flat=True))
    reasons = audience.exclusion_reasons(ids, **NEWSLETTER)
    for bucket in audience.breakdown(segment):
        if bucket != "candidates":
            opened = {contact.pk for contact in audience.listing(segment, bucket)}
            word = "" if bucket == "to_write" else bucket
            assert opened == {pk for pk in ids if reasons[pk] == word}


def test_reasons_of_many_are_read_in_one_query(django_assert_num_queries):
    ids = [make.make_contact(answer=True).pk for _ in range(5)]
    with django_assert_num_queries(1):
        assert set(audience.exclusion_reasons(ids, **NEWSLETTER).values()) == {""}


def test_the_definition_changes_with_a_rule_that_is_referred_to():
    warm = make.make_segment({"field": "engagement", "op": "gte", "value": 50}, key="warm")
    segment = make.make_segment({"not": {"segment": "warm"}}, key="cold", list="weekly")
    before = audience.definition(segment, ["b", "a"])
    assert before == {
        "segment": "cold",
        "rule": {"not": {"segment": "warm"}},
        "segments": {"warm": warm.rule},
        "channel": "email",
        "purpose": "newsletter",
        "list": "weekly",
        "exclusions": ["a", "b"],
    }
    warm.rule = {"field": "engagement", "op": "gte", "value": 60}
    warm.save()
    assert audience.definition(segment, ["a", "b"]) != before


@pytest.mark.parametrize(
    ("answer", "suppression", "expected"),
    [
        (None, None, "pending"),
        (True, None, "active"),
        (False, None, "unsubscribed"),
        (True, {"reason": "hard_bounce"}, "inactive"),
        (True, {"reason": "soft_bounce_limit"}, "bounced"),
        (True, {"reason": "complaint"}, "unsubscribed"),
        (True, {"reason": "unsubscribed"}, "unsubscribed"),
        (True, {"reason": "unsubscribed", "list": "weekly"}, "active"),
        (True, {"reason": "do_not_contact", "is_active": False}, "active"),
    ],
)
def test_the_status_of_a_contact_follows_from_her_rows(answer, suppression, expected):
    contact = make.make_contact("ann@halcytone.example", answer=answer)
    if suppression:
        make.make_suppression("ann@halcytone.example", **suppression)
    assert contact.status == expected
    assert Contact.objects.with_status().filter(current_status=expected).get().status == expected
