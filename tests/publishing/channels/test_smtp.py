"""The SMTP channel against the stand-in server, and the bytes it makes."""

import email
import re
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from email import policy

import pytest

from halcytone.lib.errors import Refused, Unavailable, Unclear
from publishing.channels.base import AccountFace, Recipient
from publishing.channels.smtp import Smtp
from tests.halcytone.lib.mail_script import Script

from .contract import KEY, SITE, ChannelContract, NoReadBackContract

KINDS = {
    "refuse": "status:554",
    "wait": "status:451",
    "lose": "accept_then_drop",
    "garble": "garbage",
}
FOOT = "[[unsubscribe_url]] [[preferences_url]]"
LETTER = {
    "subject": "Weekly Update: slower mornings",
    "preheader": "Three changes",
    "html": f'<p class="a">Dear [[name|Subscriber]],</p><p>{"Breathe out = six counts. " * 40}</p>'
    f'<a href="[[unsubscribe_url]]">no</a> <a href="[[preferences_url]]">less</a>',
    "text": f"Dear [[name|Subscriber]],\n\n.dots first\nand a tail \n{FOOT}\n",
}
AT = datetime(2026, 12, 1, 10, 0, tzinfo=timezone(timedelta(hours=-5)))


class Outside:
    def __init__(self, sandbox):
        self.sandbox = sandbox

    def fails(self, word):
        self.sandbox.fault("smtp", KINDS[word])

    def taken(self):
        return self.sandbox.mails()["mails"]


@pytest.fixture
def face(sandbox_settings):
    return AccountFace(
        "letters",
        f"smtp://127.0.0.1:{sandbox_settings.ports['smtp']}",
        from_email="Halcytone <news@halcytone.example>",
        reply_to="desk@halcytone.example",
    )


