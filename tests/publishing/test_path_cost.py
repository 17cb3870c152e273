"""What the path of a piece costs the database: submitted, approved in two stages, its release planned.

Every statement counts but BEGIN, COMMIT and savepoints, which only a test has here.
"""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from approvals.models import Absence, Delegation, DueEvent, Level, Policy, Review
from approvals.services import reviews
from halcytone.lib.audit.models import Entry
from halcytone.lib.notices.models import Notification
from publishing.models import Release
from publishing.services import installation
from tests.factories.approvals import BRIEF, rendered_draft, shown, voice
from tests.factories.people import PersonFactory
from tests.factories.publishing import CHANNEL, make_account
from tests.factories.segmentation import make_segment

FORMATS = ["newsletter", "web", "x"]
MOST = 40
TWO_STAGES = [
    {"name": "Editorial", "mode": "sequential", "roles": [["senior_editor"]]},
    {"name": "Marketing", "mode": "sequential", "roles": [["marketing_manager"]]},
]


@pytest.fixture
def two_stages(db):
    policy = Policy.objects.get(is_active=True)
    Level.objects.filter(policy=policy).delete()
    Level.objects.create(policy=policy, position=1, name="all", number=2, stages=TWO_STAGES)


@pytest.fixture
def desk(press, two_stages, settings):
    """Who writes, and who speaks in each of the two stages."""
    settings.FORMATS = BRIEF
    for channel in BRIEF:
        make_account(channel, channel=CHANNEL.get(channel, "x"))
    installation.claim_if_new()
    return (
        PersonFactory(group="editor"),
        voice("senior_editor"),
        voice("marketing_manager"),
    )


def go(desk, formats):
    """Let a piece go its way; returns its review and the statements that it took."""
    author, *voices = desk
    draft = rendered_draft(author=author, formats=formats, segment=make_segment())
    seen = shown(draft)
    for person in desk:
        person.has_perm("approvals.decide_review")
    with CaptureQueriesContext(connection) as asked:
        review = reviews.submit(draft, by=author)
        for person in voices:
            reviews.decide(review, by=person, verdict="approve", shown=seen)
    assert review.status == Review.Status.APPROVED
    assert Release.objects.get(draft=draft).parts.count() == len(formats)
    return review, [q["sql"] for q in asked.captured_queries if "SAVEPOINT" not in q["sql"]]


def test_a_piece_is_submitted_approved_twice_and_planned_with_few_queries(desk):
    _, queries = go(desk, FORMATS)
    assert len(queries) <= MOST, "\n".join(queries)


@pytest.mark.parametrize("formats", [["newsletter"], list(BRIEF)])
def test_more_formats_and_more_reviewers_cost_no_query_more(desk, formats):
    today = timezone.now().date()
    for role in ("senior_editor", "marketing_manager"):
        people = [voice(role) for _ in range(6)]
        days = {"starts_on": today - timedelta(days=1), "ends_on": today + timedelta(days=9)}
        for away, delegate in zip(people[:3], people[3:], strict=True):
            Absence.objects.create(person=away, **days)
            Delegation.objects.create(person=away, delegate=delegate, **days)
    _, queries = go(desk, formats)
    assert len(queries) <= MOST, "\n".join(queries)


def test_nothing_that_follows_from_the_acts_is_left_out(desk):
    review, _ = go(desk, FORMATS)
    trail = Entry.objects.filter(trail=f"draft:{review.draft_id}").exclude(kind="rendition.written")
    kinds = trail.values_list("kind", flat=True)
    assert sorted(kinds) == sorted(
        [
            "review.submitted",
            *["review.decided"] * (2 * len(FORMATS)),
            "review.approved",
            "release.planned",
        ]
    )
    told = Notification.objects.order_by("pk").values_list("person_id", "kind")
    author, senior, manager = (person.pk for person in desk)
    assert list(told) == [
        (senior, "review_waits"),
        (manager, "review_waits"),
        (author, "approved"),
    ]
    due = DueEvent.objects.filter(review=review)
    assert due.filter(stage__position=1).count() == due.filter(stage__position=2).count() > 0
    assert not any(each.is_open for each in due)
    assert not review.asks.exists()
