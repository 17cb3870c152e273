"""The weekly rhythm, at every hour that matters and over both clock changes."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine

from approvals.models import Review
from content.models import Document, Draft, Recipe, SyncJob
from content.services import documents
from content.sources.given import Given
from halcytone.lib.errors import Unavailable
from publishing.models import Cadence, CadenceSlot, Delivery, Release
from publishing.services import cadences, heartbeats, releases, rhythms, sender
from tests.factories.people import PersonFactory
from tests.factories.publishing import NEW_YORK, approve, make_account
from tests.factories.segmentation import make_segment

TEXT = b"""# Weekly Update

## [Tips] Two quiet minutes

Sit, let your shoulders drop, breathe in for four counts and out for six. Repeat ten times.
"""


def new_york(text):
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(NEW_YORK)).astimezone(UTC)


@pytest.fixture
def clock():
    with time_machine.travel(new_york("2026-11-28T12:00"), tick=False) as traveller:
        yield traveller


@pytest.fixture
def cadence(press, clock):
    owner = PersonFactory(group="editor")
    make_account("web")
    row = Cadence.objects.create(
        key="weekly",
        name="Weekly",
        at=time(10),
        read_at=time(14),
        assemble_at=time(16),
        recipe=Recipe.objects.get(key="weekly"),
        owner=owner,
    )
    row.documents.add(
        documents.register(by=owner, name="Notes", kind=Document.Kind.INLINE, data=TEXT)
    )
    return row


@pytest.fixture
def at(clock):
    """Let the clock of New York show this, and look once."""

    def look(text):
        clock.move_to(new_york(text))
        heartbeats.beat()
        cadences.reconcile(new_york(text))

    return look


def only_web(draft):
    """Keep what these tests send: the page."""
    draft.renditions.exclude(format="web").delete()
    Draft.objects.filter(pk=draft.pk).update(formats=["web"])
    draft.refresh_from_db()
    return draft


def test_the_week_reads_assembles_and_releases_each_once(cadence, at, press):
    for text in ("2026-11-30T13:59", "2026-11-30T14:00", "2026-11-30T15:59"):
        at(text)
    slot = CadenceSlot.objects.get()
    assert slot.read_at == new_york("2026-11-30T14:00")
    assert slot.assembled_at is None
    assert cadence.documents.get().items.count() == 1
    at("2026-11-30T16:00")
    at("2026-11-30T16:01")
    draft = Draft.objects.get()
    assert (draft.slot_wall, draft.author, draft.lateness) == (
        "2026-12-01T10:00",
        cadence.owner,
        "ask",
    )
    assert draft.renditions.count() > 0
    assert Review.objects.count() == 0
    approve(only_web(draft))
    releases.plan(draft)
    at("2026-12-01T09:59")
    assert Release.objects.get().status == "planned"
    at("2026-12-01T10:00")
    at("2026-12-01T10:01")
    sender.work("w1")
    release = Release.objects.get()
    assert release.status == "done"
    assert len(press("our-web").taken) == 1
    slot.refresh_from_db()
    assert (slot.release, slot.draft, slot.note) == (release, draft, "")


@pytest.mark.parametrize("tuesday", ["2026-03-03", "2026-03-10", "2026-10-27", "2026-11-03"])
def test_it_leaves_at_ten_in_new_york_on_each_side_of_both_clock_changes(press, clock, tuesday):
    owner = PersonFactory(group="editor")
    make_account("web")
    slot = datetime.fromisoformat(f"{tuesday}T10:00")
    clock.move_to(new_york(f"{slot - timedelta(days=3):%Y-%m-%dT%H:%M}"))
    row = Cadence.objects.create(
        key="weekly",
        name="Weekly",
        at=time(10),
        read_at=time(14),
        assemble_at=time(16),
        recipe=Recipe.objects.get(key="weekly"),
        owner=owner,
    )
    row.documents.add(
        documents.register(by=owner, name="Notes", kind=Document.Kind.INLINE, data=TEXT)
    )
    monday = new_york(f"{slot - timedelta(days=1):%Y-%m-%d}T16:00")
    clock.move_to(monday)
    cadences.reconcile(monday)
    approve(only_web(Draft.objects.get()))
    releases.plan(Draft.objects.get())
    left = None
    moment = new_york(f"{tuesday}T08:30")
    while left is None:
        clock.move_to(moment)
        heartbeats.beat()
        cadences.reconcile(moment)
        left = Release.objects.get().prepared_at
        moment += timedelta(minutes=30)
    assert left == new_york(f"{tuesday}T10:00")


def test_a_scheduler_down_over_the_slot_leads_to_one_late_release_and_a_question(
    cadence, at, press
):
    at("2026-11-30T16:00")
    approve(only_web(Draft.objects.get()))
    releases.plan(Draft.objects.get())
    at("2026-12-01T09:00")
    at("2026-12-01T18:00")
    at("2026-12-01T18:01")
    release = Release.objects.get()
    assert (release.status, release.note) == ("late", releases.QUESTION)
    assert sender.work("w1") == 0
    assert Delivery.objects.count() == 0
    assert press("our-web").taken == {}


def test_an_edition_not_approved_at_its_slot_is_late_and_says_so(cadence, at):
    at("2026-11-30T16:00")
    draft = Draft.objects.get()
    review = approve(only_web(draft))
    Review.objects.update(status="open", approved_at=None)
    at("2026-12-01T10:00")
    review.refresh_from_db()
    assert review.status == "late"
    slot = CadenceSlot.objects.get()
    assert "review is not finished at the slot" in slot.note
    assert Release.objects.count() == 0


def test_an_edition_that_nobody_submitted_says_so(cadence, at):
    at("2026-11-30T16:00")
    at("2026-12-01T10:00")
    assert "was not approved at the slot" in CadenceSlot.objects.get().note


def test_a_missed_turn_is_named_and_nothing_is_made_up(cadence, at):
    at("2026-11-30T16:00")
    at("2026-12-09T12:00")
    _, missed = CadenceSlot.objects.order_by("slot_wall")
    assert missed.slot_wall == "2026-12-08T10:00"
    assert missed.note.startswith("Missed")
    assert Draft.objects.count() == 1


def test_a_new_cadence_has_missed_nothing(cadence, at):
    at("2026-12-02T12:00")
    assert CadenceSlot.objects.count() == 0


def test_a_scheduler_that_comes_back_before_the_slot_still_assembles(cadence, at):
    at("2026-12-01T07:00")
    assert Draft.objects.get().slot_wall == "2026-12-01T10:00"


def test_an_edition_with_nothing_in_it_is_said_and_not_tried_again(cadence, at):
    cadence.documents.clear()
    for minute in (0, 1):
        at(f"2026-11-30T16:0{minute}")
    slot = CadenceSlot.objects.get()
    assert slot.note.startswith("Not assembled: There is no item")
    assert slot.assembled_at == new_york("2026-11-30T16:00")
    at("2026-12-01T10:00")
    slot.refresh_from_db()
    assert slot.note == "Nothing was assembled, so nothing leaves."


def test_what_went_out_is_not_in_the_next_edition(cadence, at):
    at("2026-11-30T16:00")
    approve(only_web(Draft.objects.get()))
    releases.plan(Draft.objects.get())
    at("2026-12-01T10:00")
    at("2026-12-07T16:00")
    assert Draft.objects.count() == 1
    latest = CadenceSlot.objects.order_by("-slot_wall").first()
    assert latest.note.startswith("Not assembled")


def test_a_disabled_cadence_does_nothing(cadence, at):
    Cadence.objects.update(is_enabled=False)
    at("2026-11-30T16:00")
    assert CadenceSlot.objects.count() == 0


def test_the_next_five_slots_are_shown_with_their_offsets(cadence):
    found = cadences.next_slots(cadence, new_york("2026-03-01T12:00"))
    assert [(turn.wall[5:10], turn.offset) for turn in found][:2] == [
        ("03-03", "-05:00"),
        ("03-10", "-04:00"),
    ]
    assert len(found) == 5


def test_the_next_free_slot_is_the_next_turn_without_a_draft(cadence, at):
    at("2026-11-30T16:00")
    approve(only_web(Draft.objects.get()))
    release = releases.plan(Draft.objects.get())
    at("2026-12-01T18:00")
    CadenceSlot.objects.create(
        cadence=cadence, slot_wall="2026-12-08T10:00", draft=Draft.objects.get()
    )
    release = releases.late_decision(release, by=cadence.owner, choice="next_slot")
    assert release.status == "cancelled"
    assert Draft.objects.get().slot_wall == "2026-12-15T10:00"


def test_whoever_gave_a_cadence_its_segment_set_the_audience_of_its_editions(cadence, at):
    chooser, other = PersonFactory(group="marketing_manager"), PersonFactory(group="admin")
    cadence = rhythms.change(cadence, by=chooser, segment=make_segment())
    rhythms.change(cadence, by=other, grace_min=20)
    at("2026-11-30T14:00")
    at("2026-11-30T16:00")
    hands = Draft.objects.get().authorships.filter(act="audience")
    assert [each.person for each in hands] == [chooser]


class Silent(Given):
    """Answers for no text but those of the weekly notes."""

    def fetch(self, ref, known):
        if b"Weekly Update" not in ref.held:
            raise Unavailable("The source does not answer.")
        return super().fetch(ref, known)


def test_documents_that_cannot_be_read_are_named_and_never_stop_the_others(cadence, at, settings):
    settings.SOURCES = {"inline": {"BACKEND": "tests.publishing.test_cadences.Silent"}}
    inline = {"by": cadence.owner, "kind": Document.Kind.INLINE}
    silent = documents.register(name="Silent notes", data=b"### One\nBreathe out.", **inline)
    busy = documents.register(name="Busy notes", data=TEXT, **inline)
    SyncJob.objects.create(
        job_id="sync_busy", document=busy, status="in_progress",
        started_at=new_york("2026-11-30T13:59"),
    )  # fmt: skip
    cadence.documents.add(silent, busy)
    at("2026-11-30T14:00")
    note = CadenceSlot.objects.get().note
    assert note.startswith("Not read, the last reading stands: ")
    assert "Silent notes could not be read" in note
    assert "Busy notes: " in note
    assert cadence.documents.get(name="Notes").items.count() == 1
    at("2026-11-30T16:00")
    assert Draft.objects.count() == 1
