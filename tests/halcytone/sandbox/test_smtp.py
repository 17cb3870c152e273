import smtplib
import socket
import time
from email.message import EmailMessage

import httpx
import pytest

from halcytone.sandbox.running import run


def mail(to="reader@halcytone.example", subject="Tuesday", text="Hello"):
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "press@halcytone.example", to, subject
    message["Message-ID"] = f"<{abs(hash((to, subject)))}@halcytone.example>"
    message.set_content(text)
    message.add_alternative(f"<p>{text}</p>", subtype="html")
    return message


@pytest.fixture
def client(sandbox):
    with smtplib.SMTP("127.0.0.1", sandbox.ports["smtp"], timeout=5) as smtp:
        yield smtp


def send(sandbox, message):
    with smtplib.SMTP("127.0.0.1", sandbox.ports["smtp"], timeout=5) as smtp:
        smtp.send_message(message)


def test_a_mail_is_kept_byte_for_byte_with_dots_at_line_starts(sandbox, client):
    raw = b"Subject: dots\r\nMessage-ID: <1@a>\r\n\r\n.one\r\n..two\r\n.\r\n\xc3\xa9nd\r\n"
    client.sendmail("a@b.example", ["c@d.example"], raw)
    newest = sandbox.mails()["mails"][0]["id"]
    kept = httpx.get(f"{sandbox.url('smtp')}/_sandbox/mailbox/{newest}/raw")
    assert kept.content == raw


def test_mails_are_found_by_address_and_by_decoded_subject(sandbox, client):
    client.send_message(mail(to="Ann@halcytone.example", subject="Où respirer"))
    client.send_message(mail(to="joann@halcytone.example", subject="Another"))
    assert sandbox.mails(to="ann@halcytone.example")["total"] == 1
    assert sandbox.mails(q="où resp")["mails"][0]["to"] == ["Ann@halcytone.example"]
    assert sandbox.mails(limit=1)["total"] == 2


def test_a_mail_is_taken_apart_into_headers_text_and_html(sandbox, client):
    client.send_message(mail(text="Grüße"))
    found = sandbox.mail(sandbox.mails()["mails"][0]["id"])
    assert found["text"].strip() == "Grüße"
    assert "<p>Grüße</p>" in found["html"]
    assert ["Subject", "Tuesday"] in found["headers"]


def test_the_same_port_shows_the_mailbox_to_a_browser(sandbox, client):
    client.send_message(mail(subject="<b>Bold</b>"))
    page = httpx.get(sandbox.url("smtp") + "/")
    assert "Sandbox: nothing here left this machine" in page.text
    assert "&lt;b&gt;Bold&lt;/b&gt;" in page.text
    assert page.headers["content-security-policy"].startswith("default-src 'none'")


def test_an_impatient_client_that_greets_first_is_still_served(sandbox):
    with socket.create_connection(("127.0.0.1", sandbox.ports["smtp"]), timeout=5) as sock:
        sock.sendall(b"EHLO me\r\n")
        assert sock.recv(3) == b"220"


def test_the_html_of_a_mail_is_served_without_scripts_or_origin(sandbox, client):
    client.send_message(mail())
    id = sandbox.mails()["mails"][0]["id"]
    policy = httpx.get(f"{sandbox.url('smtp')}/mail/{id}/html").headers["content-security-policy"]
    assert policy.startswith("sandbox allow-popups")
    assert "script" not in policy.replace("default-src 'none'", "")


