"""The mail services' stand-in: three wire formats, and what each tells later."""

import hashlib
import hmac
import json
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import httpx
import pytest

POSTMARK = {
    "From": "news@halcytone.example",
    "To": '"Ana" <ana@halcytone.example>',
    "Subject": "Two quiet minutes",
    "HtmlBody": "<p>Breathe</p>",
    "TextBody": "Breathe",
    "Headers": [{"Name": "List-Unsubscribe", "Value": "<https://a.example/u>"}],
    "Metadata": {"key": "k1"},
}
BREVO = {
    "sender": {"email": "news@halcytone.example"},
    "to": [{"email": "ana@halcytone.example"}],
    "subject": "Two quiet minutes",
    "htmlContent": "<p>Breathe</p>",
    "headers": {"X-Mailin-custom": '{"key": "k1"}', "List-Unsubscribe": "<https://a.example/u>"},
}
SENDGRID = {
    "from": {"email": "news@halcytone.example"},
    "personalizations": [{"to": [{"email": "ana@halcytone.example"}], "subject": "Two"}],
    "content": [{"type": "text/html", "value": "<p>Breathe</p>"}],
    "custom_args": {"key": "k1"},
}
CALLS = {"/email": POSTMARK, "/v3/smtp/email": BREVO, "/v3/mail/send": SENDGRID}


@pytest.fixture
def api(sandbox):
    with httpx.Client(base_url=sandbox.url("esp"), timeout=10) as client:
        yield client


def taken(api):
    return api.get("/_sandbox/messages").json()["messages"]


@pytest.mark.parametrize(("path", "body"), CALLS.items())
def test_each_service_takes_a_mail_and_keeps_it_whole(api, path, body):
    assert api.post(path, json=body).status_code in (200, 201, 202)
    (mail,) = taken(api)
    assert (mail["address"], mail["html"]) == ("ana@halcytone.example", "<p>Breathe</p>")
    assert mail["metadata"]["key"] == "k1"


def test_each_service_answers_in_its_own_words(api):
    assert api.post("/email", json=POSTMARK).json()["ErrorCode"] == 0
    assert api.post("/v3/smtp/email", json=BREVO).json()["messageId"].startswith("brevo-")
    assert api.post("/v3/mail/send", json=SENDGRID).headers["X-Message-Id"]
    refused = api.post("/email", json=POSTMARK | {"To": "inactive@halcytone.example"})
    assert (refused.status_code, refused.json()["ErrorCode"]) == (422, 406)
    assert "inactive addresses: inactive@halcytone.example." in refused.json()["Message"]
    refused = api.post("/v3/smtp/email", json=BREVO | {"to": [{"email": "invalid@a.example"}]})
    assert (refused.status_code, refused.json()["code"]) == (400, "invalid_parameter")
    assert len(taken(api)) == 3


def test_a_batch_of_postmark_answers_for_each(api):
    bad = POSTMARK | {"To": "invalid@halcytone.example"}
    answers = api.post("/email/batch", json=[POSTMARK, bad]).json()
    assert [each["ErrorCode"] for each in answers] == [0, 300]


def test_faults_come_in_the_words_of_the_service(api, sandbox):
    sandbox.fault("esp", "rate_limit:7")
    limited = api.post("/v3/smtp/email", json=BREVO)
    assert (limited.status_code, limited.headers["Retry-After"]) == (429, "7")
    assert set(limited.json()) == {"code", "message"}
    sandbox.fault("esp", "status:500")
    assert api.post("/email", json=POSTMARK).json()["ErrorCode"] == 500
    assert taken(api) == []


@pytest.fixture
def receiver():
    """A server that keeps what is told to it: (headers, body) pairs."""
    got = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            got.append((dict(self.headers), self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *args):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    server.got, server.url = got, f"http://127.0.0.1:{server.server_port}/hooks"
    yield server
    server.shutdown()
    server.server_close()


def test_a_mail_service_tells_later_what_became_of_a_mail(api, receiver):
    id = api.post("/email", json=POSTMARK).json()["MessageID"]
    api.post("/v3/smtp/email", json=BREVO)
    order = {"url": receiver.url, "basic": "hook:secret", "events": []}
    order["events"] = [{"kind": "bounced", "message_id": id, "times": 2}]
    sent = api.post("/_sandbox/events", json=order).json()["sent"]
    assert [one["status"] for one in sent] == [200, 200]
    headers, body = receiver.got[0]
    assert headers["Authorization"].startswith("Basic ")
    told = json.loads(body)
    assert (told["RecordType"], told["MessageID"]) == ("Bounce", id)
    assert told["Metadata"] == {"key": "k1"}
    assert receiver.got[1][1] == body  # the same event once more, as services do


def test_the_crm_signs_what_it_tells(sandbox, receiver):
    event = {"event": "clicked", "email": "ana@halcytone.example", "campaign_id": "c-1"}
    order = {"url": receiver.url, "secret": "s" * 16, "events": [event]}
    sandbox.ask("crm", "POST", "/_sandbox/events", order)
    ((headers, body),) = receiver.got
    digest = hmac.new(b"s" * 16, body, hashlib.sha256).hexdigest()
    assert headers["X-Signature"] == f"sha256={digest}"
    assert json.loads(body) | event == json.loads(body)


def test_events_go_to_this_machine_only_and_must_be_known(api):
    elsewhere = {"url": "http://halcytone.example/hooks", "events": []}
    assert api.post("/_sandbox/events", json=elsewhere).status_code == 400
    unknown = {"url": "http://127.0.0.1:1/", "events": [{"kind": "bounced", "to": "a@b.example"}]}
    assert "no such mail" in api.post("/_sandbox/events", json=unknown).json()["error"]
