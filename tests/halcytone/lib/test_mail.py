"""What each reply of a mail server means; the server is a script of replies on a real socket."""

import time

import pytest

from halcytone.lib import mail
from halcytone.lib.errors import Refused, Unavailable, Unclear

from .mail_script import BYTES, CUT, LINES, Script

HELLO = [b"220 ready", b"250 hello"]
GOOD = [b"250 ok", b"250 ok", b"354 go", b"250 2.0.0 queued as 4F2"]
FROM, TO, MAIL = (
    "news@halcytone.example",
    "ana@halcytone.example",
    b"Subject: x\r\n\r\n.one\r\ntwo\r\n",
)


@pytest.fixture
def play(settings):
    settings.OUTBOUND = "sandbox"
    open_lines = []

    def start(*connections, security="smtp", **login):
        script = Script(*connections)
        server = mail.Server(security, "127.0.0.1", script.port, "halcytone.example", **login)
        line = mail.Line(server)
        open_lines.append((line, script))
        return line, script

    yield start
    for line, script in open_lines:
        line._hang_up()
        script.listener.close()


def test_an_accepted_mail_gives_the_servers_word_and_travels_with_its_dots_doubled(play):
    line, script = play([*HELLO, *GOOD])
    assert line.send(FROM, TO, MAIL) == "2.0.0 queued as 4F2"
    assert b"..one\r\n" in script.heard
    assert script.heard[0] == b"ehlo halcytone.example\r\n"


@pytest.mark.parametrize(
    ("replies", "kind"),
    [
        ([CUT], Unavailable),
        ([b"554 go away"], Unavailable),
        ([b"\x01\x02 what"], Unavailable),
        ([*HELLO, CUT], Unavailable),
        ([*HELLO, b"451 later", b"250 reset"], Unavailable),
        ([*HELLO, b"550 no such sender", b"250 reset"], Refused),
        ([*HELLO, b"250 ok", b"450 grey", b"250 reset"], Unavailable),
        ([*HELLO, b"250 ok", b"550 unknown", b"250 reset"], Refused),
        ([*HELLO, b"250 ok", b"250 ok", CUT], Unavailable),
        ([*HELLO, b"250 ok", b"250 ok", b"451 later", b"250 reset"], Unavailable),
        ([*HELLO, b"250 ok", b"250 ok", b"554 no", b"250 reset"], Refused),
        ([*HELLO, b"250 ok", b"250 ok", b"what?", b"250 reset"], Unavailable),
        ([*HELLO, b"250 ok", b"250 ok", b"354 go", b"452 full"], Unavailable),
        ([*HELLO, b"250 ok", b"250 ok", b"354 go", b"421 closing"], Unavailable),
        ([*HELLO, b"250 ok", b"250 ok", b"354 go", b"552 too large"], Refused),
        ([*HELLO, b"250 ok", b"250 ok", b"354 go", CUT], Unclear),
        ([*HELLO, b"250 ok", b"250 ok", b"354 go", b"\x01\x02 what"], Unclear),
        ([*HELLO, b"250 ok", b"250 ok", b"354 go", b"2" * 9000], Unclear),
        ([*HELLO, b"250 ok", b"250 ok", b"354 go", b""], Unclear),
    ],
)
def test_each_reply_has_one_meaning(play, replies, kind):
    line, _ = play(replies)
    with pytest.raises((Refused, Unavailable, Unclear)) as caught:
        line.send(FROM, TO, MAIL)
    assert type(caught.value) is kind
    assert "halcytone.example" not in str(caught.value)


QUICK = [b"220 ready", b"250-hello\r\n250 PIPELINING"]


def test_with_pipelining_the_envelope_travels_in_one_go(play):
    line, script = play([*QUICK, *GOOD, *GOOD])
    line.send(FROM, TO, MAIL)
    assert line.send(FROM, TO, MAIL) == "2.0.0 queued as 4F2"
    assert [heard[:4] for heard in script.heard[1:4]] == [b"MAIL", b"RCPT", b"DATA"]
    assert line.opened == 1


