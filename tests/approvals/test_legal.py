"""Legal triggers of a review: found, disputed, cleared by counsel alone, and what they add and take."""

from datetime import date

import pytest

from approvals import signals
from approvals.models import Competitor, LegalReview, LegalTrigger, Review, Stage
from approvals.services import clearing, reviews
from content.models import Authorship, DraftPiece
from content.signals import draft_changed
from halcytone.lib.errors import Invalid, NotAllowed, WrongState
from tests.factories.approvals import approve, declared, rendered_draft, request_changes, voice
from tests.factories.content import RevisionFactory
from tests.factories.people import PersonFactory

pytestmark = pytest.mark.django_db
CLAIM = "A short walk will cure your headache."


@pytest.fixture(autouse=True)
def counsel():
    return voice("legal", group="legal", first_name="Lea", last_name="Holm")


@pytest.fixture(autouse=True)
def editor():
    return voice("editor", group="editor", first_name="Edda", last_name="Lind")


def written(content, **settings):
    draft = rendered_draft(**settings)
    piece = RevisionFactory(content=content, title="Two quiet minutes")
    DraftPiece.objects.create(draft=draft, revision=piece, position=1)
    return declared(draft)


def submit(draft):
    return reviews.submit(draft, by=draft.author)


def stages(review):
    return [(stage.name, stage.status) for stage in review.stages.all()]


def test_a_claim_lifts_the_level_adds_counsel_and_keeps_the_policy_from_signing():
    review = submit(written(CLAIM))

    assert (review.level, review.status) == (2, Review.Status.OPEN)
    assert stages(review) == [("Editor", "active"), ("Legal", "waiting")]
    trigger = review.triggers.get()
    assert (trigger.kind, trigger.place, trigger.lifted_from) == (
        "medical",
        "“Two quiet minutes”",
        1,
    )
    assert trigger.passage == CLAIM
    assert review.facts["legal_triggers"] == ["medical"]
    assert review.matched[-1]["name"] == "legal trigger"
    assert review.auto["failed"] == [
        f"Counsel has to look at it: Medical or health claim: “{CLAIM}”."
    ]


def test_both_stages_have_to_speak(editor, counsel):
    review = submit(written(CLAIM))
    approve(review, editor)
    assert review.status == Review.Status.OPEN
    approve(review, counsel)
    assert review.status == Review.Status.APPROVED


def test_an_edit_that_brings_a_claim_asks_counsel_as_well(editor):
    draft = written("Sit, and breathe out.", sensitive=["pricing"])
    review = submit(draft)
    assert not review.triggers.exists()
    piece = draft.pieces.get()
    piece.content = CLAIM
    piece.save()
    draft_changed.send(type(draft), draft=draft, fields=["pieces"])

    review.refresh_from_db()
    assert (review.level, review.triggers.count()) == (2, 1)
    assert stages(review) == [("Editor", "active"), ("Legal", "waiting")]


def test_a_trigger_stands_when_its_passage_is_gone():
    draft = written(CLAIM)
    review = submit(draft)
    draft.pieces.update(content="Sit.")
    draft_changed.send(type(draft), draft=draft, fields=["pieces"])

    assert review.triggers.get().is_standing
    assert [name for name, _ in stages(review)] == ["Editor", "Legal"]


def test_clearing_takes_away_what_the_trigger_added_and_says_so(editor, counsel):
    review = submit(written(CLAIM))
    heard = []
    signals.trigger_cleared.connect(lambda trigger, **_: heard.append(trigger), weak=False)
    trigger = review.triggers.get()
    clearing.clear(trigger, by=counsel, reason="A figure of speech, in quotation marks.")

    review.refresh_from_db()
    trigger.refresh_from_db()
    assert stages(review) == [("Editor", "active"), ("Legal", "skipped")]
    assert review.level == 1
    assert trigger.effect == (
        "The legal stage was taken away, and the level is 1 again: nobody had spoken there."
    )
    assert heard == [trigger]
    approve(review, editor)
    assert review.status == Review.Status.APPROVED


def test_clearing_while_counsel_is_waited_for_approves_what_the_others_approved(editor, counsel):
    review = submit(written(CLAIM))
    approve(review, editor)
    assert stages(review)[1] == ("Legal", "active")
    clearing.clear(review.triggers.get(), by=counsel, reason="No claim.")

    review.refresh_from_db()
    assert review.status == Review.Status.APPROVED
    assert not review.asks.exists()


def test_what_counsel_has_spoken_about_stays(editor, counsel):
    review = submit(written(CLAIM))
    approve(review, editor)
    request_changes(review, counsel)
    trigger = review.triggers.get()
    clearing.clear(trigger, by=counsel, reason="Settled with the author.")

    assert trigger.effect == "The legal stage stays: Lea Holm has spoken there."
    assert ("Legal", Stage.Status.RETURNED) in stages(review)


