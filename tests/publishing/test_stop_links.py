"""Stopping by a link of one's own, by a command, over the API; and what a copy of the database shows."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from halcytone.lib.audit.models import Entry
from halcytone.lib.errors import Invalid, NotAllowed
from publishing.models import Stop, StopLink
from publishing.services import installation, presses, releases, sender, stop_links
from tests.api import Api, problem
from tests.factories.people import PersonFactory
from tests.factories.publishing import make_release, wall_now


@pytest.fixture
def editor(db):
    return PersonFactory(group="editor", is_staff=True)


@pytest.fixture
def outside():
    """A browser that nobody has signed in with, and that checks forms as a browser's server does."""
    return Client(enforce_csrf_checks=True)


def posted(browser, address, **fields):
    page = browser.get(address).content.decode()
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)[1]
    return browser.post(address, {"csrfmiddlewaretoken": token, **fields})


def test_opening_a_link_changes_nothing_and_its_button_stops_everything(
    press, editor, outside, capsys
):
    releases.start(make_release("newsletter", people=3, slot_wall=wall_now()))
    link, token = stop_links.create(by=editor)
    address = f"/stop/{token}"
    for ask in (outside.get, outside.head, outside.get):
        assert ask(address).status_code == 200
    assert outside.post(address, {"reason": "no form of ours"}).status_code == 403
    assert not Stop.objects.exists()
    answer = posted(outside, address, reason="A wrong figure")
    assert "Stopped" in answer.content.decode()
    assert answer["Cache-Control"].startswith("max-age=0")
    stop = Stop.objects.get()
    assert (stop.scope, stop.stopped_by, stop.reason) == ("everything", editor, "A wrong figure")
    assert sender.work("w1") == 0
    link.refresh_from_db()
    assert link.used_at is not None
    assert token not in str(list(Entry.objects.values_list("data", flat=True)))
    assert link.token_sha256 != token
    assert token not in "".join(capsys.readouterr())


def test_a_link_on_what_is_stopped_already_makes_no_other_stop(press, editor, outside):
    _, token = stop_links.create(by=editor)
    _, other = stop_links.create(by=PersonFactory(group="senior_editor"))
    assert "<h1>Stopped</h1>" in posted(outside, f"/stop/{token}", reason="First").content.decode()
    for again in (token, other):
        page = posted(outside, f"/stop/{again}", reason="Second").content.decode()
        assert "<h1>Already stopped</h1>" in page
        assert "First" in page
    stop = Stop.objects.get()
    manager, executive = (PersonFactory(group=name) for name in ("marketing_manager", "executive"))
    presses.lift(presses.ask_lift(stop, by=manager), by=executive)
    assert "<h1>Stopped</h1>" in posted(outside, f"/stop/{token}", reason="Third").content.decode()
    assert Stop.objects.filter(lifted_at=None).get().reason == "Third"


def test_a_link_stops_everything_where_only_a_part_is_stopped(press, editor, outside):
    presses.stop(by=editor, reason="The channel", channel="mail")
    _, token = stop_links.create(by=editor)
    posted(outside, f"/stop/{token}")
    assert Stop.objects.filter(scope="everything").exists()


@pytest.mark.parametrize("end", ["revoked", "expired", "no right", "inactive", "forged"])
def test_a_link_that_has_ended_leads_nowhere(press, editor, outside, end):
    link, token = stop_links.create(by=editor, days=30)
    if end == "revoked":
        stop_links.revoke(link, by=editor)
    elif end == "no right":
        editor.groups.clear()
    elif end == "inactive":
        editor.is_active = False
        editor.save()
    elif end == "forged":
        token = f"{token[:-1]}!"
    later = timedelta(days=31 if end == "expired" else 0)
    with time_machine.travel(timezone.now() + later):
        assert outside.get(f"/stop/{token}").status_code == 404
        assert outside.post(f"/stop/{token}", {}).status_code in (403, 404)
    assert not Stop.objects.exists()


