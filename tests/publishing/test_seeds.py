"""Test mails to our own mailboxes: sent an hour before, looked for ten minutes before, in no book."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.utils import timezone

from publishing.books import books
from publishing.hooks import mailbox
from publishing.hooks.told import Told
from publishing.models import Delivery, Rehearsal, SeedMail
from publishing.services import (
    boards,
    cadences,
    heartbeats,
    inbound,
    presses,
    rehearsals,
    sender,
)
from segmentation.models import Contact
from segmentation.services import suppressions
from tests.factories.people import PersonFactory
from tests.factories.publishing import make_account, make_release

AT_SLOT = datetime(2026, 12, 1, 15, 0, tzinfo=UTC)
OWN = ["own@press.example", "reader0@halcytone.example"]  # the second one is on the list
HOUR, TEN = timedelta(hours=1), timedelta(minutes=10)


@pytest.fixture
def clock():
    with time_machine.travel(AT_SLOT - timedelta(days=3), tick=False) as traveller:
        yield traveller


@pytest.fixture
def look(clock):
    """Let the clock be so long before the slot, a worker be at work, and a beat look."""

    def at(before):
        clock.move_to(AT_SLOT - before)
        heartbeats.beat()
        cadences.reconcile(AT_SLOT - before)

    return at


@pytest.fixture
def told(settings):
    """An installation that hears what becomes of its mails."""
    settings.TEST_MAILBOXES = OWN
    settings.MAILBOX_URL = ""
    settings.HOOK_SECRETS = {**settings.HOOK_SECRETS, "crm": "a-secret-of-some-length"}
    settings.CHANNELS = {**settings.CHANNELS, "crm": settings.CHANNELS["mail"]}
    settings.SANDBOX_PORTS = {**settings.SANDBOX_PORTS, "crm": 1}
    make_account("newsletter", channel="crm")


def ask(release):
    heartbeats.beat()
    rehearsals.ask(release, by=PersonFactory(group="marketing_manager"))
    return found(release)


def found(release):
    row = boards.latest(release).checks.get(name="test_mail")
    return row.verdict, row.what


def arrive(row, kind="delivered"):
    inbound.receive("crm", [Told(kind, timezone.now(), {"n": row.pk}, key=row.key)])
    inbound.process(timezone.now())


def test_a_test_mail_of_what_is_sealed_is_in_the_mailbox_before_the_readers_have_theirs(
    sandbox_settings, settings, tmp_path, clock, look, db
):
    settings.HALCYTONE_HOME, settings.TEST_MAILBOXES = tmp_path, OWN
    make_account("newsletter", channel="smtp", endpoint="smtp://127.0.0.1:1")
    release = make_release("newsletter", people=2)
    look(timedelta(hours=24))
    assert found(release) == ("go", "An hour before, a test mail goes to 2 own mailboxes.")
    look(HOUR)
    assert found(release) == ("go", "The test mail is in all 2 own mailboxes.")
    mails = sandbox_settings.mails()["mails"]
    assert sorted(mail["to"][0] for mail in mails) == OWN
    assert {mail["subject"] for mail in mails} == {"[Test] Two quiet minutes for the office"}
    assert "unsubscribe?u=" in sandbox_settings.mail(mails[0]["id"])["text"]
    look(TEN)
    assert sandbox_settings.mails()["total"] == 2
    assert SeedMail.objects.filter(state="confirmed", arrived_at__isnull=False).count() == 2
    assert "test mail" in release.events.values_list("kind", flat=True)
    assert not Delivery.objects.exists()
    look(timedelta())
    sender.work("w1")
    release.refresh_from_db()
    assert (release.status, books(release).candidates, books(release).confirmed) == ("done", 2, 2)
    keys = {*SeedMail.objects.values_list("key", flat=True)}
    assert keys.isdisjoint(Delivery.objects.values_list("idempotency_key", flat=True))


def test_what_is_not_received_holds_the_release_until_it_is_seen(press, told, clock, look):
    release = make_release("newsletter", people=2)
    look(HOUR)
    verdict, said = found(release)
    assert (verdict, "is not there yet" in said) == ("warning", True)
    assert len(press("our-newsletter").taken) == 2
    look(TEN)
    release.refresh_from_db()
    assert release.status == "held"
    assert "No-Go 10 minutes before: The test mail was not received: it left 14:00" in release.note
    assert len(press("our-newsletter").taken) == 2
    first, second = SeedMail.objects.all()
    arrive(first)
    assert ask(release)[0] == "warning"
    arrive(second)
    assert ask(release) == ("go", "The test mail is in all 2 own mailboxes.")


def test_who_asks_has_another_one_sent_and_it_is_no_go_until_it_is_there(press, told, clock, look):
    release = make_release("newsletter", people=1)
    look(HOUR)
    look(TEN)
    assert ask(release)[0] == "no_go"
    assert ask(release)[0] == "no_go"
    sent = press("our-newsletter").asked
    assert (len(sent), set(sent.values())) == (4, {1})
    for row in SeedMail.objects.order_by("-pk")[:2]:
        arrive(row)
    assert ask(release)[0] == "go"


def test_one_that_was_refused_or_bounced_is_a_no_go_that_says_so(press, told, clock, look):
    release = make_release("newsletter", people=1)
    press("our-newsletter").script = ["refuse", "take"]
    look(HOUR)
    said = "The test mail to own@press.example was not received: The place refused it"
    assert found(release) == ("no_go", said)
    arrive(SeedMail.objects.get(state="confirmed"), "bounced")
    for _ in range(2):
        verdict, said = ask(release)
        assert (verdict, "refused it" in said) == ("no_go", True)


def test_a_lost_answer_is_uncertain_and_no_machine_sends_it_again(press, told, clock, look):
    release = make_release("newsletter", people=1)
    press("our-newsletter").script = ["lose", "lose"]
    look(HOUR)
    look(TEN)
    assert {*SeedMail.objects.values_list("state", flat=True)} == {"uncertain"}
    assert set(press("our-newsletter").asked.values()) == {1}
    for row in SeedMail.objects.all():
        arrive(row)
    assert ask(release)[0] == "go"


def test_without_a_mailbox_or_anybody_who_could_see_it_arrive_it_is_a_warning(
    press, told, clock, look, settings
):
    release = make_release("newsletter", people=1)
    settings.HOOK_SECRETS = {}
    look(HOUR)
    look(TEN)
    verdict, said = found(release)
    assert (verdict, "MAILBOX_URL" in said) == ("warning", True)
    settings.TEST_MAILBOXES = []
    verdict, said = ask(release)
    assert (verdict, "No test mailbox is set" in said) == ("warning", True)


@pytest.mark.parametrize("why", ["stopped", "off", "changed", "dry", "early"])
def test_nothing_leaves_for_a_test_that_might_not_leave_for_readers(
    press, told, clock, look, settings, why
):
    release = make_release("newsletter", people=1)
    if why == "stopped":
        presses.stop(by=PersonFactory(group="editor"), reason="A wrong figure")
    elif why == "off":
        settings.OUTBOUND = "off"
    elif why == "changed":
        release.draft.renditions.update(body='{"subject": "Another"}')
    elif why == "dry":
        release.draft.is_dry = True
        release.draft.save()
    clock.move_to(AT_SLOT - (timedelta(hours=3) if why == "early" else TEN))
    verdict, _ = ask(release)
    assert verdict == ("go" if why in ("dry", "early") else "no_go")
    assert not SeedMail.objects.exists()
    assert press("our-newsletter").asked == {}


def test_a_mailbox_that_is_suppressed_is_left_alone(press, told, clock, look):
    make_release("newsletter", people=1)
    suppressions.add(reason="complaint", value=Contact.objects.get().email_key)
    look(HOUR)
    assert [row.address for row in SeedMail.objects.all()] == ["own@press.example"]


def test_our_own_mail_in_our_mailbox_is_no_reply(press, told, clock, look):
    release = make_release("newsletter", people=1)
    look(HOUR)
    for row in SeedMail.objects.all():
        mail = (
            f"From: press@a.example\r\nTo: {row.address}\r\nMessage-ID: <{row.key}@a.example>\r\n"
        )
        read = mailbox.read(f"{mail}X-Halcytone-Key: {row.key}\r\n\r\nHello".encode())
        assert [(one.kind, one.key) for one in read] == [("delivered", row.key)]
        inbound.receive("mailbox", read)
    inbound.process(timezone.now())
    look(TEN)
    assert found(release)[0] == "go"
    assert Rehearsal.objects.get(occasion="last").verdict != "no_go"
