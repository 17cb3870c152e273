"""A sign-in that ends six hours before the slot: No-Go on the board, and the two ways on from it.

The product runs in this process and its clock is moved. Pictures are kept in the folder that E2E_PICTURES
names.
"""

import os
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from publishing.channels import tokens
from publishing.channels.memory import Memory
from publishing.models import Account, Token
from publishing.services import connections, heartbeats
from tests.e2e.inside import NEW_YORK
from tests.e2e.press import NARROW, WIDE
from tests.factories.people import PersonFactory
from tests.factories.publishing import make_release

MONDAY, TUESDAY = (2027, 3, 8), (2027, 3, 9)
ENDS = datetime(*TUESDAY, 4, 0, tzinfo=NEW_YORK)
pytestmark = pytest.mark.timeout(400)


@pytest.fixture
def people(house):
    here = {"is_staff": True}
    return {
        "manager": PersonFactory(
            group="marketing_manager", first_name="Mira", last_name="Aas", **here
        ),
        "senior": PersonFactory(group="senior_editor", first_name="Sam", last_name="Okoro", **here),
    }


@pytest.fixture
def release(house, people):
    account = Account.objects.get(key="our-x")
    keep(account, people["manager"], ENDS)
    return make_release("x", slot_wall="2027-03-09T10:00", author=people["senior"])


@pytest.fixture
def picture(tmp_path):
    folder = Path(os.environ.get("E2E_PICTURES") or tmp_path) / "board"
    folder.mkdir(parents=True, exist_ok=True)

    def take(page, name):
        for size, viewport in (("wide", WIDE), ("narrow", NARROW)):
            page.set_viewport_size(viewport)
            page.screenshot(path=folder / f"{name}-{size}.png", full_page=True)
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), size
        page.set_viewport_size(WIDE)

    return take


def keep(account, by, ends_at):
    """Sign in at the place of an account: a token that cannot be renewed by itself."""
    made = tokens.Token("access", "", ends_at - timedelta(days=60), ends_at, ("tweet.write",))
    connections.keep(account, made, by)


def words(locator):
    return " ".join(locator.inner_text().split())


def said(page):
    return words(page.get_by_role("main"))


def go_to(clock, day, hour, minute=0):
    """A worker is at work, and the minute's work is done."""
    clock.traveller.move_to(datetime(*day, hour, minute, tzinfo=NEW_YORK))
    heartbeats.beat()
    clock.set(day, hour, minute)


def rehearse(page):
    page.get_by_role("button", name="Rehearse now").click()
    assert "Rehearsed just now" in words(page.locator("#message"))


def is_no_go(page):
    """The board names the account, and who reconnects it."""
    found = page.locator(".note.bad").filter(has_text="token")
    text = words(found.first)
    return all(part in text for part in ("No-Go", "Our x", "connects it again", "social manager"))


def left(house):
    return len(Memory.world("our-x").taken)


def test_two_people_let_it_leave_all_the_same(house, clock, at, people, release, picture):
    board = f"/admin/releases/{release.pk}/board/"
    go_to(clock, MONDAY, 16, 5)
    page = at("manager", board)
    rehearse(page)
    assert is_no_go(page), said(page)
    picture(page, "1-no-go")
    go_to(clock, TUESDAY, 9, 50)
    page = at("manager", board)
    assert is_no_go(page), said(page)
    release.refresh_from_db()
    assert release.status == "held"
    page.get_by_text("Let it leave all the same").click()
    page.get_by_label("Why").fill("X has renewed it by telephone")
    picture(page, "2-why")
    page.get_by_role("button", name="Ask another person to confirm").click()
    assert page.get_by_role("button", name="Confirm: set the No-Go aside").count() == 0
    picture(page, "3-asked")
    page = at("senior", board)
    page.get_by_role("button", name="Confirm: set the No-Go aside").click()
    assert "Sam Okoro confirmed" in said(page)
    picture(page, "4-confirmed")
    assert left(house) == 0
    go_to(clock, TUESDAY, 10)
    release.refresh_from_db()
    assert (release.status, left(house)) == ("done", 7)


def test_connecting_it_again_lets_the_release_go_on(house, clock, at, people, release, picture):
    board = f"/admin/releases/{release.pk}/board/"
    go_to(clock, TUESDAY, 9, 50)
    page = at("senior", board)
    assert is_no_go(page), said(page)
    keep(Token.objects.get().account, people["manager"], ENDS + timedelta(days=60))
    rehearse(page)
    assert page.locator(".note.bad").count() == 0, said(page)
    picture(page, "5-go-again")
    page = at("senior", f"/admin/releases/{release.pk}/")
    page.get_by_role("button", name="Resume").first.click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("textbox").fill("Connected again")
    picture(page, "6-resume")
    dialog.get_by_role("button", name="Resume").click()
    go_to(clock, TUESDAY, 10)
    release.refresh_from_db()
    assert (release.status, left(house)) == ("done", 7)