@pytest.mark.parametrize(
    ("replies", "kind"),
    [
        ([b"550 no", b"503 first", b"503 first", b"250 reset"], Refused),
        ([b"250 ok", b"550 unknown", b"503 nobody", b"250 reset"], Refused),
        ([b"250 ok", b"450 grey", b"554 nobody", b"250 reset"], Unavailable),
        ([b"250 ok", b"550 unknown", b"354 go", b"554 nobody", b"250 reset"], Refused),
        ([b"250 ok", b"250 ok", b"452 full", b"250 reset"], Unavailable),
    ],
)
def test_with_pipelining_the_first_refusal_counts_and_the_line_goes_on(play, replies, kind):
    line, script = play([*QUICK, *replies, *GOOD])
    with pytest.raises((Refused, Unavailable)) as caught:
        line.send(FROM, TO, MAIL)
    assert type(caught.value) is kind
    assert not any(b"Subject" in heard for heard in script.heard)
    assert line.send(FROM, TO, MAIL)
    assert line.opened == 1


def test_a_server_that_takes_an_empty_mail_for_nobody_is_left(play):
    replies = [b"250 ok", b"550 unknown", b"354 go", b"250 queued"]
    line, _ = play([*QUICK, *replies], [*QUICK, *GOOD])
    with pytest.raises(Refused):
        line.send(FROM, TO, MAIL)
    assert line.send(FROM, TO, MAIL)
    assert line.opened == 2


@pytest.mark.parametrize("lost", [[CUT], [b"250 ok", CUT], [b"250 ok", b"250 ok", CUT]])
def test_with_pipelining_a_line_lost_before_the_mail_took_nothing(play, lost):
    line, _ = play([*QUICK, *lost])
    with pytest.raises(Unavailable):
        line.send(FROM, TO, MAIL)


def test_with_pipelining_a_line_lost_after_the_mail_is_unclear(play):
    line, _ = play([*QUICK, *GOOD[:3], CUT])
    with pytest.raises(Unclear):
        line.send(FROM, TO, MAIL)


NEXT, OTHER = "ben@halcytone.example", "cleo@halcytone.example"


def envelopes(script):
    return [heard for heard in script.heard if heard[:4] in (b"MAIL", b"RCPT", b"DATA")]


def test_the_next_envelope_travels_with_the_end_of_a_mail_and_is_not_said_again(play):
    line, script = play([*QUICK, *GOOD, *GOOD])
    assert line.send(FROM, TO, MAIL, following=NEXT) == "2.0.0 queued as 4F2"
    assert line.send(FROM, NEXT, MAIL) == "2.0.0 queued as 4F2"
    assert envelopes(script) == [
        f"{command}\r\n".encode()
        for reader in (TO, NEXT)
        for command in (f"MAIL FROM:<{FROM}>", f"RCPT TO:<{reader}>", "DATA")
    ]
    assert line.opened == 1


def test_without_pipelining_nothing_is_said_ahead(play):
    line, script = play([*HELLO, *GOOD, b"221 bye"])
    line.send(FROM, TO, MAIL, following=NEXT)
    line.close()
    assert not any(NEXT.encode() in heard for heard in script.to_the_end())


def test_who_was_announced_and_does_not_come_costs_a_new_line_and_nothing_else(play):
    line, script = play([*QUICK, *GOOD, *GOOD[:3]], [*QUICK, *GOOD])
    line.send(FROM, TO, MAIL, following=NEXT)
    assert line.send(FROM, OTHER, MAIL) == "2.0.0 queued as 4F2"
    assert line.opened == 2
    assert sum(b"Subject" in heard for heard in script.heard) == 2


def test_a_refused_mail_does_not_concern_the_one_that_was_announced(play):
    line, _ = play([*QUICK, *GOOD[:3], b"552 too large", *GOOD])
    with pytest.raises(Refused):
        line.send(FROM, TO, MAIL, following=NEXT)
    assert line.send(FROM, NEXT, MAIL) == "2.0.0 queued as 4F2"
    assert line.opened == 1


