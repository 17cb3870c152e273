"""Each trigger word of the stand-ins, and each status, ends in the state that publishing §5 gives it."""

from collections import Counter

import pytest
from django.utils import timezone

from publishing.models import Delivery
from publishing.services import releases, sender
from tests.factories.publishing import CONTENTS, make_account, make_release, wall_now

from .test_on_the_sandbox import PAGE

pytestmark = [pytest.mark.slow, pytest.mark.django_db]
BATCH, PAGES, MAILS = "/api/v1/email/batch", "/api/v1/content", "/email"


@pytest.fixture
def press(sandbox_settings, settings, tmp_path):
    settings.HALCYTONE_HOME = tmp_path
    make_account("web", channel="platform", endpoint="https://platform.halcytone.example")
    return sandbox_settings


def letter(word, channel="crm", **account):
    make_account(
        "newsletter", channel=channel, endpoint="https://mail.halcytone.example", **account
    )
    subject = f"Two {word} minutes for the office"
    contents = {"newsletter": CONTENTS["newsletter"] | {"subject": subject}}
    started = make_release("newsletter", slot_wall=wall_now(), people=3, contents=contents)
    return releases.start(started)


def page(title):
    contents = {"web": PAGE | {"title": title}}
    return releases.start(make_release("web", slot_wall=wall_now(), contents=contents))


def work():
    """Let workers do all they can, more than once."""
    for number in range(3):
        sender.work(f"w{number}")
        sender.recover(f"w{number}")


def ends():
    return Counter(Delivery.objects.values_list("state", "error_code"))


def calls(press, server, path):
    found = press.requests(server, path=path, method="POST")
    return len([one for one in found if one["path"] == path])


@pytest.mark.parametrize(
    ("word", "state", "code"),
    [
        ("Error", "uncertain", "status_500"),
        ("TIMEOUT", "uncertain", "status_408"),
        ("invalid", "failed", "bad_request"),
        ("slow", "confirmed", ""),
        ("quiet", "confirmed", ""),
    ],
)
def test_words_in_the_subject_of_a_mail_through_the_crm(press, word, state, code):
    letter(word)
    work()
    assert ends() == {(state, code): 3}
    assert calls(press, "crm", BATCH) == 1


@pytest.mark.parametrize(
    ("word", "state", "code"),
    [
        ("error", "failed", "bad_request"),
        ("forbidden", "failed", "forbidden"),
        ("slow", "confirmed", ""),
        ("draft", "uncertain", "kept_as_draft"),
    ],
)
def test_words_in_the_title_of_a_page(press, word, state, code):
    page(f"Two {word} minutes")
    work()
    assert ends() == {(state, code): 1}
    assert calls(press, "platform", PAGES) == 1


def test_a_page_that_timed_out_and_is_surely_absent_waits(press):
    page("A timeout for two minutes")
    sender.work("w1")
    assert ends() == {("planned", "absent"): 1}
    assert calls(press, "platform", PAGES) == 1


@pytest.mark.parametrize(
    ("kind", "state", "code"),
    [
        *((f"status:{n}", "failed", code) for n, code in [
            (400, "bad_request"), (401, "unauthorized"), (403, "forbidden"), (404, "not_found"),
            (409, "conflict"), (413, "too_large"), (422, "unprocessable")]),
        *((f"status:{n}", "uncertain", f"status_{n}") for n in (408, 500, 502, 503, 504)),
        ("accept_then_drop", "uncertain", "lost_answer"),
        ("drop_before", "uncertain", "lost_answer"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("channel", ["crm", "esp"])
def test_each_failure_of_a_mail_ends_as_it_must(press, channel, kind, state, code):
    paths = {"crm": BATCH, "esp": MAILS}
    letter("quiet", channel, profile_id="postmark" if channel == "esp" else "")
    press.fault(channel, kind, match={"method": "POST", "path": paths[channel]})
    press.fault("crm", "status:404", match={"path": "/jobs/"}, times=None)
    work()
    found = ends()
    failed = 3 if channel == "crm" else 1
    assert found[(state, code)] == failed
    if code != "unauthorized":  # which stops the account
        assert sum(found.values()) - failed == found[("confirmed", "")]
        assert calls(press, channel, paths[channel]) == (1 if channel == "crm" else 3)


@pytest.mark.parametrize("channel", ["crm", "esp"])
def test_a_busy_place_is_waited_for_and_each_mail_goes_out_once(press, channel):
    letter("quiet", channel, profile_id="postmark" if channel == "esp" else "")
    press.fault(channel, "rate_limit:120", match={"method": "POST"})
    sender.work("w1")
    waiting = Delivery.objects.filter(state="planned", error_code="rate_limited")
    assert waiting.count() == (3 if channel == "crm" else 1)
    assert calls(press, channel, BATCH if channel == "crm" else MAILS) == (
        1 if channel == "crm" else 3
    )
    Delivery.objects.filter(state="planned").update(due_at=timezone.now())
    work()
    assert ends() == {("confirmed", ""): 3}
    taken = press.requests(channel, method="POST", path="email")
    keys = [one for one in taken if one["taken"]]
    assert len(keys) == (1 if channel == "crm" else 3)


def test_an_answer_of_the_crm_that_was_lost_is_looked_up_and_not_repeated(press):
    letter("quiet")
    press.fault("crm", "accept_then_drop", match={"method": "POST"})
    work()
    assert ends() == {("confirmed", ""): 3}
    assert calls(press, "crm", BATCH) == 1
