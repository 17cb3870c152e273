"""When the parts of a release leave: offsets, roll-outs, readers' zones, closed days, warnings."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine

from content.models import Draft, Recipe
from halcytone.lib.errors import Invalid, NotAllowed, WrongState
from publishing import timing
from publishing.models import CadenceSlot, ClosedDay, Delivery, Offset, Release, WeeklyTarget
from publishing.services import outlook, releases, rhythm_rows, rhythms, rollouts, sender
from publishing.timing import Choices, Slot
from segmentation.models import Contact
from tests.api import Api, problem
from tests.factories.people import PersonFactory
from tests.factories.publishing import NEW_YORK, make_account, make_draft, make_release
from tests.factories.segmentation import make_contact

SLOT = "2026-12-01T10:00"
AT_SLOT = datetime(2026, 12, 1, 15, 0, tzinfo=UTC)
ALL = ["web", "newsletter", "x", "linkedin"]


def minutes(count):
    return timedelta(minutes=count)


@pytest.fixture
def clock():
    with time_machine.travel(AT_SLOT - timedelta(days=1), tick=False) as traveller:
        yield traveller


@pytest.fixture
def manager(db):
    return PersonFactory(group="marketing_manager")


def in_rhythm(release):
    """Make this release a turn of a weekly rhythm with its usual offsets."""
    cadence = rhythms.create(
        by=None, key="weekly", name="Weekly", at=time(10), read_at=time(14), assemble_at=time(16),
        recipe=Recipe.objects.get(key="weekly"), owner=PersonFactory(group="editor"),
    )  # fmt: skip
    CadenceSlot.objects.create(cadence=cadence, slot_wall=SLOT, draft=release.draft)
    return cadence


@pytest.mark.parametrize(
    ("wall", "utc"),
    [("2026-03-03T10:00", 15), ("2026-03-10T10:00", 14), ("2026-10-27T10:00", 14), ("2026-11-03T10:00", 15)],
)  # fmt: skip
def test_offsets_and_windows_follow_the_wall_clock_over_both_clock_changes(wall, utc):
    slot = Slot(wall, NEW_YORK)
    found = timing.plan(slot, ALL, Choices(), timing.WEEKLY, slot.instant())
    hour = slot.instant()
    assert (hour.hour, hour.minute) == (utc, 0)
    assert found["web"].at == hour
    assert (found["newsletter"].at, found["newsletter"].until) == (hour, hour + minutes(5))
    assert found["x"].at == found["linkedin"].at == hour + minutes(10)
    assert found["x"].until == hour + minutes(15)


def test_a_staged_roll_out_over_a_clock_change_keeps_the_wall_clock():
    slot = Slot("2026-03-07T10:00", NEW_YORK)
    found = timing.plan(slot, ALL, Choices(is_staged=True), {}, slot.instant())
    local = {kind: due.at.astimezone(ZoneInfo(NEW_YORK)) for kind, due in found.items()}
    assert [f"{local[kind]:%d %H:%M}" for kind in ("x", "web", "newsletter")] == [
        "07 10:00", "08 10:00", "09 10:00"
    ]  # fmt: skip
    assert found["web"].at - found["x"].at == timedelta(hours=23)


def test_networks_are_spread_and_a_send_window_moves_what_falls_outside():
    slot = Slot(SLOT, NEW_YORK)
    kinds = ["web", "x", "linkedin", "facebook"]
    found = timing.plan(slot, kinds, Choices(stagger_min=30), {}, slot.instant())
    assert [found[kind].at - AT_SLOT for kind in kinds] == [
        timedelta(), timedelta(), minutes(15), minutes(30)
    ]  # fmt: skip
    late = Choices(windows={"x": ("13:00", "17:00"), "linkedin": ("06:00", "09:00")})
    found = timing.plan(slot, kinds, late, {}, slot.instant())
    assert (found["x"].at, found["x"].until) == (AT_SLOT + minutes(180), AT_SLOT + minutes(420))
    assert found["linkedin"].at == AT_SLOT + timedelta(hours=20)
    assert found["web"].at == AT_SLOT


def test_a_turn_of_the_rhythm_leaves_in_its_windows(press, clock):
    release = make_release("newsletter", "web", "x", people=2)
    in_rhythm(release)
    releases.plan(release.draft)
    clock.move_to(AT_SLOT)
    releases.start(release)
    sender.work("w1")
    assert len(press("our-web").taken) == 1
    assert len(press("our-newsletter").taken) == 2
    assert press("our-x").asked == {}
    release.refresh_from_db()
    assert release.status == "releasing"
    clock.move_to(AT_SLOT + minutes(9))
    sender.work("w1")
    assert press("our-x").asked == {}
    clock.move_to(AT_SLOT + minutes(10))
    sender.work("w1")
    release.refresh_from_db()
    assert (release.status, len(press("our-x").taken)) == ("done", 7)


def test_what_is_no_turn_of_a_rhythm_leaves_all_at_once(press, clock):
    release = make_release("web", "x")
    clock.move_to(AT_SLOT)
    releases.start(release)
    sender.work("w1")
    release.refresh_from_db()
    assert release.status == "done"


def test_an_offset_is_a_row_that_people_change(press, clock, manager):
    release = make_release("x")
    cadence = in_rhythm(release)
    row = Offset.objects.get(cadence=cadence, kind="x")
    rhythm_rows.change(row, by=manager, after_s=1200)
    releases.plan(release.draft)
    assert release.parts.get().due_at == AT_SLOT + minutes(20)
    with pytest.raises(NotAllowed):
        rhythm_rows.change(row, by=PersonFactory(group="editor"), after_s=0)
    with pytest.raises(Invalid, match="86,400"):
        rhythm_rows.change(row, by=manager, after_s=100_000)


def test_staged_days_are_kept_in_one_ledger(press, clock, manager):
    release = make_release("newsletter", "web", "x", people=2)
    rollouts.change(release.draft, by=manager, is_staged=True)
    for days, left in ((0, (7, 0, 0)), (1, (7, 1, 0)), (2, (7, 1, 2))):
        clock.move_to(AT_SLOT + timedelta(days=days))
        releases.start_due(AT_SLOT + timedelta(days=days))
        sender.work("w1")
        assert tuple(len(press(f"our-{kind}").taken) for kind in ("x", "web", "newsletter")) == left
    release.refresh_from_db()
    assert release.status == "done"


def test_ten_for_each_reader_goes_in_waves_of_one_ledger(press, clock, manager):
    release = make_release("newsletter", "web", people=0)
    zones = {"ana": "Europe/Berlin", "bo": "America/Los_Angeles", "cy": "", "di": "Not/AZone"}
    for name, zone in zones.items():
        contact = make_contact(f"{name}@halcytone.example", answer=True)
        Contact.objects.filter(pk=contact.pk).update(timezone=zone)
    rollouts.change(release.draft, by=manager, by_reader_zone=True)
    berlin = datetime(2026, 12, 1, 9, 0, tzinfo=UTC)
    release.refresh_from_db()
    assert release.begins_at == berlin
    clock.move_to(berlin - minutes(1))
    assert releases.start(release).status == "planned"
    clock.move_to(berlin)
    releases.start(release)
    dues = dict(
        Delivery.objects.filter(contact__isnull=False).values_list("contact__email", "due_at")
    )
    assert {email.partition("@")[0]: due.hour for email, due in dues.items()} == {
        "ana": 9, "cy": 15, "di": 15, "bo": 18,
    }  # fmt: skip
    for hour, left in ((9, 1), (14, 1), (15, 3), (18, 4)):
        clock.move_to(AT_SLOT.replace(hour=hour))
        sender.work("w1")
        assert len(press("our-newsletter").taken) == left
    assert len(press("our-web").taken) == 1
    release.refresh_from_db()
    assert release.status == "done"
    assert not Delivery.objects.filter(reason="not_in_wave").exists()


def test_nothing_leaves_on_a_blackout_day_and_people_are_asked(press, clock, manager):
    release = make_release("web")
    day = date(2026, 12, 1)
    rhythm_rows.create(
        ClosedDay, by=manager, kind="blackout", name="Stocktaking", first=day, last=day
    )
    clock.move_to(AT_SLOT)
    release = releases.start(release)
    assert (release.status, release.note) == (
        "planned",
        "Nothing leaves on 01 December 2026: Stocktaking.",
    )
    clock.move_to(AT_SLOT + minutes(16))
    assert releases.start(release).status == "late"
    with pytest.raises(WrongState, match="Stocktaking"):
        releases.send_late(release, by=manager)
    clock.move_to(AT_SLOT + timedelta(days=1))
    assert releases.send_late(release, by=manager).status == "releasing"


def test_people_are_warned_of_what_collides_and_of_holidays(press, clock, manager):
    first = make_release("x")
    day = date(2026, 12, 1)
    rhythm_rows.create(ClosedDay, by=manager, name="Feast", first=day, last=day)
    draft = make_draft(["x", "web"], slot_wall="2026-12-01T10:40")
    found = {each.code: each.text for each in outlook.warnings(draft)}
    assert found["collision"] == f"Our x also sends “{first.draft}” at 10:00, within the same hour."
    assert "it is a holiday (Feast)" in found["holiday"]
    rollouts.change(draft, by=manager, is_staged=True)
    assert "x would leave before the page" in outlook.warnings(draft)[-1].text
    draft = make_draft(["x"], slot_wall="2026-12-02T11:00")
    assert outlook.warnings(draft) == []


def test_blog_posts_have_a_weekly_target(press, clock, manager):
    target, _ = WeeklyTarget.objects.get_or_create(type="blog")
    make_account("web")
    for hour in (8, 9, 11):
        make_release("web", slot_wall=f"2026-12-02T{hour:02}:00")
    Draft.objects.update(type="blog")
    fourth = make_draft(["web"], slot_wall="2026-12-06T12:00")
    fourth.type = "blog"
    [warned] = outlook.warnings(fourth)
    assert warned.text == ("It would be number 4 of its kind in this week; the target is 2 to 3.")
    assert outlook.week("blog", AT_SLOT, NEW_YORK) == 3
    rhythm_rows.change(target, by=manager, most=5)
    assert outlook.warnings(fourth) == []


def test_a_roll_out_is_chosen_by_who_may_plan_and_not_once_it_is_on_its_way(press, clock, manager):
    release = make_release("web", "x")
    with pytest.raises(NotAllowed):
        rollouts.change(release.draft, by=PersonFactory(group="viewer"), is_staged=True)
    with pytest.raises(Invalid) as caught:
        rollouts.change(release.draft, by=manager, stagger_min=999, windows={"fax": ["9", "8"]})
    assert [each.attr for each in caught.value.problems] == ["stagger_min", "windows"]
    clock.move_to(AT_SLOT)
    releases.start(release)
    with pytest.raises(WrongState, match="on its way"):
        rollouts.change(release.draft, by=manager, is_staged=True)


def test_the_rule_next_slot_takes_a_free_turn_and_asks_for_the_seal_anew(press, clock):
    release = make_release("web", lateness="next_slot")
    cadence = in_rhythm(release)
    CadenceSlot.objects.create(
        cadence=cadence, slot_wall="2026-12-08T10:00", draft=make_draft(["web"], slot_wall="")
    )
    clock.move_to(AT_SLOT + minutes(16))
    release = releases.start(release)
    assert release.status == "cancelled"
    assert release.note == (
        "Moved to 2026-12-15T10:00 America/New_York; it must be approved again for that time."
    )
    release.draft.refresh_from_db()
    assert release.draft.slot_wall == "2026-12-15T10:00"
    assert CadenceSlot.objects.get(slot_wall="2026-12-15T10:00").draft == release.draft
    again = releases.plan(release.draft)
    assert again.left_out == {"web": "It is not approved."}
    assert Release.objects.count() == 2
    assert sender.work("w1") == 0


def test_the_desk_shows_when_it_leaves_and_takes_the_choice(press, clock, client):
    release = make_release("web", "x")
    client.force_login(PersonFactory(group="admin", is_staff=True))
    address = f"/admin/drafts/{release.draft_id}/rollout/"
    page = client.get(address).content.decode()
    assert "Networks on day 1" in page
    assert client.get(f"/admin/drafts/{release.draft_id}/").content.decode().count("When it leaves")
    posted = {"stagger_min": "0", "canary": "auto", "opens_x": "13:00", "closes_x": ""}
    assert "both of its ends" in client.post(address, posted).content.decode()
    assert client.post(address, posted | {"closes_x": "15:00"}).status_code == 302
    assert release.parts.get(format="x").due_at == AT_SLOT + minutes(180)
    assert "X from 13:00 to 15:00." in client.get(f"/admin/releases/{release.pk}/").content.decode()


def test_the_schedule_page_shows_each_clock(press, client):
    cadence = in_rhythm(make_release("x"))
    person = PersonFactory(group="admin", is_staff=True, zone="Europe/Berlin")
    client.force_login(person)
    with time_machine.travel(datetime(2026, 3, 1, 12, tzinfo=UTC)):
        page = client.get("/admin/cadences/").content.decode()
    for text in ("Tue 3 Mar 2026 10:00", "-05:00", "Tue 15:00", "Tue 3 Mar 16:00",
                 "Tue 10 Mar 2026 10:00", "-04:00", "Tue 14:00", "Tue 10 Mar 15:00"):  # fmt: skip
        assert text in page
    assert page.count("+10 min") == 4
    assert f"/admin/publishing/cadence/{cadence.pk}/change/" in page


def test_the_api_shows_and_changes_a_roll_out(press, clock):
    release = make_release("web", "x")
    api = Api.of("senior_editor")
    shown = api.get(f"drafts/{release.draft_id}/rollout").json()
    assert shown["due"]["x"]["at_local"] == "2026-12-01T10:00:00-05:00"
    answer = api.patch(
        f"releases/{release.pk}",
        {"stagger_min": 30, "windows": {"x": ["12:00", "13:00"]}},
        If_Match="*",
    )
    assert answer.json()["rollout"]["words"] == (
        "The networks spread over 30 minutes; x from 12:00 to 13:00."
    )
    assert {part["format"]: part["due_at"] for part in answer.json()["parts"]}[
        "x"
    ] == "2026-12-01T17:00:00Z"
    problem(
        api.patch(
            f"drafts/{release.draft_id}/rollout",
            {"windows": {"x": ["13:00", "12:00"]}},
            etag="*",
        ),
        400,
        "invalid",
    )
    assert api.delete(f"releases/{release.pk}").status_code == 204
    release.refresh_from_db()
    assert release.status == "cancelled"
