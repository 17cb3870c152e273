"""What a seal covers, and how it says what changed."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from approvals import comparison, seals
from approvals.models import Seal
from approvals.seals import SealContent
from halcytone.lib import canonical
from segmentation.models import Segment
from tests.factories.approvals import rendered_draft, rewrite

pytestmark = pytest.mark.django_db
#: The keys of a seal, as the approvals specification lists them.
KEYS = {
    "rendition_sha256", "format", "account", "audience_sha256", "slot", "lateness_rule",
    "arms_sha256", "media", "template_version", "headers",
}  # fmt: skip


@pytest.fixture
def segment():
    return Segment.objects.create(key="everybody", name="Everybody", rule={})


@pytest.fixture
def draft(segment):
    return rendered_draft(segment=segment)


def sealed(rendition):
    """The row that a decision would name, unsaved."""
    now = seals.compute(rendition)
    return Seal(sha256=now.sha256, content=canonical.text(now.content), body=now.body)


def of(draft, format):
    return type(draft).objects.get(pk=draft.pk).renditions.get(format=format)


def test_a_seal_is_the_digest_of_the_canonical_json_of_its_parts(draft):
    seal = seals.compute(of(draft, "newsletter"))

    assert seal.content.keys() == KEYS
    assert seal.sha256 == canonical.digest(seal.content)
    assert seal.content["slot"] == {"wall": "2026-12-01T10:00", "zone": "America/New_York"}
    assert seal.content["headers"] == {
        "From": "news@halcytone.example",
        "Subject": "Two quiet minutes",
    }


def test_the_same_things_have_the_same_seal(draft):
    assert seals.compute(of(draft, "web")) == seals.compute(of(draft, "web"))
    assert seals.differences(sealed(of(draft, "web")), seals.compute(of(draft, "web"))) == []


def change(name, value):
    def act(rendition):
        setattr(rendition, name, value)
        rendition.save()

    return act


def change_draft(name, value):
    def act(rendition):
        setattr(rendition.draft, name, value)
        rendition.draft.save()

    return act


def change_rule(rendition):
    segment = rendition.draft.segment
    segment.rule = {"field": "language", "op": "eq", "value": "de"}
    segment.save()


@pytest.mark.parametrize(
    ("act", "sentence"),
    [
        (
            lambda rendition: rewrite(rendition, text="Breathe in, and let your hands drop."),
            "The text changed from “…in, and let your shoulders drop.” to “…in, and let your hands drop.”.",
        ),
        (
            lambda rendition: rewrite(rendition, subject="Three quiet minutes"),
            "The subject changed from “Two quiet minutes” to “Three quiet minutes”.",
        ),
        (change("template_version", "2"), "The template is another version: 2, it was 1."),
        (
            change("account", "second"),
            "The account changed from “main-newsletter” to “second”.",
        ),
        (
            change("media", [{"url": "u", "sha256": "1", "alt": "A lake"}]),
            "The number of images changed from 0 to 1.",
        ),
        (
            change_draft("slot_wall", "2026-12-08T10:00"),
            "The slot moved from 2026-12-01 10:00 America/New_York to "
            "2026-12-08 10:00 America/New_York.",
        ),
        (
            change_draft("lateness", "send"),
            "What happens when it is late changed from “ask” to “send”.",
        ),
        (change_rule, "The audience rule changed."),
    ],
)
def test_each_thing_that_changes_breaks_the_seal_and_is_named(draft, act, sentence):
    old = sealed(of(draft, "newsletter"))

    act(of(draft, "newsletter"))

    new = seals.compute(of(draft, "newsletter"))
    assert new.sha256 != old.sha256
    assert seals.differences(old, new) == [sentence]


def test_an_image_and_its_alt_text_are_sealed(draft):
    rendition = of(draft, "web")
    change("media", [{"url": "u", "sha256": "1", "alt": "A lake"}])(rendition)
    old = sealed(of(draft, "web"))

    change("media", [{"url": "u", "sha256": "2", "alt": "A river"}])(rendition)

    assert seals.differences(old, seals.compute(of(draft, "web"))) == [
        "Image 1 is another file.",
        "The alt text of image 1 changed from “A lake” to “A river”.",
    ]


def test_the_audience_belongs_to_the_newsletter_alone(draft):
    before = {format: seals.compute(of(draft, format)).sha256 for format in draft.formats}
    change_rule(of(draft, "web"))
    after = {format: seals.compute(of(draft, format)).sha256 for format in draft.formats}

    assert {format for format in before if before[format] != after[format]} == {"newsletter"}


def test_a_body_that_is_no_json_any_more_is_still_compared(draft):
    old = sealed(of(draft, "linkedin"))
    change("body", "Breathe")(of(draft, "linkedin"))

    sentences = seals.differences(old, seals.compute(of(draft, "linkedin")))
    assert sentences[0].startswith("The text changed from “Breathe in, and")


def test_one_byte_in_the_middle_is_quoted_with_its_surroundings():
    before = canonical.text(
        {"parts": [{"text": "One."}, {"text": "w " * 200 + "calm sea " + "w " * 99}]}
    )
    after = before.replace("calm", "calx")

    assert comparison.text_changes(before, after)[0].startswith("Part 2 changed from “…")
    assert "calm sea" in comparison.text_changes(before, after)[0]


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"seo_description": "new"}, "The search description changed from “old” to “new”."),
        ({"canonical": "new"}, "The page address changed from “old” to “new”."),
        ({"open_graph": {"og:title": "new"}}, "The share data (og:title) changed from “old” to “new”."),
        ({"json_ld": {"headline": "old", "n": 1}}, "The search data (n) is new: “1”."),
        ({"toc": [{"level": 1, "title": "new"}]}, "Heading 1 changed from “old” to “new”."),
        ({"tags": ["old", "new"]}, "Tag 2 is new: “new”."),
        ({"parts": [{"text": "new"}]}, "Part 1 changed from “old” to “new”."),
        ({"reading_time_min": 2}, "The reading time changed from “1” to “2”."),
        ({"link": ""}, "The link changed from “old” to “”."),
        ({"comments": []}, "Comment 1 is gone: “old”."),
    ],
)  # fmt: skip
def test_each_place_of_a_text_has_a_name_that_people_know(changes, sentence):
    before = {
        **dict.fromkeys(("seo_description", "canonical", "link"), "old"),
        "open_graph": {"og:title": "old"},
        "json_ld": {"headline": "old"},
        "toc": [{"level": 1, "title": "old"}],
        "tags": ["old"],
        "parts": [{"text": "old"}],
        "comments": ["old"],
        "reading_time_min": 1,
    }
    after = canonical.text({**before, **changes})
    assert comparison.text_changes(canonical.text(before), after) == [sentence]


def test_what_of_an_account_is_another_is_named_beside_it(draft, settings):
    facts = {"key": "site", "server": "https://a.halcytone.example", "profile": "10"}
    old = Seal(content=canonical.text({**dict(seals.compute(of(draft, "web")).content),
                                       "account": facts, "headers": {}}),
               body=of(draft, "web").body)  # fmt: skip
    for changed, said in (
        ({"profile": "20"}, ["account: profile changed from “10” to “20”."]),
        ({"server": ""}, ["account: server changed from “https://a.halcytone.example” to “none”."]),
        ({"credential": "x_token"}, ["account: credential changed from “none” to “x_token”."]),
        ({"key": "other", "profile": "20"}, ["The account changed from “site” to “other”."]),
    ):
        now = {**json.loads(old.content), "account": {**facts, **changed}}
        found = seals.differences(old, SealContent("", now, old.body))
        assert found == said


def test_a_seal_from_before_accounts_had_facts_is_still_compared(draft):
    now = seals.compute(of(draft, "web"))
    old = Seal(content=canonical.text({**now.content, "account": "main-web"}), body=now.body)
    assert seals.differences(old, now) == ["account: channel changed from “none” to “web”."]


def test_bytes_that_read_the_same_are_named_too():
    body = canonical.text({"text": "a"})
    assert comparison.text_changes(body, body + " ") == [
        "The bytes of the text changed, though it reads the same."
    ]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=12,
)


@given(st.dictionaries(st.text(max_size=8), JSON, max_size=6))
def test_the_order_of_keys_does_not_change_a_seal(content):
    turned = dict(reversed(content.items()))
    assert canonical.digest(content) == canonical.digest(turned)


@given(st.text(min_size=1), st.text())
def test_differing_texts_always_have_a_sentence(before, more):
    after = before + "!" + more
    old, new = canonical.text({"text": before}), canonical.text({"text": after})
    assert comparison.text_changes(old, old) == []
    assert len(comparison.text_changes(old, new)) == 1
