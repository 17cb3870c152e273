"""Told once, at once or in the digest, by the ways that a person chose; a failure blocks nothing."""

import time
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from halcytone.lib.errors import Invalid, WrongState
from halcytone.lib.gathering import gathering
from halcytone.lib.notices import desk, events, routing, sending
from halcytone.lib.notices.models import Dispatch, Notification, Preferences
from halcytone.lib.notices.telling import tell
from tests.factories import PersonFactory

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 30, 17, 0, tzinfo=UTC)  # noon in New York
MORNING = datetime(2026, 12, 1, 13, 30, tzinfo=UTC)  # half past eight on the next day
State = Dispatch.State


@pytest.fixture
def mira():
    return PersonFactory(first_name="Mira", last_name="Aas", zone="America/New_York")


@pytest.fixture
def slackless(sandbox_settings, mira):
    """The stand-ins; Mira wants nothing by Slack."""
    Preferences.objects.create(
        person=mira, choices={kind: {"slack": "off"} for kind in events.KINDS}
    )
    return sandbox_settings


def told(person, kind="approved", event="e:1", by=None, **changes):
    given = {"subject": "Approved: Two quiet minutes", "path": "/admin/reviews/1/", **changes}
    tell(kind, event=event, to=[person.pk], by=by, **given)


def deliver(now=NOON):
    routing.route(now)
    return sending.send_due(now, until=time.monotonic() + 30)


def states():
    return dict(Dispatch.objects.order_by("channel").values_list("channel", "state"))


class TestTelling:
    def test_an_event_is_told_to_a_person_once(self, mira):
        told(mira)
        told(mira)
        told(mira, event="e:2")
        assert Notification.objects.filter(person=mira).count() == 2

    def test_nobody_is_told_of_her_own_act(self, mira):
        told(mira, by=mira)
        assert not Notification.objects.exists()

    def test_ten_people_and_three_events_are_one_statement(self, django_assert_num_queries):
        people = [PersonFactory().pk for _ in range(10)]
        with django_assert_num_queries(1), gathering():
            for number in range(3):
                tell("mentioned", event=f"e:{number}", to=people, by=None, subject="x", path="/")
        assert Notification.objects.count() == 30

    def test_a_subject_is_one_line(self, mira):
        told(mira, subject="A title\nBcc: somebody\x00" + "x" * 300)
        subject = Notification.objects.get().subject
        assert subject.startswith("A title Bcc: somebodyx")
        assert len(subject) == 200


class TestRouting:
    def test_what_needs_her_goes_at_once_by_mail_and_slack(self, mira, sandbox_settings):
        told(mira)
        assert routing.route(NOON) == 1
        rows = {row.channel: row for row in Dispatch.objects.all()}
        assert {name: row.due_at for name, row in rows.items()} == {"mail": NOON, "slack": NOON}

    def test_the_rest_waits_for_the_digest_on_her_clock(self, mira, sandbox_settings):
        told(mira, "comment")
        routing.route(NOON)
        assert Dispatch.objects.values_list("channel", "due_at").get() == ("mail", MORNING)

    def test_a_weekly_digest_waits_for_monday(self, mira, sandbox_settings):
        desk.choose(mira, digest="weekly")
        told(mira, "comment")
        routing.route(NOON)
        assert Dispatch.objects.get().due_at == MORNING + timedelta(days=6)

    def test_what_she_switched_off_does_not_go(self, mira, sandbox_settings):
        desk.choose(mira, choices={"approved": {"mail": "off", "slack": "off"}})
        told(mira)
        routing.route(NOON)
        assert not Dispatch.objects.exists()
        assert desk.unread_count(mira) == 1

    def test_what_she_does_not_want_on_the_desk_is_not_counted_there(self, mira, sandbox_settings):
        desk.choose(mira, choices={"approved": {"desk": "off"}})
        told(mira)
        routing.route(NOON)
        assert desk.unread_count(mira) == 0
        assert states()["mail"] == State.WAITING

    def test_people_who_left_and_programs_are_not_written_to(self, sandbox_settings):
        told(PersonFactory(is_active=False))
        told(PersonFactory(is_service=True))
        told(PersonFactory(email=""))
        routing.route(NOON)
        assert set(Dispatch.objects.values_list("channel", flat=True)) == {"slack"}

    def test_with_outbound_off_the_desk_alone_tells(self, mira, settings):
        settings.OUTBOUND = "off"
        told(mira)
        assert deliver() == 0
        assert not Dispatch.objects.exists()
        assert desk.unread_count(mira) == 1