def test_the_stage_stays_while_another_trigger_stands(counsel):
    review = submit(written(f"{CLAIM}\nIt follows the GDPR."))
    first, second = review.triggers.all()
    clearing.clear(first, by=counsel, reason="A figure of speech.")
    assert first.effect == "The legal stage stays: 1 more trigger of it stand."
    assert ("Legal", "waiting") in stages(review)
    clearing.clear(second, by=counsel, reason="It does.")
    assert ("Legal", "skipped") in stages(review)


def test_a_stage_that_the_policy_itself_wants_stays(counsel):
    for role in ("marketing_manager", "department_head", "executive"):
        voice(role)
    draft = written("Calm.", sensitive=["partnership"])
    from tests.factories.approvals import assessed

    review = submit(assessed(draft))
    clearing.clear(review.triggers.get(), by=counsel, reason="It was announced before.")

    assert review.triggers.get().effect == "The legal stage stays: the policy itself asks for it."


def test_a_new_claim_after_the_clearing_asks_counsel_again(counsel):
    draft = written(CLAIM)
    review = submit(draft)
    clearing.clear(review.triggers.get(), by=counsel, reason="A figure of speech.")
    draft.pieces.update(content="It follows the GDPR.")
    draft_changed.send(type(draft), draft=draft, fields=["pieces"])

    assert stages(review) == [("Editor", "active"), ("Legal", "skipped"), ("Legal", "waiting")]
    assert [each.is_standing for each in review.triggers.all()] == [False, True]


def test_anybody_who_sees_it_may_dispute_and_the_trigger_stands(editor):
    review = submit(written(CLAIM))
    trigger = review.triggers.get()
    clearing.dispute(trigger, by=editor, reason="It is a song title.")

    trigger.refresh_from_db()
    assert (trigger.disputed_by, trigger.dispute) == (editor, "It is a song title.")
    assert trigger.is_standing
    with pytest.raises(Invalid, match="Say why"):
        clearing.dispute(trigger, by=editor, reason=" ")
    with pytest.raises(NotAllowed):
        clearing.dispute(trigger, by=PersonFactory(group="viewer"), reason="No.")
    with pytest.raises(NotAllowed):
        clearing.dispute(trigger, by=None, reason="No.")


def test_only_counsel_without_a_hand_in_it_clears(editor, counsel):
    draft = written(CLAIM)
    review = submit(draft)
    trigger = review.triggers.get()
    boss = PersonFactory(is_superuser=True)
    robot = voice("legal", group="legal", is_service=True)
    for person, code in ((editor, "no_role"), (boss, "no_role"), (robot, "service_account")):
        with pytest.raises(NotAllowed, match="Lea Holm") as refused:
            clearing.clear(trigger, by=person, reason="No.")
        assert refused.value.code == code
    with pytest.raises(NotAllowed):
        clearing.clear(trigger, by=None, reason="No.")
    Authorship.objects.create(draft=draft, person=counsel, act=Authorship.Act.WROTE)
    with pytest.raises(NotAllowed, match="Four eyes"):
        clearing.clear(trigger, by=counsel, reason="No.")
    assert review.triggers.get().is_standing


def test_a_trigger_is_cleared_once_with_a_reason_and_in_a_running_review(counsel):
    review = submit(written(CLAIM))
    trigger = review.triggers.get()
    with pytest.raises(Invalid, match="Say why"):
        clearing.clear(trigger, by=counsel, reason="")
    clearing.clear(trigger, by=counsel, reason="A song.")
    with pytest.raises(WrongState, match="already"):
        clearing.clear(LegalTrigger.objects.get(), by=counsel, reason="A song.")
    reviews.withdraw(review, by=review.submitted_by, reason="Later.")
    trigger.review.refresh_from_db()
    with pytest.raises(WrongState, match="withdrawn"):
        clearing.clear(trigger, by=counsel, reason="A song.")


def test_a_competitor_in_the_text_is_a_trigger():
    Competitor.objects.create(name="Stillwater")
    review = submit(written("Unlike Stillwater, it waits for you."))

    assert review.triggers.get().kind == "competitive"


def test_the_record_of_counsel_is_kept_with_its_versions(counsel, editor):
    review = submit(written(CLAIM))
    given = {"risk": "high", "frames": ["gdpr", "ftc"], "comments": "Say it softer."}
    clearing.record(review, by=counsel, **given)
    clearing.record(
        review,
        by=counsel,
        **given
        | {"risk": "low", "approval": "Approved as revised.", "monitor_on": date(2026, 12, 8)},
    )

    record = LegalReview.objects.get()
    assert (record.risk, record.frames, record.counsel) == ("low", ["gdpr", "ftc"], counsel)
    assert [each.risk for each in record.history.all()] == ["low", "high"]
    with pytest.raises(NotAllowed, match="Only counsel"):
        clearing.record(review, by=editor, risk="low")
    with pytest.raises(Invalid) as refused:
        clearing.record(review, by=counsel, risk="none", frames=["moon"])
    assert [each.attr for each in refused.value.problems] == ["risk", "frames"]
