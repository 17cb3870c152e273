"""The CRM channel against the stand-in that speaks its wire format."""

from datetime import UTC, datetime

import httpx
import pytest

from halcytone.lib.errors import Refused, Unavailable, Unclear
from publishing.channels.base import AccountFace, Receipt, Recipient
from publishing.channels.crm import Crm, call_id
from publishing.channels.crm_api import CrmApi

from .contract import SITE, ChannelContract, CheckContract, NoReadBackContract

KINDS = {
    "refuse": "status:422",
    "wait": "rate_limit:7",
    "lose": "accept_then_drop",
    "garble": "garbage",
}
LETTER = {
    "subject": "Two quiet minutes",
    "preheader": "A small habit",
    "html": '<p>Dear [[name|friend]]</p><a href="[[unsubscribe_url]]">no</a> [[preferences_url]]',
    "text": "Dear [[name|friend]] [[unsubscribe_url]] [[preferences_url]]",
}
BATCH = "/api/v1/email/batch"


class Outside:
    def __init__(self, sandbox):
        self.sandbox = sandbox

    def fails(self, word):
        """Fail the next mail; a lost one cannot be looked up either."""
        self.sandbox.fault("crm", KINDS[word], match={"method": "POST"})
        if word in ("lose", "garble"):
            self.sandbox.fault("crm", "status:404", match={"method": "GET", "path": "/jobs/"})

    def taken(self):
        calls = [call for call in self.sandbox.requests("crm", path=BATCH) if call["taken"]]
        return [each for call in calls for each in call["json"]["recipients"]]


@pytest.fixture
def face(sandbox_settings):
    return AccountFace(
        "crm",
        sandbox_settings.url("crm"),
        from_email="news@halcytone.example",
        credential=ChannelContract.secret,
    )