class TestSending:
    def test_a_mail_has_subject_sentence_and_link_and_no_more(self, mira, slackless, settings):
        settings.PRESS_URL = "http://127.0.0.1:8000"
        told(mira, text="It goes out 2026-12-01 10:00 America/New_York.")
        assert deliver() == 1
        (row,) = slackless.mails()["mails"]
        mail = slackless.mail(row["id"])
        headers = dict(mail["headers"])
        assert headers["Subject"] == "Approved: Two quiet minutes"
        assert headers["To"] == mira.email
        assert headers["Auto-Submitted"] == "auto-generated"
        assert mail["text"].splitlines()[:3] == [
            "Approved: Two quiet minutes",
            "It goes out 2026-12-01 10:00 America/New_York.",
            "http://127.0.0.1:8000/admin/reviews/1/",
        ]
        assert states() == {"mail": State.SENT}

    def test_ten_comments_and_one_rejection_are_one_mail_now_and_one_digest(self, mira, slackless):
        for number in range(10):
            told(mira, "comment", f"comment:{number}", subject=f"Comment {number}")
        told(mira, "rejected", "rejected:1", subject="Rejected: Two quiet minutes")

        assert deliver(NOON) == 1
        assert deliver(NOON + timedelta(hours=1)) == 0
        assert deliver(MORNING) == 1
        assert deliver(MORNING + timedelta(days=1)) == 0
        digest, rejection = slackless.mails()["mails"]
        assert (rejection["subject"], digest["subject"]) == (
            "Rejected: Two quiet minutes",
            "Digest: 10 things",
        )
        text = slackless.mail(digest["id"])["text"]
        assert [f"Comment {number}" in text for number in range(10)] == [True] * 10

    def test_what_was_read_meanwhile_is_left_out(self, mira, slackless):
        for number in range(3):
            told(mira, "comment", f"comment:{number}", subject=f"Comment {number}")
        routing.route(NOON)
        read = Notification.objects.get(event="comment:1")
        assert desk.mark_read(mira, [read.pk]) == 1
        deliver(MORNING)
        text = slackless.mail(slackless.mails()["mails"][0]["id"])["text"]
        assert ("Comment 0" in text, "Comment 1" in text) == (True, False)

    def test_nothing_goes_when_all_of_it_was_read(self, mira, slackless):
        told(mira)
        routing.route(NOON)
        desk.mark_read(mira)
        assert deliver() == 0
        assert (slackless.mails()["total"], states()) == (0, {"mail": State.DROPPED})

    def test_one_event_is_one_message_in_slack_with_the_names_of_all(self, sandbox_settings):
        people = [PersonFactory(first_name=name, last_name="Aas") for name in ("Mira", "Sena")]
        for person in people:
            desk.choose(person, choices={"stopped": {"mail": "off"}})
        told_people = [person.pk for person in people]
        subject = "Stopped: <all> & more"
        tell("stopped", event="s:1", to=told_people, by=None, subject=subject, path="/admin/")
        assert deliver() == 1
        (message,) = sandbox_settings.ask("receivers", "GET", "/_sandbox/messages")["messages"]
        assert message["text"].startswith("Mira Aas, Sena Aas: <http")
        assert message["text"].endswith("/admin/|Stopped: &lt;all&gt; &amp; more>")

    def test_a_mail_that_was_surely_not_taken_is_tried_again_later(self, mira, slackless):
        slackless.fault("smtp", "status:451", times=2)
        told(mira)
        now = timezone.now()
        assert deliver(now) == 0
        row = Dispatch.objects.get()
        assert (row.state, row.attempts) == (State.WAITING, 1)
        assert "451" in row.error
        assert timedelta(seconds=50) < row.due_at - now < timedelta(seconds=90)
        assert deliver(now + timedelta(minutes=2)) == 0
        assert deliver(now + timedelta(minutes=10)) == 1
        assert (slackless.mails()["total"], states()) == (1, {"mail": State.SENT})

    def test_a_refused_one_is_not_and_says_so(self, mira, slackless):
        slackless.fault("smtp", "status:550")
        told(mira)
        assert deliver() == 0
        row = Dispatch.objects.get()
        assert (row.state, "550" in row.error) == (State.FAILED, True)
        assert list(Dispatch.objects.troubled()) == [row]

    def test_what_may_have_arrived_is_not_sent_again(self, mira, slackless):
        slackless.fault("smtp", "accept_then_drop")
        told(mira)
        deliver()
        deliver(NOON + timedelta(days=1))
        assert (slackless.mails()["total"], states()) == (1, {"mail": State.UNCERTAIN})

    def test_slack_that_asks_to_wait_is_waited_for(self, mira, sandbox_settings):
        desk.choose(mira, choices={"approved": {"mail": "off"}})
        sandbox_settings.fault("receivers", "rate_limit:900")
        told(mira)
        now = timezone.now()
        deliver(now)
        row = Dispatch.objects.get()
        assert row.state == State.WAITING
        assert timedelta(minutes=14) < row.due_at - now < timedelta(minutes=16)

    def test_attempts_come_to_an_end(self, mira, slackless):
        told(mira)
        routing.route(NOON)
        Dispatch.objects.update(attempts=sending.MOST_ATTEMPTS - 1)
        slackless.fault("smtp", "status:451")
        deliver()
        assert states() == {"mail": State.FAILED}

    def test_a_bundle_belongs_to_the_worker_that_claimed_it_first(self, mira, slackless):
        for number in range(3):
            told(mira, "comment", f"comment:{number}")
        routing.route(NOON)
        bundle = Dispatch.objects.first().bundle
        assert len(sending.claim(bundle, MORNING)) == 3
        assert sending.claim(bundle, MORNING) == []

    def test_what_a_lost_worker_was_sending_is_uncertain(self, mira, slackless):
        told(mira)
        routing.route(NOON)
        sending.claim(Dispatch.objects.get().bundle, NOON)
        assert deliver(timezone.now() + timedelta(minutes=4)) == 0
        assert (slackless.mails()["total"], states()) == (0, {"mail": State.UNCERTAIN})


