"""The stop of the presses."""

import pytest

from halcytone.lib.errors import Invalid, NotAllowed, WrongState
from publishing.models import Account, Delivery, Stop
from publishing.services import ledger, presses, releases, sender
from tests.factories.people import PersonFactory
from tests.factories.publishing import make_release, wall_now


@pytest.fixture
def manager(db):
    return PersonFactory(group="marketing_manager")


@pytest.fixture
def release(press):
    return releases.start(make_release("newsletter", "web", people=4, slot_wall=wall_now()))


def sent(press):
    return len(press("our-newsletter").taken) + len(press("our-web").taken)


def test_a_stop_of_everything_holds_from_the_next_claim_on(release, press, manager):
    presses.stop(by=manager, reason="A wrong figure")
    assert sender.work("w1") == 0
    assert sent(press) == 0


@pytest.mark.parametrize(
    ("scope", "left"),
    [
        (lambda release: {"channel": "page"}, 0),
        (lambda release: {"channel": "mail"}, 1),
        (lambda release: {"account": Account.objects.get(format="newsletter")}, 1),
        (lambda release: {"release": release}, 0),
    ],
)
def test_a_stop_holds_what_is_in_its_scope(release, press, manager, scope, left):
    presses.stop(by=manager, reason="Stop", **scope(release))
    sender.work("w1")
    assert sent(press) == left


def test_a_stop_between_claim_and_hand_over_lets_nothing_more_leave(release, press, manager):
    account = Account.objects.get(format="web")
    claim = ledger.claim("w1", account)
    presses.stop(by=manager, reason="Stop")
    assert sender.send("w1", claim) == 0
    assert set(Delivery.objects.values_list("state", flat=True)) == {"planned"}


def test_one_batch_at_most_leaves_after_a_stop(press, manager, settings):
    settings.HAND_OVER_BATCH = 5
    releases.start(make_release("newsletter", people=40, slot_wall=wall_now()))

    def stop(message):
        if not Stop.objects.exists():
            presses.stop(by=manager, reason="Stop")

    press("our-newsletter").before_send = stop
    sender.work("w1")
    assert len(press("our-newsletter").taken) == 5


def test_one_person_cannot_start_again_and_two_can(release, press, manager):
    stop = presses.stop(by=manager, reason="Stop")
    with pytest.raises(WrongState, match="ask first"):
        presses.lift(stop, by=manager)
    presses.ask_lift(stop, by=manager)
    with pytest.raises(NotAllowed, match="another person"):
        presses.lift(stop, by=manager)
    assert sender.work("w1") == 0
    presses.lift(stop, by=PersonFactory(group="executive"))
    assert sender.work("w1") == 5
    with pytest.raises(WrongState, match="lifted already"):
        presses.ask_lift(stop, by=manager)


def test_an_editor_may_stop_and_not_lift(release):
    editor = PersonFactory(group="editor")
    stop = presses.stop(by=editor, reason="Stop")
    with pytest.raises(NotAllowed, match="marketing manager"):
        presses.ask_lift(stop, by=editor)


@pytest.mark.parametrize(
    "given", [{"reason": ""}, {"reason": "Stop", "channel": "page", "account": True}]
)
def test_a_stop_needs_a_reason_and_one_scope(release, manager, given):
    given = {**given, "account": Account.objects.first()} if "account" in given else given
    with pytest.raises(Invalid):
        presses.stop(by=manager, **given)


def test_a_release_does_not_set_off_under_a_stop(press, manager):
    release = make_release("web", slot_wall=wall_now())
    presses.stop(by=manager, reason="A wrong figure")
    release = releases.start(release)
    assert (release.status, release.note) == ("planned", "The presses are stopped: A wrong figure")