def test_an_announced_reader_who_is_refused_is_refused_when_her_mail_comes(play):
    refused = [b"250 ok", b"550 unknown", b"354 go", b"554 nobody", b"250 reset"]
    line, script = play([*QUICK, *GOOD, *refused, *GOOD])
    assert line.send(FROM, TO, MAIL, following=NEXT)
    with pytest.raises(Refused):
        line.send(FROM, NEXT, MAIL)
    assert sum(b"Subject" in heard for heard in script.heard) == 1
    assert line.send(FROM, OTHER, MAIL)
    assert line.opened == 1


def test_a_line_lost_with_an_announcement_is_unclear_for_the_mail_alone(play):
    line, _ = play([*QUICK, *GOOD[:3], CUT], [*QUICK, *GOOD])
    with pytest.raises(Unclear):
        line.send(FROM, TO, MAIL, following=NEXT)
    assert line.send(FROM, NEXT, MAIL)


@pytest.mark.parametrize("lost", [[CUT], [b"421 so many are enough", CUT]])
def test_an_announcement_that_the_server_forgot_is_said_again_on_a_new_line(play, lost):
    line, _ = play([*QUICK, *GOOD, *lost], [*QUICK, *GOOD, *GOOD])
    line.send(FROM, TO, MAIL, following=NEXT)
    assert line.send(FROM, NEXT, MAIL, following=OTHER) == "2.0.0 queued as 4F2"
    assert line.opened == 2
    assert line.send(FROM, OTHER, MAIL)


def test_a_server_that_takes_no_announcement_is_asked_plainly_from_then_on(play):
    improper = [*GOOD, b"503 improper pipelining", b"503 no", b"503 no"]
    line, script = play([*QUICK, *improper], [*QUICK, *GOOD, *GOOD])
    assert line.send(FROM, TO, MAIL, following=NEXT)
    assert line.send(FROM, NEXT, MAIL, following=OTHER) == "2.0.0 queued as 4F2"
    assert line.send(FROM, OTHER, MAIL)
    assert line.opened == 2
    assert len(envelopes(script)) == 12


def test_an_old_announcement_is_not_believed(play):
    line, _ = play([*QUICK, *GOOD, *GOOD[:3], CUT], [*QUICK, *GOOD])
    line.send(FROM, TO, MAIL, following=NEXT)
    time.sleep(mail.ANNOUNCED_S + 0.1)
    assert line.send(FROM, NEXT, MAIL) == "2.0.0 queued as 4F2"
    assert line.opened == 2


@pytest.mark.parametrize("reply", [b"250\tfine", b"250", b"250-one\r\n250 two"])
def test_a_reply_may_be_written_in_several_ways(play, reply):
    line, _ = play([*QUICK, *GOOD[:3], reply])
    assert line.send(FROM, TO, MAIL)


def test_a_line_inside_an_announced_mail_is_closed_without_taking_leave(play):
    line, script = play([*QUICK, *GOOD, *GOOD[:3]])
    line.send(FROM, TO, MAIL, following=NEXT)
    line.close()
    said = script.to_the_end()
    assert f"RCPT TO:<{NEXT}>\r\n".encode() in said
    assert not any(heard.upper().startswith(b"QUIT") for heard in said)


def test_a_line_that_the_server_left_is_closed_quietly(play):
    line, script = play([*QUICK, *GOOD, CUT])
    line.send(FROM, TO, MAIL)
    line.close()
    script.to_the_end()
    line.close()


@pytest.mark.parametrize("following", ["", "no address", "ben@höflich.example", "a@b>\r\nDATA"])
def test_nobody_and_what_is_no_address_is_not_announced(play, following):
    line, script = play([*QUICK, *GOOD, b"221 bye"])
    line.send(FROM, TO, MAIL, following=following)
    line.close()
    script.to_the_end()
    assert len(envelopes(script)) == 3


def test_a_mail_without_dots_at_its_lines_travels_as_it_is(play):
    line, script = play([*QUICK, *GOOD])
    line.send(FROM, TO, b"Subject: x\r\n\r\none\r\n", is_dotless=True)
    assert script.heard[-4:] == [b"Subject: x\r\n", b"\r\n", b"one\r\n", b".\r\n"]


