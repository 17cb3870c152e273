"""Mails that come back: bounces (RFC 3464), complaints (RFC 5965), answers; whatever else arrives."""

import socketserver
import threading
from email.message import EmailMessage

import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection
from hypothesis import given
from hypothesis import strategies as st

from publishing.hooks import mailbox
from publishing.models import Delivery, Event, InboundEvent
from publishing.services import mailboxes, releases
from segmentation.models import Suppression
from tests.factories.publishing import make_release

KEY = "0123456789abcdef" * 2
TO = "ann@halcytone.example"


def report(action="failed", status="5.1.1", *, key=KEY, to=TO, kind="rfc822-headers", extra=""):
    """A bounce as mail servers write it."""
    original = f"Message-ID: <{key}@halcytone.example>\r\nX-Halcytone-Key: {key}\r\nTo: {to}\r\nSubject: Hi\r\n"
    part = "text/rfc822-headers" if kind == "rfc822-headers" else "message/rfc822"
    return (
        "From: MAILER-DAEMON@mx.example\r\nTo: press@halcytone.example\r\nSubject: Undelivered\r\n"
        "Date: Sat, 28 Nov 2026 10:00:00 +0000\r\nMessage-ID: <dsn-1@mx.example>\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
        "--b\r\nContent-Type: text/plain\r\n\r\nCould not deliver.\r\n"
        "--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example\r\n\r\n"
        f"Final-Recipient: rfc822; {to}\r\nAction: {action}\r\nStatus: {status}\r\n{extra}\r\n"
        f"--b\r\nContent-Type: {part}\r\n\r\n{original}\r\n\r\n--b--\r\n"
    ).encode()


def complaint():
    return (
        "From: fbl@mx.example\r\nSubject: FW: Hi\r\nMessage-ID: <arf-1@mx.example>\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/report; report-type=feedback-report; boundary="b"\r\n\r\n'
        "--b\r\nContent-Type: text/plain\r\n\r\nA complaint.\r\n"
        "--b\r\nContent-Type: message/feedback-report\r\n\r\nFeedback-Type: abuse\r\nUser-Agent: X/1\r\nVersion: 1\r\n"
        f"Original-Rcpt-To: <{TO}>\r\n\r\n"
        f"--b\r\nContent-Type: message/rfc822\r\n\r\nMessage-ID: <{KEY}@halcytone.example>\r\nSubject: Hi\r\n\r\nBody\r\n\r\n--b--\r\n"
    ).encode()


def answer(**headers):
    mail = EmailMessage()
    mail["From"], mail["Subject"], mail["Message-ID"] = f"Ann <{TO}>", "Re: Hi", "<r-1@a.example>"
    mail["In-Reply-To"] = f"<{KEY}@halcytone.example>"
    for name, value in headers.items():
        mail[name.replace("_", "-")] = value
    mail.set_content("Thank you, I liked it.")
    return mail.as_bytes()


@pytest.mark.parametrize("kind", ["rfc822-headers", "rfc822"])
def test_a_bounce_names_our_mail_its_reader_and_why(kind):
    (fact,) = mailbox.read(report(kind=kind))
    assert (fact.kind, fact.key, fact.recipient, fact.code) == ("bounced", KEY, TO, "5.1.1")


@pytest.mark.parametrize(
    ("action", "status", "kind"),
    [("failed", "5.0.0", "bounced"), ("failed", "4.4.7", "soft_bounced"), ("failed", "5.2.2", "soft_bounced"),
     ("delayed", "4.4.1", "deferred"), ("delivered", "2.0.0", "delivered"), ("surprise", "", "unknown")],
)  # fmt: skip
def test_action_and_status_say_how_bad_it_is(action, status, kind):
    assert [fact.kind for fact in mailbox.read(report(action, status))] == [kind]


def test_a_bounce_about_several_readers_is_a_fact_of_each():
    more = (
        "\r\nFinal-Recipient: rfc822; bob@halcytone.example\r\nAction: failed\r\nStatus: 5.1.1\r\n"
    )
    facts = mailbox.read(report(extra=more))
    assert [fact.recipient for fact in facts] == [TO, "bob@halcytone.example"]
    assert len({fact.identity for fact in facts}) == 2


def test_a_complaint_is_one():
    (fact,) = mailbox.read(complaint())
    assert (fact.kind, fact.key, fact.recipient, fact.code) == ("complained", KEY, TO, "abuse")


def test_an_answer_is_kept_and_one_of_a_machine_is_not():
    (fact,) = mailbox.read(answer())
    assert (fact.kind, fact.key, fact.recipient) == ("replied", KEY, TO)
    assert fact.payload["text"].strip() == "Thank you, I liked it."
    assert mailbox.read(answer(Auto_Submitted="auto-replied")) == []
    assert mailbox.read(answer(Precedence="bulk")) == []


def test_words_of_a_subject_are_read_whatever_their_charset():
    mail = answer().replace(b"Subject: Re: Hi", b"Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=")
    (fact,) = mailbox.read(mail)
    assert fact.payload["subject"] == "Gr\u00fc\u00dfe"
    (fact,) = mailbox.read(mail.replace(b"?utf-8?", b"?nobody-knows?"))
    assert fact.kind == "replied"


