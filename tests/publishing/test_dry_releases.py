"""A rehearsal walks the whole way, from a document over the API to its slot, and reaches nobody."""

from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import time_machine

from approvals.models import Role
from content.models import Draft
from publishing.books import books
from publishing.models import Delivery, Release
from publishing.services import cadences, releases, sender
from tests.api import Api
from tests.factories import ItemFactory, RevisionFactory
from tests.factories.approvals import voice
from tests.factories.people import PersonFactory
from tests.factories.publishing import make_account, make_release, wall_now
from tests.factories.segmentation import make_contact, make_segment

NOTES = Path(__file__).parent.parent.parent / "docs" / "examples" / "weekly.md"
FORMATS = ["newsletter", "web", "x"]


@pytest.fixture
def outside(sandbox_settings, settings, tmp_path, db):
    """The stand-ins, with an account for each; returns how many calls each of them got."""
    settings.HALCYTONE_HOME = tmp_path
    make_account("newsletter", channel="smtp")
    make_account("web", channel="platform")
    make_account("x", channel="x", profile_id="1990000000000000001")
    return lambda: {name: len(sandbox_settings.requests(name)) for name in sandbox_settings.ports}


@pytest.fixture
def rehearsal(outside):
    """A draft that was made as a rehearsal over the API and approved by people; and its slot."""
    make_segment(key="readers")
    make_contact("ana@halcytone.example", answer=True)
    reviewers = [Api(voice(role)) for role in Role.values]
    editor, slot = Api.of("editor"), datetime.now(ZoneInfo("America/New_York")) + timedelta(days=3)
    document = editor.post("documents", {"name": "Notes", "text": NOTES.read_text()}).json()
    editor.post(f"documents/{document['id']}/sync")
    items = editor.get("items", {"document": document["id"], "ordering": "position"}).json()[
        "results"
    ]
    featured = [item for item in items if not item["head"]["is_featured"]]
    wish = {
        "type": "weekly", "title": "A rehearsal", "is_dry": True, "formats": FORMATS,
        "slot_wall": f"{slot:%Y-%m-%dT10:00}", "pieces": [item["head"]["id"] for item in featured],
        "segment_id": editor.get("segments").json()["results"][0]["id"],
    }  # fmt: skip
    draft = editor.post("drafts", wish).json()
    editor.post(f"drafts/{draft['id']}/generate")
    review = editor.post(f"drafts/{draft['id']}/submit").json()
    for api in [*reviewers, *reviewers]:
        seen = api.get(f"reviews/{review['id']}").json()
        if seen["mine"]:
            shown = {name: seen["shown"][name] for name in seen["mine"]}
            api.post(f"reviews/{review['id']}/decide", {"verdict": "approve", "shown": shown})
    return Release.objects.get(draft_id=draft["id"])


@pytest.mark.slow
def test_a_rehearsal_over_the_api_reaches_nobody(rehearsal, outside):
    assert (rehearsal.status, rehearsal.is_dry) == ("planned", True)
    with time_machine.travel(rehearsal.due_at + timedelta(minutes=1), tick=True):
        cadences.reconcile(rehearsal.due_at + timedelta(minutes=1))
        assert sender.work("w1") == 0
        sender.recover("w1")
        cadences.reconcile(rehearsal.due_at + timedelta(minutes=2))
    rehearsal.refresh_from_db()
    assert (rehearsal.status, rehearsal.note) == ("done", "Dry run: nothing left this machine.")
    assert {part.format for part in rehearsal.parts.all()} == set(FORMATS)
    assert set(Delivery.objects.values_list("state", "handed_over_at")) == {("planned", None)}
    assert set(outside().values()) == {0}
    shown = Api.of("editor").get(f"releases/{rehearsal.pk}/books").json()
    assert (shown["status"], shown["confirmed"]) == ("preview", 0)


def test_a_draft_that_became_a_rehearsal_after_it_was_planned_reaches_nobody(press):
    release = make_release("web", slot_wall=wall_now())
    Draft.objects.update(is_dry=True)
    release = releases.start(release)
    sender.work("w1")
    release.refresh_from_db()
    assert (release.is_dry, release.status, books(release).planned) == (True, "done", 1)
    assert press("our-web").taken == {}


def test_the_desk_offers_a_rehearsal(client, press):
    editor = PersonFactory(group="editor", is_staff=True)
    revision = RevisionFactory(item=ItemFactory(document__owner=editor))
    type(revision.item).objects.update(head=revision)
    client.force_login(editor)
    wish = {"type": "update", "title": "A rehearsal", "priority": "3", "urgency": "medium",
            "formats": ["web"], "items": [revision.item_id], "is_dry": "on"}  # fmt: skip
    made = client.post("/admin/drafts/new/", wish, follow=True)
    assert Draft.objects.get().is_dry
    assert "rehearsal" in made.content.decode()