def test_a_read_time_out_after_data_is_unclear(play):
    line, _ = play([*HELLO, b"250 ok", b"250 ok", b"354 go"])
    line.accept_timeout_s = 0.2
    with pytest.raises(Unclear):
        line.send(FROM, TO, MAIL)


@pytest.mark.parametrize("drip", [LINES, BYTES])
def test_a_server_that_drips_its_answer_is_left(play, drip):
    line, _ = play([*HELLO, *GOOD[:3], drip])
    line.accept_timeout_s = 0.2
    begun = time.monotonic()
    with pytest.raises(Unclear):
        line.send(FROM, TO, MAIL)
    assert time.monotonic() - begun < 2


@pytest.mark.parametrize(
    "stale", [[*HELLO, *GOOD, CUT], [*HELLO, *GOOD, b"421 idle too long", CUT]]
)
def test_a_kept_line_that_went_stale_is_opened_anew(play, stale):
    line, _ = play(stale, [*HELLO, *GOOD])
    line.send(FROM, TO, MAIL)
    assert line.send(FROM, TO, MAIL) == "2.0.0 queued as 4F2"
    assert line.opened == 2


def test_after_an_unclear_mail_the_next_one_uses_a_new_line(play):
    line, _ = play([*HELLO, *GOOD[:3], CUT], [*HELLO, *GOOD])
    with pytest.raises(Unclear):
        line.send(FROM, TO, MAIL)
    assert line.send(FROM, TO, MAIL)


def test_after_a_refused_recipient_the_same_line_goes_on(play):
    line, _ = play([*HELLO, b"250 ok", b"550 unknown", b"250 reset", *GOOD])
    with pytest.raises(Refused):
        line.send(FROM, TO, MAIL)
    assert line.send(FROM, TO, MAIL)
    assert line.opened == 1


def test_a_server_without_starttls_is_refused_rather_than_spoken_to_in_the_clear(play):
    line, script = play([*HELLO, *GOOD], security="smtp+starttls")
    with pytest.raises(Refused) as caught:
        line.send(FROM, TO, MAIL)
    assert caught.value.code == "not_supported"
    assert not any(b"MAIL" in heard for heard in script.heard)


def test_a_certificate_that_cannot_be_checked_is_unavailable(play):
    line, _ = play([b"220 not TLS"], security="smtps")
    with pytest.raises(Unavailable):
        line.send(FROM, TO, MAIL)


@pytest.mark.parametrize(("reply", "kind"), [(b"535 no", Refused), (b"454 later", Unavailable)])
def test_a_wrong_password_is_refused_and_a_sick_login_server_is_not(play, reply, kind):
    hello = [b"220 ready", b"250-hello\r\n250 AUTH PLAIN"]
    line, _ = play([*hello, reply], username="u", password="a-secret-password")
    with pytest.raises((Refused, Unavailable)) as caught:
        line.send(FROM, TO, MAIL)
    assert type(caught.value) is kind
    assert "a-secret-password" not in repr(line.server) + str(caught.value)


@pytest.mark.parametrize(
    ("endpoint", "host", "port"),
    [
        ("smtp://mail.halcytone.example", "mail.halcytone.example", 25),
        ("smtp+starttls://mail.halcytone.example", "mail.halcytone.example", 587),
        ("smtps://mail.halcytone.example:4650", "mail.halcytone.example", 4650),
    ],
)
def test_an_endpoint_names_server_port_and_security(endpoint, host, port):
    server = mail.Server.at(endpoint, greeting="halcytone.example")
    assert (server.host, server.port) == (host, port)


@pytest.mark.parametrize(
    "endpoint", ["", "mail.halcytone.example", "http://a", "smtp://", "smtp://a:x"]
)
def test_an_endpoint_that_is_no_mail_server_is_refused(endpoint):
    with pytest.raises(Refused):
        mail.Server.at(endpoint, greeting="halcytone.example")
