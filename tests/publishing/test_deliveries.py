"""What people do with single rows."""

import pytest

from halcytone.lib.errors import Invalid, NotAllowed, WrongState
from publishing import messages
from publishing.models import Delivery
from publishing.services import deliveries, releases, sender
from tests.factories.people import PersonFactory
from tests.factories.publishing import make_account, make_release, wall_now


@pytest.fixture
def editor(db):
    return PersonFactory(group="senior_editor")


@pytest.fixture
def uncertain(press):
    """Two uncertain mails of a release."""
    release = make_release("newsletter", people=2, slot_wall=wall_now())
    press("our-newsletter").script += ["lose", "drop"]
    releases.start(release)
    sender.work("w1")
    return list(Delivery.objects.order_by("pk"))


def test_settling_writes_who_and_why_beside_the_row(uncertain, editor):
    row = deliveries.settle(uncertain[0], by=editor, answer="live", reason="She answered it")
    assert (row.state, row.settled_by) == ("confirmed", editor)
    event = row.events.get()
    assert (event.kind, event.by, event.detail) == ("settled_live", editor, "She answered it")


def test_the_last_settled_row_makes_the_release_done(uncertain, editor):
    deliveries.settle_together(uncertain, by=editor, answer="failed", reason="Bounced")
    release = uncertain[0].release
    release.refresh_from_db()
    assert release.status == "done"


def test_a_row_that_never_left_leaves_now(uncertain, editor, press):
    deliveries.settle(uncertain[1], by=editor, answer="never_sent", reason="The log says so")
    sender.work("w2")
    assert len(press("our-newsletter").taken) == 2
    release = uncertain[0].release
    release.refresh_from_db()
    assert release.note == "Incomplete, 1 to resolve"


def test_a_settled_row_cannot_be_settled_again(uncertain, editor):
    deliveries.settle(uncertain[0], by=editor, answer="failed", reason="Bounced")
    with pytest.raises(WrongState, match="not uncertain"):
        deliveries.settle(uncertain[0], by=editor, answer="live", reason="No, it came")


@pytest.mark.parametrize(
    ("answer", "reason", "attr"), [("live", " ", "reason"), ("perhaps", "why", "answer")]
)
def test_an_answer_names_what_is_wrong_with_it(uncertain, editor, answer, reason, attr):
    with pytest.raises(Invalid) as raised:
        deliveries.settle(uncertain[0], by=editor, answer=answer, reason=reason)
    assert raised.value.problems[0].attr == attr


def test_a_post_that_is_out_needs_its_link(press, editor):
    make_account("x", channel="blind")
    press("our-x").script += ["lose"]
    releases.start(make_release("x", slot_wall=wall_now()))
    sender.work("w1")
    row = Delivery.objects.get(part=1)
    with pytest.raises(Invalid, match="link"):
        deliveries.settle(row, by=editor, answer="live", reason="I see it")


def test_settling_needs_the_right(uncertain):
    with pytest.raises(NotAllowed):
        deliveries.settle(
            uncertain[0], by=PersonFactory(group="viewer"), answer="failed", reason="why"
        )


def test_a_failed_row_is_tried_again_by_a_person_and_reopens_its_release(press, editor):
    release = make_release("newsletter", people=2, slot_wall=wall_now())
    press("our-newsletter").script += ["refuse"]
    releases.start(release)
    sender.work("w1")
    release.refresh_from_db()
    assert release.status == "done"
    deliveries.retry(Delivery.objects.get(state="failed"), by=editor, reason="The box was full")
    release.refresh_from_db()
    assert release.status == "releasing"
    sender.work("w1")
    release.refresh_from_db()
    assert (release.status, len(press("our-newsletter").taken)) == ("done", 2)


def test_a_confirmed_row_cannot_be_tried_again(press, editor):
    releases.start(make_release("web", slot_wall=wall_now()))
    sender.work("w1")
    with pytest.raises(WrongState):
        deliveries.retry(Delivery.objects.get(), by=editor, reason="Once more")


def test_people_read_exactly_what_a_row_sends(press):
    releases.start(make_release("newsletter", "x", people=1, slot_wall=wall_now()))
    mail = Delivery.objects.get(target__startswith="contact")
    assert messages.for_people(mail)["to"] == "reader0@halcytone.example"
    assert messages.for_people(mail)["text"].startswith("Hello Reader 0")
    assert messages.for_people(Delivery.objects.get(part=3)) == {"text": "Part 3"}