class TestChoosing:
    def test_what_needs_her_cannot_be_switched_off_everywhere(self, mira, sandbox_settings):
        every = {"desk": "off", "mail": "off", "slack": "off"}
        with pytest.raises(Invalid, match="“My draft is approved” needs you") as refused:
            desk.choose(mira, choices={"approved": every})
        assert refused.value.problems[0].attr == "choices.approved"
        desk.choose(mira, choices={"comment": every})
        desk.choose(mira, choices={"approved": {**every, "slack": "now"}})

    def test_a_channel_that_is_not_there_does_not_count(self, mira, settings):
        settings.OUTBOUND = "off"
        with pytest.raises(Invalid, match="needs you"):
            desk.choose(mira, choices={"approved": {"desk": "off", "mail": "now"}})

    @pytest.mark.parametrize(
        ("given", "attr"),
        [
            ({"choices": {"nonsense": {"mail": "off"}}}, "choices.nonsense"),
            ({"choices": {"comment": {"pigeon": "now"}}}, "choices.comment.pigeon"),
            ({"choices": {"comment": {"slack": "digest"}}}, "choices.comment.slack"),
            ({"digest": "hourly"}, "digest"),
        ],
    )
    def test_a_choice_that_there_is_not_is_named(self, mira, given, attr):
        with pytest.raises(Invalid) as refused:
            desk.choose(mira, **given)
        assert [problem.attr for problem in refused.value.problems] == [attr]

    def test_other_choices_stay(self, mira):
        desk.choose(mira, choices={"comment": {"mail": "off"}})
        row = desk.choose(mira, choices={"comment": {"desk": "off"}}, digest="weekly")
        assert row.choices == {"comment": {"mail": "off", "desk": "off"}}
        assert desk.table(row)["comment"] == {"desk": "off", "mail": "off", "slack": "off"}

    def test_an_older_version_is_told(self, mira):
        row = desk.choose(mira, digest="weekly")
        with pytest.raises(WrongState):
            desk.choose(mira, digest="daily", version=row.version - 1)

    def test_reading_is_hers_alone(self, mira):
        told(mira)
        other = PersonFactory()
        assert desk.mark_read(other, [Notification.objects.get().pk]) == 0
        assert (desk.mark_read(mira), desk.unread_count(mira)) == (1, 0)