def test_mails_can_be_deleted_but_not_by_another_sites_form(sandbox, client):
    client.send_message(mail())
    url = f"{sandbox.url('smtp')}/delete-all"
    assert httpx.post(url, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert sandbox.mails()["total"] == 1
    assert httpx.post(url).status_code == 303
    assert sandbox.mails()["total"] == 0


@pytest.mark.parametrize(("status", "error"), [(451, 451), (550, 550)])
def test_a_status_fault_refuses_the_data_and_keeps_nothing(sandbox, client, status, error):
    sandbox.fault("smtp", f"status:{status}")
    with pytest.raises(smtplib.SMTPDataError) as refusal:
        client.send_message(mail())
    assert refusal.value.smtp_code == error
    assert sandbox.mails()["total"] == 0
    client.send_message(mail())
    assert sandbox.mails()["total"] == 1


def test_a_fault_can_refuse_one_recipient_by_address(sandbox, client):
    match = {"method": "RCPT", "path": "gone@"}
    sandbox.fault("smtp", "status:550", match=match, times=None)
    with pytest.raises(smtplib.SMTPRecipientsRefused):
        client.send_message(mail(to="gone@halcytone.example"))
    client.send_message(mail())
    assert [entry["method"] for entry in sandbox.requests("smtp")] == ["RCPT", "DATA"]


def test_the_nth_mail_with_these_words_fails(sandbox, client):
    sandbox.fault("smtp", "status:554", match={"body": "Tuesday", "nth": 2})
    client.send_message(mail())
    client.send_message(mail(subject="Wednesday"))
    with pytest.raises(smtplib.SMTPDataError):
        client.send_message(mail(to="second@halcytone.example"))
    assert sandbox.mails()["total"] == 2


@pytest.mark.parametrize(("kind", "kept"), [("drop_before", 0), ("accept_then_drop", 1)])
def test_a_cut_connection_leaves_the_client_without_an_answer(sandbox, kind, kept):
    sandbox.fault("smtp", kind)
    with pytest.raises(smtplib.SMTPServerDisconnected):
        send(sandbox, mail())
    assert sandbox.mails()["total"] == kept
    entry = sandbox.requests("smtp")[-1]
    assert (entry["status"], entry["fault"], entry["taken"]) == (None, kind, bool(kept))


@pytest.mark.parametrize(
    ("kind", "code", "kept"),
    [
        ("garbage", -1, 1),
        ("truncate", 25, 1),
        ("duplicate", 554, 0),
        ("rate_limit:5", 450, 0),
        ("expired_token", 535, 0),
    ],
)
def test_other_faults_answer_in_the_words_of_smtp(sandbox, client, kind, code, kept):
    sandbox.fault("smtp", kind)
    client.helo()
    client.mail("press@halcytone.example")
    client.rcpt("reader@halcytone.example")
    assert client.data(mail().as_bytes())[0] == code
    assert sandbox.mails()["total"] == kept


def test_a_slow_answer_comes_late_but_the_mail_is_there_at_once(sandbox):
    sandbox.fault("smtp", "slow:400")
    started = time.monotonic()
    send(sandbox, mail())
    assert time.monotonic() - started >= 0.4
    assert sandbox.mails()["total"] == 1


def test_two_thousand_mails_over_one_connection_take_seconds(sandbox, client):
    raw = mail(text="x" * 70 + "\n" * 200).as_bytes()
    started = time.monotonic()
    for number in range(2000):
        client.sendmail("press@halcytone.example", [f"{number}@halcytone.example"], raw)
    assert sandbox.mails(limit=1)["total"] == 2000
    assert time.monotonic() - started < 20


def test_what_was_acknowledged_survives_kill_minus_nine(tmp_path):
    with run(state=tmp_path) as first:
        send(first, mail())
        first.process.kill()
    with run(state=tmp_path) as second:
        assert second.mails()["total"] == 1
        assert len(second.requests("smtp")) == 1


def test_with_keys_required_only_a_signed_in_client_may_send():
    with run(ports={"smtp": 0}, require_auth=True) as strict:
        with pytest.raises(smtplib.SMTPSenderRefused):
            send(strict, mail())
        with smtplib.SMTP("127.0.0.1", strict.ports["smtp"]) as smtp:
            with pytest.raises(smtplib.SMTPAuthenticationError):
                smtp.login("press", "short")
            smtp.login("press", "long-enough-password")
            smtp.send_message(mail())
        assert strict.mails()["total"] == 1
