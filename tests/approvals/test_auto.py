"""Level 1: when the policy itself signs, and which condition kept it from signing."""

import pytest

from approvals.models import Decision, Review
from approvals.services import reviews
from content.models import DraftPiece, Finding
from content.signals import draft_changed
from publishing.models import Account
from segmentation.models import Segment
from tests.factories.approvals import declared, rendered_draft, shown, voice
from tests.factories.content import RevisionFactory
from tests.factories.people import PersonFactory
from tests.factories.publishing import make_account

pytestmark = pytest.mark.django_db
CALM = "Sit, let your shoulders drop, and breathe out for longer than you breathe in."


@pytest.fixture(autouse=True)
def editor():
    return voice("editor", group="editor", first_name="Edda", last_name="Lind")


def update(content=CALM, title="Two quiet minutes", **settings):
    draft = rendered_draft(**settings)
    piece = RevisionFactory(content=content, title=title)
    DraftPiece.objects.create(draft=draft, revision=piece, position=1)
    return declared(draft)


def submit(draft):
    return reviews.submit(draft, by=draft.author)


def test_the_policy_signs_a_standard_update_of_which_every_condition_holds():
    draft = update()
    review = submit(draft)

    assert (review.level, review.status) == (1, Review.Status.APPROVED)
    assert review.auto == {"signed": True, "row": "standard update", "failed": []}
    decision = Decision.objects.first()
    assert (decision.person, decision.policy_row) == (None, "standard update")
    assert decision.comment == "Approved by policy standard v1, row standard update."
    assert reviews.approved_seals(draft).keys() == {"newsletter", "web", "linkedin"}


def plain_author(draft):
    draft.author.groups.clear()


def warn(draft):
    Finding.objects.create(
        rendition=draft.renditions.first(),
        severity="warning",
        code="w",
        message="The subject is long.",
    )


def other_account(draft):
    draft.renditions.filter(format="linkedin").update(account="second")


@pytest.mark.parametrize(
    ("given", "act", "sentence"),
    [
        (
            {"content": "In our test 63 % of 214 volunteers kept the pace."},
            None,
            "No claim sheet has verified these figures yet: 63 %, 214.",
        ),
        (
            {"content": "Mara wrote: “I slept through the night again.”"},
            None,
            "No claim sheet has verified these quotations yet: “I slept through the night again.”.",
        ),
        ({"sensitive": ["pricing"]}, None, "It is marked as sensitive: pricing."),
        ({"budget_usd": "250.00"}, None, "It has a budget."),
        ({}, warn, "The checks are not all green: The subject is long."),
        ({}, other_account, "It goes to other than the standard accounts: second."),
    ],
)
def test_the_condition_that_failed_is_named_and_an_editor_decides(editor, given, act, sentence):
    draft = update(**given)
    if act:
        act(draft)
    review = submit(draft)

    assert review.status == Review.Status.OPEN
    assert review.auto == {"signed": False, "row": "standard update", "failed": [sentence]}
    reviews.decide(review, by=editor, verdict="approve", shown=shown(draft))
    assert review.status == Review.Status.APPROVED


def test_a_network_s_account_that_is_not_marked_as_standard_keeps_the_policy_from_signing():
    account = make_account("linkedin", channel="linkedin", name="Our people", is_standard=False)
    make_account("newsletter", channel="smtp", is_standard=False)
    draft = update()
    assert submit(draft).auto["failed"] == [
        "It goes to other than the standard accounts: Our people."
    ]
    Account.objects.filter(pk=account.pk).update(is_standard=True)
    other = update()
    assert submit(other).auto["signed"] is True


def test_without_the_figure_the_policy_signs():
    draft = update(content="63 % kept the pace.")
    review = submit(draft)
    piece = draft.pieces.get()
    piece.content = CALM
    piece.save()
    reviews.withdraw(review, by=draft.author, reason="The figure goes.")

    assert submit(draft).status == Review.Status.APPROVED


def test_an_author_without_the_publishing_right_needs_an_editor():
    author = PersonFactory(group="contributor", username="nils")
    review = submit(update(author=author))

    assert review.auto["failed"] == ["nils, the author, does not hold the publishing right."]


def test_a_large_audience_needs_an_editor(settings):
    settings.AUTO_APPROVAL_MAX_AUDIENCE = -1
    segment = Segment.objects.create(key="all", name="All", rule={})
    review = submit(update(segment=segment))

    assert review.auto["failed"] == ["The audience of 0 is larger than -1."]


def test_the_signature_falls_when_a_condition_stops_to_hold(editor):
    draft = update()
    review = submit(draft)
    draft.sensitive = ["pricing"]
    draft.save()
    draft_changed.send(type(draft), draft=draft, fields=["sensitive"])

    review.refresh_from_db()
    assert review.status == Review.Status.UNSEALED
    assert reviews.approved_seals(draft) == {}
    review = submit(draft)
    reviews.decide(review, by=editor, verdict="approve", shown=shown(draft))
    assert reviews.approved_seals(draft).keys() == {"newsletter", "web", "linkedin"}


def test_level_2_is_never_signed_by_the_policy():
    voice("senior_editor")
    voice("marketing_manager")
    review = submit(update(is_featured=True))

    assert (review.level, review.auto) == (2, {})
    assert not Decision.objects.exists()


def test_a_row_that_wants_a_person_is_not_signed():
    review = submit(update(type="session"))

    assert (review.level, review.auto, review.status) == (1, {}, Review.Status.OPEN)