class TestCrm(ChannelContract, NoReadBackContract, CheckContract):
    content = LETTER
    takes_recipients = True

    @pytest.fixture
    def channel(self, face):
        return Crm(face)

    @pytest.fixture
    def outside(self, sandbox_settings):
        return Outside(sandbox_settings)

    def many(self, count, campaign="release-1-0", **changes):
        links = {"unsubscribe_url": f"{SITE}/u/1", "preferences_url": f"{SITE}/p/1"}
        return [
            self.message(
                f"{number:032x}",
                recipient=Recipient(f"reader{number}@halcytone.example", "", links),
                campaign=campaign,
                **changes,
            )
            for number in range(count)
        ]

    def test_one_call_carries_a_hundred_readers_with_their_own_values(self, channel, outside):
        with channel.session() as session:
            answers = session.send_many(self.many(100))
        assert len(answers) == channel.batch == 100
        assert all(isinstance(answer, Receipt) for answer in answers)
        (call,) = outside.sandbox.requests("crm", path=BATCH)
        body = call["json"]
        assert set(body) == {"recipients", "subject", "html", "text", "tracking", "campaign_id"}
        assert body["tracking"] == {"opens": True, "clicks": True, "unsubscribes": True}
        assert body["campaign_id"] == "release-1-0"
        assert body["html"].startswith('<p>Dear {{name}}</p><a href="{{unsubscribe_url}}">')
        assert body["recipients"][3] == {
            "email": "reader3@halcytone.example",
            "name": "friend",
            "user_id": None,
            "merge_vars": {
                "name": "friend",
                "email": "reader3@halcytone.example",
                "unsubscribe_url": f"{SITE}/u/1",
                "preferences_url": f"{SITE}/p/1",
                "one_click_url": f"{SITE}/u/1",
            },
        }
        headers = {name.lower(): value for name, value in call["headers"].items()}
        assert headers["x-request-id"] == call_id(self.many(100))
        assert self.secret not in str(call)

    def test_the_same_call_again_gets_the_first_answer_and_sends_nothing(self, channel, outside):
        with channel.session() as session:
            first = session.send_many(self.many(3))
            assert session.send_many(self.many(3)) == first
        assert len(outside.taken()) == 3

    def test_readers_whom_the_crm_names_failed_and_the_others_went_out(self, channel, outside):
        left = {"email": "reader1@halcytone.example", "preferences": {}}
        outside.sandbox.ask("crm", "POST", "/api/v1/subscriptions/unsubscribe", left)
        with channel.session() as session:
            answers = session.send_many(self.many(3))
        assert [type(answer) for answer in answers] == [Receipt, Refused, Receipt]
        assert answers[1].code == "recipient_refused"

    def test_a_lost_answer_is_looked_up_as_a_job(self, channel, outside):
        outside.sandbox.fault("crm", "accept_then_drop", match={"method": "POST"})
        with channel.session() as session:
            answers = session.send_many(self.many(3))
        assert [answer.provider_id for answer in answers] == [call_id(self.many(3))] * 3
        assert len(outside.taken()) == 3

    def test_a_call_that_never_arrived_is_unclear_for_all_its_rows(self, channel, outside):
        outside.sandbox.fault("crm", "drop_before", match={"method": "POST"})
        with channel.session() as session:
            answers = session.send_many(self.many(3))
        assert [answer.code for answer in answers] == ["lost_answer"] * 3
        assert outside.taken() == []

    def test_each_campaign_has_a_call_of_its_own(self, channel, outside):
        messages = [*self.many(2), *self.many(3, campaign="release-1-1")]
        with channel.session() as session:
            outside.sandbox.fault("crm", "rate_limit:7", match={"body": "release-1-1"})
            answers = session.send_many(messages)
        assert [type(each) for each in answers] == [Receipt] * 2 + [Unavailable] * 3
        assert len(outside.taken()) == 2

    def test_what_the_crm_would_read_as_a_field_is_refused(self, channel):
        assert channel.problems(LETTER | {"html": LETTER["html"] + "{{name}}"})
        assert channel.problems(LETTER | {"html": "x" * 500_001 + LETTER["html"]})

    def test_it_tells_whether_the_account_will_work(self, channel, outside):
        (check,) = channel.check(datetime.now(UTC))
        assert (check.verdict, check.said) == ("go", "crm-sandbox 1 answers and has 0 subscribers.")
        outside.sandbox.fault("crm", "expired_token")
        (check,) = channel.check(datetime.now(UTC))
        assert check.verdict == "no_go"


def answering(batch, job=None, status=200):
    """A channel on a CRM that answers so; it counts the calls."""

    def answer(request):
        calls.append(request.method)
        if request.method == "POST":
            return httpx.Response(status, json=batch)
        return httpx.Response(200 if job else 404, json=job or {})

    calls = []
    face = AccountFace("crm", "https://crm.halcytone.example", credential="k" * 16)
    return Crm(face, transport=httpx.MockTransport(answer)), calls


def job(total, sent, failed, errors=(), status="completed"):
    return {
        "total_recipients": total,
        "sent_count": sent,
        "failed_count": failed,
        "status": status,
        "errors": list(errors),
    }


READER = "reader1@halcytone.example"
TOLD = {"successful": 1, "failed": 1, "errors": [{"email": READER, "error": "gone"}]}


