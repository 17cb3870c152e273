"""The real channels against the stand-ins: what the memory twins promise holds on the wire."""

import pytest

from publishing.books import books
from publishing.models import Delivery
from publishing.services import releases, sender
from tests.factories.publishing import make_account, make_release, wall_now

pytestmark = [pytest.mark.slow, pytest.mark.django_db]

PAGE = {
    "slug": "two-quiet-minutes",
    "path": "/updates/two-quiet-minutes",
    "title": "Two quiet minutes for the office",
    "excerpt": "A small habit for a loud day.",
    "html": "<p>Sit, let your shoulders drop, breathe in for four counts and out for six.</p>" * 3,
    "tags": ["breathing"],
    "seo_title": "Two quiet minutes",
    "seo_description": "A small habit.",
    "canonical": "https://press.halcytone.example/updates/two-quiet-minutes",
}


@pytest.fixture
def press(sandbox_settings, settings, tmp_path):
    settings.HALCYTONE_HOME = tmp_path
    make_account("newsletter", channel="smtp", endpoint="smtp://127.0.0.1:1")
    make_account("web", channel="platform", endpoint="https://platform.halcytone.example")
    make_account("x", channel="x", endpoint="https://api.x.com", profile_id="1990000000000000001")
    return sandbox_settings


def states(format):
    rows = Delivery.objects.filter(part_of__format=format).order_by("part", "pk")
    return list(rows.values_list("state", flat=True))


def started(*formats, **changes):
    return releases.start(
        make_release(*formats, slot_wall=wall_now(), contents={"web": PAGE}, **changes)
    )


def test_an_edition_leaves_everywhere_and_its_books_balance(press):
    release = started("newsletter", "web", "x", people=30)
    sender.work("w1")
    release.refresh_from_db()
    assert (release.status, books(release).confirmed) == ("done", 38), release.note
    mails = press.mails()
    assert (mails["total"], mails["distinct_message_ids"]) == (30, 30)
    assert [post["text"] for post in press.posts()] == [f"Part {n}" for n in range(1, 8)]


def test_a_mail_carries_the_key_and_the_readers_own_links(press):
    started("newsletter", people=1)
    sender.work("w1")
    row = Delivery.objects.get()
    mail = press.mail(press.mails()["mails"][0]["id"])
    assert row.idempotency_key in str(mail["headers"])
    assert "Hello Reader 0" in mail["text"]
    assert "/unsubscribe?u=" in mail["text"]
    assert row.provider_id


def test_a_lost_answer_on_part_three_of_seven_is_found_on_x(press):
    started("x")
    press.fault("x", "accept_then_drop", match={"method": "POST", "body": "Part 3"})
    sender.work("w1")
    assert states("x") == ["confirmed"] * 7
    assert [post["text"] for post in press.posts()] == [f"Part {n}" for n in range(1, 8)]


def test_a_lost_answer_of_the_mail_server_is_uncertain_and_not_repeated(press):
    started("newsletter", people=10)
    press.fault("smtp", "accept_then_drop")
    sender.work("w1")
    sender.recover("w2")
    sender.work("w2")
    assert sorted(states("newsletter")) == ["confirmed"] * 9 + ["uncertain"]
    assert press.mails()["distinct_message_ids"] == press.mails()["total"] == 10


def test_a_page_that_the_platform_lost_the_answer_for_is_found_by_its_slug(press):
    started("web")
    press.fault("platform", "accept_then_drop", match={"method": "POST"})
    sender.work("w1")
    assert states("web") == ["confirmed"]


def test_a_500_is_never_repeated_by_machine(press):
    started("x")
    press.fault("x", "status:500", match={"method": "POST"}, times=None)
    sender.work("w1")
    posts = [call for call in press.requests("x") if call["method"] == "POST"]
    assert len(posts) == 1


def test_a_busy_network_is_asked_again_when_it_said_so(press):
    started("x")
    press.fault("x", "rate_limit:120", match={"method": "POST"})
    sender.work("w1")
    assert states("x") == ["planned"] * 7
    assert Delivery.objects.get(part=1).error_code == "rate_limited"
