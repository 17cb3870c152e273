"""Named review links: whom they are for, what they decide, and what opening them changes (nothing)."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from approvals import signals
from approvals.models import Decision, Level, Policy, Review, ReviewLink
from approvals.services import consolidation, link_voices, links, reviews, talk
from approvals.services.talk import About
from content.models import Authorship
from halcytone.lib import canonical
from halcytone.lib.errors import Invalid, NotAllowed, WrongState
from tests.api import Api
from tests.factories.approvals import approve, changed, shown
from tests.factories.people import PersonFactory

pytestmark = pytest.mark.django_db
PARTNER = {"person_name": "Pia Lund", "email": "pia@partner.example"}


@pytest.fixture(autouse=True)
def _policy():
    """A stage that hears a senior editor and somebody from outside, side by side."""
    Policy.objects.update(is_active=False)
    policy = Policy.objects.create(preset="house", version=1, is_active=True)
    stage = {"name": "Partner", "mode": "parallel", "external": True,
             "roles": [["senior_editor"], ["external"]]}  # fmt: skip
    Level.objects.create(policy=policy, position=1, name="all", number=2, stages=[stage])


@pytest.fixture
def review(draft, senior):
    return reviews.submit(draft, by=draft.author)


@pytest.fixture
def link(review, senior):
    return links.create(review, by=senior, stage=review.stages.get(), **PARTNER)[0]


def decide(link, verdict="approve", **given):
    given.setdefault("shown", shown(link.review.draft))
    wish = {"code": link.code, "formats": None, "reason": "", "comment": ""} | given
    return links.decide(link, verdict=verdict, **wish)


def test_only_the_hash_of_the_token_is_kept_and_it_is_told_once(review, senior):
    link, token = links.create(review, by=senior, stage=review.stages.get(), **PARTNER)

    assert len(token) >= 43  # 32 random bytes
    assert link.token_sha256 == canonical.sha256(token)
    assert token not in str(ReviewLink.objects.values().get())
    assert links.find(token) == link
    assert link.expires_at - link.created_at > timedelta(days=6, hours=23)


def test_a_yes_through_a_link_is_one_of_the_voices_that_an_external_stage_waits_for(
    link, review, senior
):
    approve(review, senior)
    assert review.status == Review.Status.OPEN

    decided = decide(link)

    review.refresh_from_db()
    assert {one.seal.format for one in decided} == {"newsletter", "web", "linkedin"}
    assert {(one.person, one.link, one.role, one.who) for one in decided} == {
        (None, link, "external", "Pia Lund")
    }
    assert review.status == Review.Status.APPROVED
    assert reviews.approved_seals(review.draft).keys() == {"newsletter", "web", "linkedin"}


def test_she_decides_once_about_what_stands_there(link, review):
    decide(link)
    with pytest.raises(WrongState, match="already decided") as second:
        decide(link)
    assert second.value.code == "already_decided"
    assert link.decisions.count() == 3

    changed(review.draft.renditions.get(format="web"), title="Three quiet minutes")
    assert [one.seal.format for one in decide(link)] == ["web"]


def test_what_changed_while_she_read_it_is_not_decided(link, review):
    seen = shown(review.draft)
    changed(review.draft.renditions.get(format="web"), title="Three quiet minutes")
    with pytest.raises(WrongState, match="It changed while you were reading"):
        decide(link, shown=seen)
    assert not link.decisions.exists()


def test_a_request_through_a_link_sends_the_review_back_and_is_answered_like_any_other(
    link, review
):
    decide(link, "request_changes", reason="facts", comment="It is Lund, not Lunt.")
    review.refresh_from_db()
    assert review.status == Review.Status.CHANGES_REQUESTED
    (said,) = consolidation.opinions(review)
    assert (said.first.who, said.needs_answer) == ("Pia Lund", True)


def test_where_links_do_not_count_an_answer_is_advice_and_moves_nothing(draft, senior):
    Level.objects.update(
        stages=[{"name": "House", "mode": "parallel", "roles": [["senior_editor"]]}]
    )
    review = reviews.submit(draft, by=draft.author)
    link, _ = links.create(review, by=senior, stage=review.stages.get(), **PARTNER)

    decide(link, "request_changes", reason="tone", comment="Warmer.")
    review.refresh_from_db()
    assert (review.status, link.counts) == (Review.Status.OPEN, False)
    approve(review, senior)
    assert review.status == Review.Status.APPROVED


def test_without_the_code_nothing_happens_however_often(link):
    for _ in range(100):
        with pytest.raises(Invalid, match=f"Type the code {link.code}"):
            decide(link, code=" ")
    link.refresh_from_db()
    assert (link.wrong_codes, link.locked_at, link.decisions.count()) == (0, None, 0)


def test_five_wrong_codes_lock_the_link_and_tell_its_owner(link):
    heard = []

    def hear(link, **_kwargs):
        heard.append(link)

    signals.link_locked.connect(hear)
    try:
        for left in (4, 3, 2, 1):
            with pytest.raises(NotAllowed, match=f"{left} more"):
                decide(link, code="WRONG1")
        with pytest.raises(NotAllowed, match="locked now"):
            decide(link, code="WRONG1")
        with pytest.raises(NotAllowed, match="not open any more"):
            decide(link)
    finally:
        signals.link_locked.disconnect(hear)
    assert heard == [link]
    assert not link.decisions.exists()


def test_the_code_is_taken_as_people_type_it(link):
    assert decide(link, code=f" {link.code[:3].lower()} {link.code[3:]} ")


def test_a_link_ends_by_itself_by_hand_and_with_its_review(review, senior):
    link, token = links.create(review, by=senior, stage=review.stages.get(), **PARTNER)
    links.revoke(link, by=senior)
    with pytest.raises(NotAllowed, match="leads nowhere"):
        links.find(token)
    with pytest.raises(WrongState):
        links.revoke(link, by=senior)

    other, token = links.create(review, by=senior, stage=review.stages.get(), **PARTNER)
    ReviewLink.objects.filter(pk=other.pk).update(expires_at=timezone.now())
    with pytest.raises(NotAllowed, match="leads nowhere"):
        links.find(token)
    with pytest.raises(NotAllowed, match="leads nowhere"):
        links.find("x" * 43)


def test_one_address_has_one_link_to_a_review(link, review, senior):
    wish = PARTNER | {"email": "PIA@partner.example"}
    with pytest.raises(Invalid, match="has a link to this review already"):
        links.create(review, by=senior, stage=review.stages.get(), **wish)


def test_a_second_link_for_the_same_address_does_not_speak_twice(link, review, senior):
    decide(link)
    links.revoke(link, by=senior)
    again, _ = links.create(review, by=senior, stage=review.stages.get(), **PARTNER)
    with pytest.raises(WrongState, match="already decided"):
        decide(again)


@pytest.mark.parametrize(
    ("wish", "attr"),
    [({"days": 31}, "days"), ({"email": "pia"}, "email"), ({"person_name": " "}, "person_name")],
)
def test_a_link_names_a_person_and_ends_within_30_days(review, senior, wish, attr):
    with pytest.raises(Invalid) as refused:
        links.create(review, by=senior, stage=review.stages.get(), **PARTNER | wish)
    assert [problem.attr for problem in refused.value.problems] == [attr]


def test_four_eyes_hold_for_addresses(review, senior, draft):
    author, helper = draft.author, PersonFactory(group="editor", email="Helper@press.example")
    Authorship.objects.create(draft=draft, person=helper, act="edited", format="web")
    for person in (author, helper):
        wish = PARTNER | {"email": person.email}
        with pytest.raises(NotAllowed, match="has a hand in this draft") as refused:
            links.create(review, by=senior, stage=review.stages.get(), **wish)
        assert refused.value.code == "four_eyes"


def test_whoever_has_an_account_decides_with_it(review, senior, manager):
    with pytest.raises(NotAllowed, match="has an account"):
        links.create(
            review, by=senior, stage=review.stages.get(), **PARTNER | {"email": manager.email}
        )


def test_whoever_has_a_hand_in_it_makes_links_for_comments_alone(review, draft):
    stage = review.stages.get()
    with pytest.raises(NotAllowed, match="whoever makes a link could use it"):
        links.create(review, by=draft.author, stage=stage, **PARTNER)
    link, _ = links.create(review, by=draft.author, stage=stage, comment_only=True, **PARTNER)
    with pytest.raises(NotAllowed, match="for comments"):
        decide(link)


def test_a_hand_in_it_that_comes_later_takes_the_voice_away(link, review, draft, senior):
    decide(link)
    approve(review, senior)
    review.refresh_from_db()
    assert review.status == Review.Status.APPROVED
    pia = PersonFactory(group="editor", email=PARTNER["email"])
    Authorship.objects.create(draft=draft, person=pia, act="edited", format="web")

    assert "web" not in reviews.approved_seals(draft)
    with pytest.raises(WrongState):
        decide(link)


def test_the_database_itself_refuses_what_a_link_may_not_do(link, review, draft):
    links_seal = review.seals.first()
    said = {"stage": link.stage, "seal": links_seal, "verdict": "approve", "role": "external"}

    def refused(sentence, **facts):
        with pytest.raises(IntegrityError, match=sentence), transaction.atomic():
            Decision.objects.create(**said | facts)

    refused("CHECK|decided_by", person=None)
    refused("CHECK|decided_by", link=link, person=PersonFactory())
    ReviewLink.objects.filter(pk=link.pk).update(comment_only=True)
    refused("may not decide here", link=link)
    ReviewLink.objects.filter(pk=link.pk).update(comment_only=False, locked_at=timezone.now())
    refused("may not decide here", link=link)
    ReviewLink.objects.filter(pk=link.pk).update(locked_at=None)
    pia = PersonFactory(email="PIA@partner.example")
    Authorship.objects.create(draft=draft, person=pia, act="created")
    refused("four eyes", link=link)


def test_what_is_shared_is_answered_through_the_link_and_the_rest_is_not_there(
    link, review, senior
):
    inside = talk.open_thread(review, by=senior, text="Between us.")
    open_ = talk.open_thread(review, by=senior, text="Is the name right?", is_shared=True)

    links.comment(link, text="It is Lund.", about=About(), thread=open_.pk)
    links.comment(link, text="A better word?", about=About("web", quote="Breathe"), thread=None)
    with pytest.raises(Invalid, match="no such thread"):
        links.comment(link, text="?", about=About(), thread=inside.pk)
    mine = review.threads.get(link=link)
    assert (mine.is_shared, mine.opener, mine.quote) == (True, "Pia Lund", "Breathe")


def test_openings_are_logged_by_the_minute(link):
    for _ in range(5):
        links.note_opening(link, "Scanner/1.0")
    links.note_opening(link, "Firefox " + "x" * 500)
    assert link.openings.count() == 2


def test_the_api_says_how_often_a_link_was_opened(link, review, senior):
    api, path = Api(senior), f"reviews/{review.pk}/links"
    wish = {"person_name": "Ida Moe", "email": "ida@partner.example", "stage": link.stage.position}
    assert api.post(path, wish).json()["openings"] == 0
    for program in ("Scanner/1.0", "Firefox"):
        links.note_opening(link, program)
    shown = {row["id"]: row["openings"] for row in api.get(path).json()["results"]}
    assert (len(shown), shown[str(link.pk)], sum(shown.values())) == (2, 2, 2)
    assert api.post(f"review-links/{link.pk}/revoke").json()["openings"] == 2


def test_a_demo_review_with_links_and_talk_is_removed_with_its_draft(link, review, senior, draft):
    decide(link)
    links.comment(link, text="Fine.", about=About(), thread=None)
    draft.is_demo = True
    draft.save()
    Review.objects.get(pk=review.pk).delete()
    assert not ReviewLink.objects.exists()


def test_nothing_is_asked_through_a_link_when_the_review_is_over(link, review, draft, senior):
    from approvals.services import boards

    assert len(link_voices.asked(boards.read(review), link)) == 3
    reviews.withdraw(review, by=draft.author, reason="Later")
    assert link_voices.asked(boards.read(review), link) == []
