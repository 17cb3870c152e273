"""LinkedIn, Facebook, Instagram and X through the whole ledger, against their stand-ins."""

from datetime import timedelta

import httpx
import pytest
import time_machine
from django.utils import timezone

from content.services import pictures
from halcytone.sandbox.linkedin_rows import ORGANISATION
from halcytone.sandbox.meta_rows import PAGE, USER
from publishing import messages
from publishing.books import books
from publishing.models import Account, Delivery
from publishing.services import releases, sender
from tests.content.test_pictures import encoded
from tests.factories.publishing import approve, make_account, make_draft, wall_now
from tests.publishing.channels.contract import lent_by

pytestmark = [pytest.mark.slow, pytest.mark.django_db]

ALTS = ["Zwei Äpfel 🍎 & ein Glas", 'A "quiet" <room>']
NETWORKS = {
    "x": ("x", "x", "1990000000000000001", {"parts": [{"text": "Part 1"}, {"text": "Part 2"}]}),
    "linkedin": (
        "linkedin",
        "linkedin",
        ORGANISATION,
        {"text": "One (1) #Halcytone", "comments": ["Two"]},
    ),
    "facebook": ("facebook", "meta", PAGE["id"], {"text": "One", "link": ""}),
}
#: The call that posts, and another of the same network that changes nothing when it is lost.
POSTS = {"x": "/2/tweets", "linkedin": "/rest/posts", "facebook": "/feed"}
ALL = pytest.mark.parametrize("network", list(NETWORKS))


@pytest.fixture
def outside(sandbox_settings, settings, tmp_path, monkeypatch):
    settings.HALCYTONE_HOME = settings.MEDIA_ROOT = tmp_path
    for entry in settings.CHANNELS.values():
        if entry["BACKEND"].rpartition(".")[2] in ("X", "LinkedIn", "Facebook", "Instagram"):
            monkeypatch.setitem(entry, "OPTIONS", {"settle_s": 0})
    return sandbox_settings


def started(network, *, images=0):
    channel, _, profile, content = NETWORKS[network]
    make_account(network, channel=channel, endpoint="https://api.example", profile_id=profile)
    draft = make_draft([network], slot_wall=wall_now(), contents={network: content})
    assets = [pictures.keep(encoded(size=(64, 60 + n))) for n in range(images)]
    media = [
        {"url": pictures.url(asset), "sha256": asset.sha256, "alt": alt}
        for asset, alt in zip(assets, ALTS, strict=False)
    ]
    draft.renditions.update(media=media)
    approve(draft)
    return releases.start(releases.plan(draft)), [pictures.data(asset) for asset in assets]


def states():
    return list(Delivery.objects.order_by("part").values_list("state", flat=True))


def written(outside, network):
    """How often the call that posts was taken."""
    calls = outside.requests(NETWORKS[network][1], method="POST")
    return [call for call in calls if call["path"].endswith(POSTS[network]) and call["taken"]]


def later(minutes):
    return time_machine.travel(timezone.now() + timedelta(minutes=minutes), tick=True)


@ALL
def test_alt_texts_arrive_byte_for_byte_with_their_images(outside, network):
    release, images = started(network, images=2)
    sender.work("w1")
    assert set(states()) == {"confirmed"}
    release.refresh_from_db()
    assert (release.status, books(release).is_balanced) == ("done", True)
    page = httpx.get(outside.url(NETWORKS[network][1])).text
    shown = page.split("<figure>")[1:]
    assert len(shown) == 2
    for figure, alt, data in zip(shown, ALTS, images, strict=True):
        escaped = (
            alt.replace("&", "&amp;")
            .replace('"', "&#34;")
            .replace("<", "&lt;")
            .replace(">", "&gt;")
        )
        assert f'alt="{escaped}"' in figure
        address = figure.split('src="')[1].split('"')[0]
        assert httpx.get(outside.url(NETWORKS[network][1]) + address).content == data


@ALL
def test_a_post_whose_answer_was_lost_is_found_and_not_repeated(outside, network):
    started(network, images=1)
    server = NETWORKS[network][1]
    outside.fault(server, "accept_then_drop", match={"method": "POST", "path": POSTS[network]})
    sender.work("w1")
    assert set(states()) == {"confirmed"}
    assert len(written(outside, network)) == len([s for s in states() if network == "x"] or [1])