def test_a_link_is_made_for_oneself_and_taken_back_by_who_may(press, editor):
    with pytest.raises(NotAllowed):
        stop_links.create(by=PersonFactory(group="viewer"))
    with pytest.raises(Invalid, match="1 to 365"):
        stop_links.create(by=editor, days=400)
    link, _ = stop_links.create(by=editor)
    with pytest.raises(NotAllowed):
        stop_links.revoke(link, by=PersonFactory(group="senior_editor"))
    stop_links.revoke(link, by=PersonFactory(group="marketing_manager"))
    assert not StopLink.objects.open().exists()


def test_the_desk_makes_a_link_and_shows_it_once(press, editor, client):
    client.force_login(editor)
    page = client.post("/admin/presses/links/add/").content.decode()
    address = re.search(r"http[^<\s]*/stop/[\w-]+", page)[0]
    shown = client.get("/admin/presses/links/").content.decode()
    assert address.rsplit("/", 1)[1] not in shown
    assert str(editor) in shown
    assert client.get(f"/stop/{address.rsplit('/', 1)[1]}").status_code == 200
    client.post(f"/admin/presses/links/{StopLink.objects.get().pk}/revoke/")
    assert not StopLink.objects.open().exists()


def test_the_button_stops_what_is_chosen(press, editor, client):
    release = releases.start(make_release("newsletter", "web", people=2, slot_wall=wall_now()))
    client.force_login(editor)
    page = client.get("/admin/releases/").content.decode()
    assert "channel:mail" in page
    for scope in ("channel:mail", f"release:{release.pk}", "account:x", "everything"):
        client.post("/admin/presses/stop/", {"reason": "Look first", "scope": scope})
    assert list(Stop.objects.order_by("pk").values_list("scope", flat=True)) == [
        "channel", "release", "everything",
    ]  # fmt: skip


def test_the_command_stops_in_somebodys_name(press, editor):
    release = make_release("web")
    call_command("stop_presses", by=editor.username, reason="Look", account="our-web", verbosity=0)
    assert Stop.objects.get().account.key == "our-web"
    call_command("stop_presses", by=editor.username, reason="Look", release=release.pk)
    with pytest.raises(CommandError, match="no account"):
        call_command("stop_presses", by=editor.username, reason="Look", account="fax")
    with pytest.raises(CommandError, match="You may not stop"):
        call_command("stop_presses", by=PersonFactory(group="viewer").username, reason="Look")
    assert Stop.objects.count() == 2


def test_the_api_stops_and_two_people_start_again(press):
    release = releases.start(make_release("web", slot_wall=wall_now()))
    manager, executive = Api.of("marketing_manager"), Api.of("executive")
    made = manager.post("stop", {"reason": "A wrong figure", "release_id": str(release.pk)}).json()
    assert (made["scope"], made["release_id"]) == ("release", str(release.pk))
    assert sender.work("w1") == 0
    problem(manager.post("stop", {"reason": "x", "account": "fax"}), 400, "invalid")
    wish = {"stop_id": made["id"]}
    assert manager.post("stop/lift", wish).json()["lifted_at"] is None
    problem(manager.post("stop/lift", wish), 403, "not_allowed")
    assert executive.post("stop/lift", wish).json()["lifted_by"]
    assert sender.work("w1") == 1
    assert [each["id"] for each in manager.get("stops").json()["results"]] == [made["id"]]


def test_the_page_of_a_copy_lists_what_is_overdue(press, client, settings, tmp_path_factory):
    late = make_release("web", slot_wall="2020-12-01T10:00")
    running = releases.start(make_release("x", slot_wall=wall_now()))
    settings.HALCYTONE_HOME = tmp_path_factory.mktemp("other")
    client.force_login(PersonFactory(group="admin", is_staff=True))
    page = client.get("/admin/installation/").content.decode()
    for release in (late, running):
        assert f"/admin/releases/{release.pk}/" in page
    assert "Another machine holds this installation" in page
    assert "/admin/installation/" in client.get("/admin/releases/").content.decode()
    client.post("/admin/installation/claim/")
    assert installation.lease().epoch == 2
    assert presses.stop_of(running) is None