@given(st.binary(max_size=2_000))
def test_any_bytes_are_read(data):
    mailbox.read(data)


@given(st.data())
def test_a_broken_report_is_read_as_far_as_it_goes(data):
    whole = bytearray(data.draw(st.sampled_from([report(), complaint(), answer()])))
    for _ in range(data.draw(st.integers(1, 30))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    mailbox.read(bytes(whole[: data.draw(st.integers(0, len(whole)))]))


@pytest.mark.parametrize(
    "data",
    [b"Content-Type: multipart/mixed; boundary=a\r\n\r\n" + b"--a\r\nContent-Type: multipart/mixed; boundary=a\r\n\r\n" * 500,
     b"From: " + b"<" * 50_000, b"Content-Type: text/plain; charset=nobody-knows\r\n\r\nx", b"\0" * 1_000,
     b"Date: Sat, 99 Nov 99999 99:99:99\r\n\r\nx"],
)  # fmt: skip
def test_hostile_mails_are_read(data):
    assert all(fact.kind == "replied" for fact in mailbox.read(data))


@pytest.fixture
def row(press):
    release = make_release("newsletter", people=1)
    releases.start(release, now=release.due_at)
    return Delivery.objects.select_related("contact").get()


def test_a_file_of_mails_is_read_and_read_again_without_harm(row, tmp_path, capsys):
    data = report(key=row.idempotency_key, to=row.contact.email)
    path = tmp_path / "mbox"
    path.write_bytes(b"From MAILER Sat Nov 28 10:00:00 2026\r\n" + data + b"\r\n")
    for _ in range(2):
        call_command("read_mailbox", file=path)
    assert "1 new, 1 dealt with" in capsys.readouterr().out
    assert Suppression.objects.get().reason == "hard_bounce"
    assert Event.objects.get(kind="bounced").delivery == row
    assert InboundEvent.objects.get().status == "done"


class Imap(socketserver.StreamRequestHandler):
    """As much of a mail server as one unseen mail needs (RFC 3501)."""

    def handle(self):
        self.wfile.write(b"* OK ready\r\n")
        while line := self.rfile.readline():
            tag, verb = line.split()[:2]
            self.server.said.append(line)
            text = {b"CAPABILITY": b"* CAPABILITY IMAP4REV1\r\n", b"SELECT": b"* 1 EXISTS\r\n",
                    b"SEARCH": b"* SEARCH 1\r\n"}.get(verb, b"")  # fmt: skip
            if verb == b"FETCH":
                text = b"* 1 FETCH (BODY[] {%d}\r\n%s)\r\n" % (
                    len(self.server.mail),
                    self.server.mail,
                )
            self.wfile.write(text + tag + b" OK done\r\n")


@pytest.fixture
def server():
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Imap) as server:
        server.daemon_threads, server.said = True, []
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def test_a_mailbox_is_read_over_imap_and_marked_once_it_is_written_down(row, server):
    server.mail = report(key=row.idempotency_key, to=row.contact.email)
    url = f"imap://ann:secret%21@127.0.0.1:{server.server_address[1]}"
    assert mailboxes.read_imap(url) == 1
    assert any(b"STORE 1 +FLAGS" in line for line in server.said)
    assert any(b'"secret!"' in line for line in server.said)
    assert Suppression.objects.exists()


def test_what_could_not_be_written_down_is_not_marked(row, server):
    server.mail = report(key=row.idempotency_key)

    def refuse(execute, sql, params, many, context):
        if "publishing_inboundevent" in sql:
            raise DatabaseError("full")
        return execute(sql, params, many, context)

    url = f"imap://ann:x@127.0.0.1:{server.server_address[1]}"
    with connection.execute_wrapper(refuse), pytest.raises(DatabaseError):
        mailboxes.read_imap(url)
    assert not any(b"STORE" in line for line in server.said)


@pytest.mark.parametrize("forged", [report, complaint])
def test_a_report_without_a_mail_of_ours_suppresses_nobody(row, tmp_path, forged):
    path = tmp_path / "forged.eml"
    path.write_bytes(forged().replace(TO.encode(), row.contact.email.encode()))
    assert mailboxes.read_file(path) == 1
    assert not Suppression.objects.exists()
    assert InboundEvent.objects.get().recipient == row.contact.email


@pytest.mark.parametrize(
    "mail",
    [b"Content-Type: text/plain; charset=utf-7\r\n\r\n+2AA-", b"Subject: =?utf-7?q?+2AA-?=\r\n\r\nx",
     b"Date: Mon, 1 Jan 0001 00:00:00 +1400\r\n\r\nx"],
)  # fmt: skip
def test_a_mail_that_no_database_keeps_as_it_is_stops_none_behind_it(row, tmp_path, mail):
    path = tmp_path / "hostile.eml"
    path.write_bytes(mail)
    assert mailboxes.read_file(path) == 1