@ALL
def test_a_network_that_asks_to_wait_gets_it_once_afterwards(outside, network):
    started(network)
    outside.fault(
        NETWORKS[network][1], "rate_limit:120", match={"method": "POST", "path": POSTS[network]}
    )
    sender.work("w1")
    assert set(states()) == {"planned"}
    first = Delivery.objects.get(part=1)
    assert (first.error_code, first.attempts) == ("rate_limited", 1)
    for minutes in (3, 30, 60):
        with later(minutes):
            sender.work("w1")
    assert set(states()) == {"confirmed"}
    assert len([call for call in written(outside, network) if "Two" not in call["body"]]) == (
        2 if network == "x" else 1
    )


@ALL
def test_a_500_is_never_repeated_by_machine(outside, network):
    started(network)
    outside.fault(
        NETWORKS[network][1],
        "status:500",
        match={"method": "POST", "path": POSTS[network]},
        times=None,
    )
    Account.objects.update(can_read_back=False)
    sender.work("w1")
    assert states()[0] == "uncertain"
    for minutes in (10, 120):
        with later(minutes):
            sender.work("w2")
            sender.recover("w2")
    calls = outside.requests(NETWORKS[network][1], method="POST")
    assert len([call for call in calls if call["path"].endswith(POSTS[network])]) == 1


@ALL
def test_an_expired_token_stops_the_account(outside, network):
    started(network)
    outside.fault(NETWORKS[network][1], "expired_token", times=None)
    sender.work("w1")
    first = Delivery.objects.get(part=1)
    assert (first.state, first.error_code) == ("failed", "unauthorized")
    asked = len(outside.requests(NETWORKS[network][1]))
    sender.work("w1")
    assert len(outside.requests(NETWORKS[network][1])) == asked


def test_a_comment_waits_for_its_post(outside):
    started("linkedin")
    outside.fault("linkedin", "status:422", match={"method": "POST", "path": "/rest/posts"})
    sender.work("w1")
    assert states() == ["failed", "planned"]
    assert [call for call in outside.requests("linkedin") if "comments" in call["path"]] == []


@pytest.fixture
def instagram(outside, monkeypatch):
    """An Instagram release of one JPEG, which Instagram fetches from the sandbox."""
    content = {"text": "One #Halcytone", "comments": ["Two"]}
    make_account(
        "instagram", channel="instagram", endpoint="https://a.example", profile_id=USER["id"]
    )
    draft = make_draft(["instagram"], slot_wall=wall_now(), contents={"instagram": content})
    asset = pictures.keep(encoded("JPEG", size=(100, 100)))
    media = {"url": pictures.url(asset), "sha256": asset.sha256, "alt": ALTS[0]}
    draft.renditions.update(media=[media])
    approve(draft)
    lent = lent_by(outside, pictures.data(asset))
    monkeypatch.setattr("content.services.loans.url", lambda name: lent)
    return releases.start(releases.plan(draft))


def test_container_publication_and_comment_are_three_rows(outside, instagram):
    sender.work("w1")
    assert states() == ["confirmed"] * 3
    page = httpx.get(outside.url("meta")).text
    assert 'alt="Zwei Äpfel 🍎 &amp; ein Glas"' in page
    assert "Two" in page


def test_a_container_in_progress_costs_no_attempt(outside, instagram):
    outside.ask("meta", "POST", "/_sandbox/containers", {"states": ["IN_PROGRESS"] * 5})
    sender.work("w1")
    for round in range(1, 6):
        row = Delivery.objects.get(part=2)
        assert (row.state, row.error_code, row.attempts) == ("planned", "in_progress", 0)
        with later(round):
            sender.work("w1")
    assert states() == ["confirmed"] * 3


def test_a_lost_publication_is_settled_by_the_state_of_its_container(outside, instagram):
    outside.fault("meta", "accept_then_drop", match={"path": "/media_publish"})
    sender.work("w1")
    assert states() == ["confirmed"] * 3
    calls = outside.requests("meta", method="POST", path="/media_publish")
    assert len(calls) == 1


def test_a_row_shows_the_text_of_its_own_part(outside):
    started("linkedin")
    shown = [messages.for_all(row)["text"] for row in Delivery.objects.order_by("part")]
    assert shown == ["One (1) #Halcytone", "Two"]