class TestSmtp(ChannelContract, NoReadBackContract):
    content = LETTER
    takes_recipients = True
    waits = (None,)  # SMTP has no word for "how long"

    @pytest.fixture
    def channel(self, face):
        return Smtp(face)

    @pytest.fixture
    def outside(self, sandbox_settings):
        return Outside(sandbox_settings)

    def to(self, name="Ana", address="ana@halcytone.example", **merge):
        links = {"unsubscribe_url": f"{SITE}/u/1?t=a", "preferences_url": f"{SITE}/p/1"}
        reader = Recipient(address, name, links | {"name": name} | merge)
        return self.message(recipient=reader, at=AT)

    def parsed(self, message, **account):
        given = {
            "from_email": "Halcytone <news@halcytone.example>",
            "reply_to": "desk@halcytone.example",
        }
        built = Smtp(AccountFace("letters", "smtp://localhost", **given | account)).built(message)
        return built, email.message_from_bytes(built, policy=policy.default)

    def test_the_mail_arrives_byte_for_byte_as_it_was_built(self, channel, outside):
        message = self.to()
        with channel.session() as session:
            receipt = session.send(message)
        assert "OK" in receipt.provider_id
        (mail,) = outside.taken()
        arrived = outside.sandbox.mail(mail["id"])
        _, built = self.parsed(message)
        assert arrived["html"] == built.get_body(("html",)).get_content().replace("\r\n", "\n")
        assert mail["message_id"] == f"<{KEY}@halcytone.example>"

    def test_the_next_reader_is_announced_where_a_server_takes_that(self, settings):
        settings.OUTBOUND = "sandbox"
        hello = [b"220 ready", b"250-hello\r\n250 PIPELINING"]
        good = [b"250 ok", b"250 ok", b"354 go", b"250 queued"]
        script = Script([*hello, *good, *good[:3]])
        face = AccountFace("letters", f"smtp://127.0.0.1:{script.port}", "news@halcytone.example")
        message = self.to()
        reader = replace(message.recipient, following="ben@halcytone.example")
        with Smtp(face).session() as session:
            session.send(replace(message, recipient=reader))
        assert b"RCPT TO:<ben@halcytone.example>\r\n" in script.to_the_end()
        script.listener.close()

    def test_the_same_reader_gets_the_same_bytes(self):
        assert self.parsed(self.to())[0] == self.parsed(self.to())[0]

    def test_the_headers_are_those_of_a_bulk_mail(self):
        _, mail = self.parsed(self.to())
        assert mail["From"] == "Halcytone <news@halcytone.example>"
        assert mail["To"] == "Ana <ana@halcytone.example>"
        assert mail["Reply-To"] == "desk@halcytone.example"
        assert mail["Message-ID"] == f"<{KEY}@halcytone.example>"
        assert mail["X-Halcytone-Key"] == KEY
        assert mail["Date"].datetime == AT
        assert mail["List-Unsubscribe"] == (
            f"<{SITE}/u/1?t=a>, <mailto:desk@halcytone.example?subject=unsubscribe>"
        )
        assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"

    @pytest.mark.parametrize(
        "name", ["", "Ana", "Zoë Ærøskøbing", 'A "Q" \\ B', "界" * 60, "=?x?=", "a" * 300, ". Dot"]
    )
    def test_both_parts_say_what_the_letter_says_to_any_name(self, name):
        built, mail = self.parsed(self.to(name))
        text = mail.get_body(("plain",)).get_content().replace("\r\n", "\n")
        shown = name or "Subscriber"
        assert text == (f"Dear {shown},\n\n.dots first\nand a tail \n{SITE}/u/1?t=a {SITE}/p/1\n")
        html = mail.get_body(("html",)).get_content()
        assert html.count("Breathe out = six counts. ") == 40
        assert f'href="{SITE}/u/1?t=a"' in html
        assert all(len(line) <= 78 for line in built.split(b"\r\n"))
        assert b"\n" not in built.replace(b"\r\n", b"")
        assert not re.search(rb"(?m)^\.", built)
        assert built.isascii()

    def test_a_name_is_text_in_the_html_part(self):
        _, mail = self.parsed(self.to("<b>Eve</b>"))
        assert "&lt;b&gt;Eve&lt;/b&gt;" in mail.get_body(("html",)).get_content()

    @pytest.mark.parametrize(
        "bad", ["Eve\r\nBcc: all@halcytone.example", "Eve\nX: y", "Eve\x0b\x00"]
    )
    def test_a_name_cannot_add_a_header(self, bad):
        _, mail = self.parsed(self.to(bad))
        assert set(mail.keys()) == {
            *("To", "Date", "Message-ID", "List-Unsubscribe", "List-Unsubscribe-Post"),
            *("X-Halcytone-Key", "From", "Reply-To", "Subject", "MIME-Version", "Content-Type"),
        }

    @pytest.mark.parametrize(
        "subject", ["Hi\r\nBcc: a@b.c", "Grüße – schöne Woche " * 4, "plain " * 15]
    )
    def test_a_subject_is_one_header_whatever_it_holds(self, subject):
        _, mail = self.parsed(self.message_of(LETTER | {"subject": subject}))
        assert mail["Subject"] == " ".join(subject.split())
        assert mail["Bcc"] is None

    def message_of(self, content):
        message = self.to()
        return type(message)(message.key, content, recipient=message.recipient, at=message.at)

    @pytest.mark.parametrize(
        "address",
        [
            "nobody",
            "a b@c.d",
            "a@b\r\nRCPT TO:<c@d>",
            "a@b>",
            "<>",
            "ünï@halcytone.example",
            "a@" + "ü" * 300,
        ],
    )
    def test_an_address_that_mail_cannot_carry_is_refused_before_the_network(
        self, channel, outside, address
    ):
        with channel.session() as session, pytest.raises(Refused) as caught:
            session.send(self.to(address=address))
        assert caught.value.code == "invalid_address"
        assert outside.taken() == []

    def test_a_domain_of_another_script_travels_in_its_ascii_form(self, channel, outside):
        with channel.session() as session:
            session.send(self.to(address="ana@bücher.example"))
        assert outside.taken()[0]["to"] == ["ana@xn--bcher-kva.example"]

    def test_a_mail_without_a_way_out_is_refused(self, channel):
        with channel.session() as session, pytest.raises(Refused) as caught:
            session.send(self.to(unsubscribe_url=""))
        assert caught.value.code == "no_unsubscribe"

    @pytest.mark.parametrize(
        "changes",
        [
            {"html": "<p>[[unsubscribe_url]]</p>"},
            {"text": f"[[salary]] {FOOT}"},
            {"subject": "Hello [[name]]"},
        ],
    )
    def test_content_with_wrong_merge_fields_has_problems_and_does_not_leave(
        self, channel, outside, changes
    ):
        assert channel.problems(LETTER | changes)
        with channel.session() as session, pytest.raises(Refused):
            session.send(self.message_of(LETTER | changes))
        assert outside.taken() == []

    def test_a_refused_recipient_leaves_the_line_in_order(self, channel, outside):
        outside.sandbox.fault("smtp", "status:550", match={"method": "RCPT"})
        with channel.session() as session:
            with pytest.raises(Refused) as caught:
                session.send(self.to())
            assert session.send(self.next_message()).provider_id
        assert caught.value.code == "recipient_refused"

    def test_a_line_lost_before_the_mail_is_unavailable(self, channel, outside):
        outside.sandbox.fault("smtp", "drop_before", match={"method": "RCPT"})
        with channel.session() as session, pytest.raises(Unavailable):
            session.send(self.to())
        assert outside.taken() == []

    def test_a_line_lost_after_the_mail_is_unclear_even_when_nothing_was_kept(
        self, channel, outside
    ):
        outside.sandbox.fault("smtp", "drop_before")
        with channel.session() as session, pytest.raises(Unclear):
            session.send(self.to())

    def test_one_line_serves_many_mails(self, channel, outside):
        with channel.session() as session:
            for number in range(20):
                session.send(self.message(f"{number:032x}"))
            assert session.line.opened == 1
        assert outside.sandbox.mails()["distinct_message_ids"] == 20


def test_a_server_that_is_not_there_is_unavailable(settings):
    settings.OUTBOUND = "sandbox"
    face = AccountFace("letters", "smtp://127.0.0.1:1", from_email="news@halcytone.example")
    with Smtp(face).session() as session, pytest.raises(Unavailable):
        session.send(TestSmtp().to())