@pytest.mark.parametrize(
    ("batch", "known", "ends"),
    [
        ({"successful": 2, "failed": 0, "errors": []}, None, ["", ""]),
        (TOLD, None, ["", "recipient_refused"]),
        (
            TOLD | {"errors": [f"Could not reach {READER.upper()}."]},
            None,
            ["", "recipient_refused"],
        ),
        (TOLD | {"errors": ["one failed"]}, None, ["bad_counts", "bad_counts"]),
        (TOLD | {"errors": [{"email": "else@a.example"}]}, None, ["bad_counts", "bad_counts"]),
        ({"successful": 1, "failed": 0, "errors": []}, None, ["bad_counts", "bad_counts"]),
        ({"successful": 2, "failed": 1, "errors": []}, None, ["bad_counts", "bad_counts"]),
        ({"ok": True}, None, ["bad_counts", "bad_counts"]),
        ({"ok": True}, job(2, 2, 0), ["", ""]),
        ({"ok": True}, job(2, 1, 1, [{"email": READER}]), ["", "recipient_refused"]),
        ({"ok": True}, job(2, 1, 0, status="running"), ["bad_counts", "bad_counts"]),
        ({"ok": True}, job(3, 3, 0), ["bad_counts", "bad_counts"]),
        ({"ok": True}, {"status": "completed"}, ["bad_counts", "bad_counts"]),
    ],
)
def test_the_counts_of_a_call_say_what_became_of_each_row(batch, known, ends):
    channel, calls = answering(batch, known)
    with channel.session() as session:
        answers = session.send_many(TestCrm().many(2))
    assert [getattr(answer, "code", "") for answer in answers] == ends
    assert calls.count("POST") == 1


@pytest.mark.parametrize("status", [408, 500, 502, 504])
def test_a_failure_that_may_have_sent_is_asked_about_and_never_repeated(status):
    channel, calls = answering({}, None, status=status)
    with channel.session() as session:
        answers = session.send_many(TestCrm().many(2))
    assert all(isinstance(answer, Unclear) for answer in answers)
    assert calls == ["POST", "GET"]


@pytest.mark.parametrize(
    ("endpoint", "key", "fields"),
    [
        ("https://crm.halcytone.com", "k7" * 10, set()),
        ("http://crm.halcytone.com", "k7" * 10, {"endpoint"}),
        ("https://localhost:8001", "k7" * 10, {"endpoint"}),
        ("https://crm-dev.halcytone.com", "k7" * 10, {"endpoint"}),
        ("https://crm.halcytone.com", "short", {"credential"}),
        ("https://crm.halcytone.com", "mock-key-" + "k" * 16, {"credential"}),
    ],
)
def test_production_asks_for_a_real_address_and_a_real_key(face, endpoint, key, fields):
    assert set(Crm(face).account_problems(endpoint, key)) == fields


def test_every_call_of_the_crm_is_spoken(sandbox_settings):
    at = datetime.now(UTC)
    email = "ana@halcytone.example"
    with CrmApi(sandbox_settings.url("crm"), "k" * 16) as api:
        api.subscription("subscribe", email=email, preferences={"weekly": True}, at=at)
        (person,) = api.subscribers()
        assert (person["email"], person["preferences"]) == (email, {"weekly": True})
        assert api.subscribers_count() == 1
        body = {"recipients": [{"email": email}], "subject": "s", "html": "h", "campaign_id": "c"}
        api.send_batch(body, request_id="call-1")
        assert api.job("call-1").sent == 1
        api.track("opened", email=email, campaign_id="c", at=at)
        figures = api.analytics("c", at.replace(year=2000), at.replace(year=2100))
        assert (figures["sent"], figures["opened"]) == (1, 1)
        assert api.validated([email, "no"])["invalid"] == ["no"]
        assert api.health()["service"] == "crm-sandbox"


def test_subscribers_are_read_page_by_page(sandbox_settings, monkeypatch):
    monkeypatch.setattr("publishing.channels.crm_api.PAGE_SIZE", 2)
    for number in range(5):
        contact = {"email": f"reader{number}@halcytone.example", "tags": [], "metadata": {}}
        sandbox_settings.ask("crm", "POST", "/api/v1/contacts", contact)
    with CrmApi(sandbox_settings.url("crm"), "k" * 16) as api:
        assert len(list(api.subscribers())) == 5
    assert len(sandbox_settings.requests("crm", path="subscribers")) == 3


def test_a_reader_without_a_way_out_gets_no_mail(face):
    message = TestCrm().message(recipient=Recipient("a@halcytone.example", "", {}))
    with Crm(face).session() as session, pytest.raises(Refused):
        session.send(message)
