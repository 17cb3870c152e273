"""The clock of a review: deadlines on its stages, due rows, and what happens once when they are due."""

from datetime import date, datetime, timedelta

import pytest
import time_machine
from django.utils import timezone

from approvals import signals
from approvals.models import Decision, DueEvent, Escalation, Level, Review
from approvals.services import (
    boards,
    calendars,
    clock,
    delegations,
    firing,
    metrics,
    queue,
    reviews,
    sections,
)
from content.models import Finding
from content.services import drafts
from content.signals import rendition_changed
from halcytone.lib import zones
from halcytone.lib.audit.models import Entry
from halcytone.lib.notices.models import Notification
from tests.factories.approvals import (
    approve,
    asked,
    assessed,
    changed,
    rendered_draft,
    request_changes,
    submit_again,
    voice,
)
from tests.factories.people import PersonFactory

pytestmark = pytest.mark.django_db
START = "2026-03-04T14:00:00Z"  # Wednesday 09:00 in New York
SLOT = "2026-03-10T10:00"
NY = "America/New_York"
MONDAY = date(2026, 3, 9)


@pytest.fixture(autouse=True)
def now():
    with time_machine.travel(START, tick=False) as traveller:
        yield traveller


@pytest.fixture
def heard():
    """Every signal of the clock as (name, what it was about), in the order of sending."""
    found = []
    names = ("reminder_due", "delegate_offered", "stage_escalated", "review_late", "review_started_late",
             "executives_alerted", "communications_called", "validation_unresolved", "weekly_mark_reached")  # fmt: skip
    hands = []
    for name in names:

        def hear(sender, name=name, signal=None, **given):
            found.append((name, given))

        getattr(signals, name).connect(hear)
        hands.append((getattr(signals, name), hear))
    yield found
    for signal, hear in hands:
        signal.disconnect(hear)


@pytest.fixture
def people():
    """The voices of an announcement."""
    return [
        voice(role, last_name=role)
        for role in ("marketing_manager", "department_head", "executive")
    ]


def announcement(**settings):
    draft = assessed(rendered_draft(**{"type": "announcement", "slot_wall": SLOT} | settings))
    return reviews.submit(draft, by=draft.author)


def featured(**settings):
    draft = rendered_draft(**{"is_featured": True, "slot_wall": SLOT} | settings)
    return reviews.submit(draft, by=draft.author)


def due(review, zone=NY):
    return [f"{zones.local(each.due_at, zone):%a %H:%M}" for each in review.stages.all()]


def rows(review, *kinds):
    found = review.due_events.filter(is_cancelled=False)
    found = found.filter(kind__in=kinds) if kinds else found
    return {each.key.split(":")[0]: f"{zones.local(each.at, NY):%a %H:%M}" for each in found}


def names(heard):
    return [name for name, _ in heard]


def tick(now, moment):
    now.move_to(moment)
    return firing.tick(timezone.now())


def test_the_example_of_the_specification_is_written_on_the_stages(people):
    review = announcement()
    assert due(review) == ["Fri 09:00", "Mon 09:00", "Tue 09:00"]
    assert due(review, "Europe/Paris") == ["Fri 15:00", "Mon 14:00", "Tue 14:00"]


def test_a_holiday_of_everybody_on_monday_moves_the_running_review(people, heard):
    review = announcement()
    for person in people:
        calendars.set_week(person, by=person, days_off=["2026-03-09"])
    assert due(review) == ["Thu 09:00", "Fri 09:00", "Tue 09:00"]
    plan = clock.follow(review, boards.read(review))
    assert f"{zones.local(plan.submit_by, NY):%a %H:%M}" == "Wed 09:00"


def test_a_public_holiday_of_the_country_counts(people):
    review = announcement(slot_wall="2026-05-26T10:00")  # Memorial Day is Monday the 25th
    assert due(review) == ["Fri 09:00", "Mon 09:00", "Tue 09:00"]
    for person in people:
        calendars.set_week(person, by=person, country="us", subdivision="ny")
    assert due(review) == ["Thu 09:00", "Fri 09:00", "Tue 09:00"]


def test_an_absence_moves_it_unless_a_delegate_works(people):
    department = people[1]
    review = announcement()
    absence = calendars.add_absence(department, by=department, starts_on=MONDAY, ends_on=MONDAY)
    assert due(review) == ["Thu 09:00", "Fri 09:00", "Tue 09:00"]
    stand_in = PersonFactory(group="senior_editor")
    given = delegations.create(
        department, stand_in, by=department, starts_on=MONDAY, ends_on=MONDAY
    )
    assert due(review) == ["Fri 09:00", "Mon 09:00", "Tue 09:00"]
    delegations.end(given, by=department)
    calendars.remove_absence(absence, by=department)
    assert due(review) == ["Fri 09:00", "Mon 09:00", "Tue 09:00"]


def test_another_slot_moves_it(people):
    review = announcement()
    drafts.change(review.draft, by=review.draft.author, slot_wall="2026-03-11T12:30")
    assert due(review) == ["Mon 11:30", "Tue 11:30", "Wed 11:30"]
    assert rows(review, "slot") == {"slot": "Wed 12:30"}


def test_another_deadline_in_the_same_round_has_reminders_of_its_own(now, heard, senior, manager):
    review = featured(slot_wall="2026-03-06T10:00")
    tick(now, "2026-03-06T13:00:00Z")
    given = ["reminder_50", "reminder_80", "reminder_last"]
    assert [what["kind"] for name, what in heard if name == "reminder_due"] == given
    drafts.change(review.draft, by=review.draft.author, slot_wall="2026-03-17T10:00")
    assert rows(review, *given)["reminder_last"] == "Tue 08:00"
    assert tick(now, "2026-03-06T13:01:00Z") == 0  # nothing is said twice at once
    tick(now, "2026-03-17T12:00:00Z")
    assert [what["kind"] for name, what in heard if name == "reminder_due"] == given * 2
    told = Notification.objects.filter(person=senior, kind="reminder")
    assert told.count() == 6


def test_a_deadline_that_moves_back_reminds_of_nothing_that_was_said(now, heard, senior, manager):
    review = featured(slot_wall="2026-03-17T10:00")
    tick(now, "2026-03-13T12:00:00Z")
    assert [what["kind"] for name, what in heard if name == "reminder_due"] == ["reminder_50"]
    drafts.change(review.draft, by=review.draft.author, slot_wall="2026-03-16T10:00")
    tick(now, "2026-03-13T12:01:00Z")
    assert names(heard).count("reminder_due") == 1
    assert rows(review, "reminder_80") == {"reminder_80": "Fri 23:36"}


def test_without_a_slot_nothing_is_due_but_the_sla_still_reminds(senior, manager):
    review = featured(slot_wall="")
    assert [each.due_at for each in review.stages.all()] == [None]
    assert rows(review, "reminder_50", "escalation", "slot") == {
        "reminder_50": "Wed 21:00",
        "escalation": "Thu 09:00",
    }


def test_reminders_escalation_and_the_slot_are_rows(senior, manager):
    review = featured(slot_wall="2026-03-06T10:00")  # two days from now
    assert rows(review) == {
        "reminder_50": "Thu 09:00",
        "reminder_80": "Thu 23:24",
        "reminder_last": "Fri 08:00",
        "escalation": "Fri 09:00",
        "slot": "Fri 10:00",
    }


def test_a_review_that_stands_still_is_reminded_and_escalated_once_each(
    now, heard, senior, manager
):
    """Urgent: two hours. The running clock of two hours reminds at one hour and at 96 minutes."""
    Level.objects.filter(name="featured update").update(
        stages=[{"name": "Editorial review", "mode": "parallel", "roles": [["senior_editor"]],
                 "sla_h": 2, "clock": "running"}]
    )  # fmt: skip
    lead = voice("marketing_manager", last_name="Boss")
    review = featured(priority=2)
    assert rows(review, "reminder_50", "reminder_80", "escalation") == {
        "reminder_50": "Wed 10:00",
        "reminder_80": "Wed 10:36",
        "escalation": "Wed 11:00",
    }
    for moment in ("14:59", "15:00", "15:01", "15:36", "15:37", "15:59"):
        tick(now, f"2026-03-04T{moment}:00Z")
    assert [(name, given["kind"]) for name, given in heard] == [
        ("reminder_due", "reminder_50"),
        ("reminder_due", "reminder_80"),
    ]
    assert heard[0][1]["people"] == [senior]
    now.move_to("2026-03-04T15:50:00Z")
    changed(review.draft.renditions.get(format="web"), title="Three quiet minutes")
    assert rows(review, "escalation") == {"escalation": "Wed 11:00"}  # no edit restarts the clock
    for _ in range(2):
        tick(now, "2026-03-04T16:00:00Z")
    assert names(heard) == ["reminder_due", "reminder_due", "stage_escalated"]
    given = heard[-1][1]
    assert {lead, manager} == set(given["people"]) == set(given["managers"])
    assert list(Escalation.objects.values_list("step", "role")) == [(1, "marketing_manager")]
    assert ("web", "marketing_manager") in asked(review)
    assert queue.waiting_for(lead) == [review]
    approve(review, lead)
    assert review.status == "approved"
    assert tick(now, "2026-03-04T23:00:00Z") == 0


def test_a_normal_review_is_escalated_after_48_hours(now, heard, senior, manager):
    review = featured(slot_wall="2026-03-20T10:00")
    assert tick(now, "2026-03-06T13:59:00Z") == 0
    assert tick(now, "2026-03-06T14:00:00Z") == 1
    assert names(heard) == ["stage_escalated"]
    assert heard[0][1]["reason"] == "It has waited too long."
    review.refresh_from_db()


def test_what_was_missed_in_a_downtime_happens_once_afterwards(now, heard, senior, manager):
    featured(slot_wall="2026-03-06T10:00")
    tick(now, "2026-03-06T14:30:00Z")  # 09:30, half an hour before the slot
    first = names(heard)
    assert sorted(first) == ["reminder_due"] * 3 + ["stage_escalated"]
    tick(now, "2026-03-06T14:31:00Z")
    assert names(heard) == first


def test_the_chain_goes_up_to_the_executives(now, heard):
    Level.objects.filter(name="featured update").update(
        stages=[{"name": "Editor", "mode": "single", "roles": [["editor"]], "sla_h": 4}]
    )
    voice("editor", group="editor")
    for role in ("team_lead", "marketing_manager", "ceo"):
        voice(role)
    review = featured(priority=2, slot_wall="")
    for hour in range(16, 30, 2):
        tick(now, datetime.fromisoformat("2026-03-04T00:00+00:00") + timedelta(hours=hour))
    assert list(Escalation.objects.order_by("step").values_list("step", "role")) == [
        (1, "team_lead"),
        (2, "marketing_manager"),
        (3, "ceo"),
        (4, ""),
    ]
    assert {role for _, role in asked(review)} == {
        "editor",
        "team_lead",
        "marketing_manager",
        "ceo",
    }


def test_a_stricter_policy_does_not_take_an_added_voice_away(now, senior, manager):
    review = featured(slot_wall="2026-03-20T10:00")
    tick(now, "2026-03-06T14:00:00Z")
    before = asked(review)
    reviews.reconsider(review.draft)
    assert asked(review) == before


def test_legal_is_not_replaced_but_people_are_told(now, heard, people):
    voice("legal", group="legal")
    review = announcement(sensitive=["partnership"])
    for person in people:
        approve(review, person)
    for day in range(5, 10):
        tick(now, f"2026-03-{day:02}T14:00:00Z")
    escalated = [given for name, given in heard if name == "stage_escalated"]
    assert [each.role for each in escalated[-1]["escalations"]] == [""]
    assert escalated[-1]["managers"] == [people[0]]
    assert {role for _, role in asked(review)} == {"legal"}


def test_a_decision_takes_its_reminders_away(senior, manager):
    review = featured()
    approve(review, senior)
    assert "reminder_50" in rows(review)
    approve(review, manager)
    assert rows(review) == {}


def test_sent_back_stops_the_clock_and_a_new_round_starts_it(now, senior, manager):
    review = featured()
    request_changes(review, senior)
    assert rows(review) == {}
    now.move_to("2026-03-05T14:00:00Z")
    submit_again(review.draft)
    review.refresh_from_db()
    assert review.stages.get().entered_stage_at == timezone.now()
    assert {each.key.split(":r")[1][0] for each in review.due_events.filter(kind="reminder_50", is_cancelled=False)} == {"2"}  # fmt: skip


def test_more_than_three_rounds_are_escalated(now, heard, senior, manager):
    voice("executive")
    review = featured(slot_wall="2026-03-20T10:00")
    for round in range(3):
        request_changes(review, senior)
        now.shift(timedelta(minutes=1))
        submit_again(review.draft)
        review.refresh_from_db()
        firing.tick(timezone.now())
        assert names(heard) == (["stage_escalated"] if round == 2 else [])
    assert "more than 3 rounds" in heard[0][1]["reason"]


def test_checks_that_nobody_mends_are_escalated_after_four_hours(now, heard, senior, manager):
    review = featured()
    rendition = review.draft.renditions.get(format="web")
    finding = Finding.objects.create(rendition=rendition, code="x", message="No", severity="error")
    rendition_changed.send(type(rendition), rendition=rendition)
    rendition_changed.send(type(rendition), rendition=rendition)
    assert rows(review, "validation") == {"validation": "Wed 13:00"}
    tick(now, "2026-03-04T18:00:00Z")
    assert names(heard) == ["validation_unresolved", "stage_escalated"]
    assert heard[0][1]["people"] == [review.draft.author, manager]
    finding.delete()
    rendition_changed.send(type(rendition), rendition=rendition)
    assert (
        review.due_events.filter(kind="validation", done_at=None, is_cancelled=False).count() == 0
    )


def test_mended_checks_are_not_escalated(now, heard, senior, manager):
    review = featured()
    rendition = review.draft.renditions.get(format="web")
    finding = Finding.objects.create(rendition=rendition, code="x", message="No", severity="error")
    rendition_changed.send(type(rendition), rendition=rendition)
    finding.delete()
    rendition_changed.send(type(rendition), rendition=rendition)
    tick(now, "2026-03-04T18:00:00Z")
    assert names(heard) == []


def test_critical_items_alert_the_executives_at_once(now, heard):
    committee = [voice(role) for role in ("ceo", "cmo", "cto", "legal")]
    executive = voice("executive")
    review = announcement(type="blog", priority=1, urgency="critical", slot_wall="")
    assert review.level == 4
    firing.tick(timezone.now())
    assert names(heard) == ["executives_alerted"]
    assert set(heard[0][1]["people"]) == {committee[0], committee[1], executive}


def test_a_crisis_calls_the_communications_group_once(now, heard):
    for role in ("senior_editor", "marketing_manager", "legal"):
        voice(role)
    speaker = PersonFactory(group="communications")
    PersonFactory(group="communications", is_active=False)
    review = featured(sensitive=["crisis"], slot_wall="2026-03-20T10:00")
    for _ in range(2):
        firing.tick(timezone.now())
    assert [given["people"] for name, given in heard if name == "communications_called"] == [
        [speaker]
    ]
    told = Notification.objects.get(person=speaker)
    assert told.subject == f"Crisis, submitted just now: {review.draft.title}"
    assert Entry.objects.filter(kind="review.communications_called").count() == 1


def test_while_nobody_is_in_the_communications_group_executives_are_called(now, heard):
    for role in ("senior_editor", "marketing_manager", "legal"):
        voice(role)
    ceo = voice("ceo")
    featured(sensitive=["crisis"], slot_wall="2026-03-20T10:00")
    firing.tick(timezone.now())
    assert dict(heard)["communications_called"]["people"] == [ceo]


def test_what_is_no_crisis_calls_nobody(now, heard, senior, manager):
    featured(slot_wall="2026-03-20T10:00")
    firing.tick(timezone.now())
    assert heard == []


def test_late_from_the_start_is_said_at_submission(now, heard, people):
    now.move_to("2026-03-06T14:00:00Z")  # Friday 09:00; it should have been here on Thursday
    review = announcement()
    firing.tick(timezone.now())
    assert "review_started_late" in names(heard)
    given = dict(heard)["review_started_late"]
    assert set(given["people"]) == {review.submitted_by, people[0]}
    assert sections.read(people[0]).sections[0].rows[0].is_late_from_start


def test_the_delegate_is_offered_at_four_fifths(now, heard, senior, manager):
    stand_in = PersonFactory(group="senior_editor")
    review = featured(slot_wall="2026-03-06T10:00")
    delegations.create(
        manager, stand_in, by=manager, starts_on=date(2026, 3, 4), ends_on=date(2026, 3, 20)
    )
    assert rows(review, "delegate") == {"delegate": "Thu 23:24"}
    tick(now, "2026-03-06T04:24:00Z")
    given = next(given for name, given in heard if name == "delegate_offered")
    assert (given["person"], given["delegates"], given["is_away"]) == (manager, [stand_in], False)


def test_the_delegate_of_whoever_is_away_is_called_at_once(now, heard, senior, manager):
    stand_in = PersonFactory(group="senior_editor")
    delegations.create(
        manager, stand_in, by=manager, starts_on=date(2026, 3, 4), ends_on=date(2026, 3, 20)
    )
    calendars.add_absence(
        manager, by=manager, starts_on=date(2026, 3, 4), ends_on=date(2026, 3, 20)
    )
    featured(slot_wall="2026-03-06T10:00")
    firing.tick(timezone.now())
    assert names(heard) == ["delegate_offered"]
    assert (heard[0][1]["delegates"], heard[0][1]["is_away"]) == ([stand_in], True)


def test_nobody_who_acts_for_somebody_away_is_said_too(now, heard, senior, manager):
    featured(slot_wall="2026-03-06T10:00")
    calendars.add_absence(
        manager, by=manager, starts_on=date(2026, 3, 4), ends_on=date(2026, 3, 20)
    )
    firing.tick(timezone.now())
    assert (heard[0][1]["delegates"], heard[0][1]["is_away"]) == ([], True)


def test_a_slot_without_an_approval_makes_the_review_late(now, heard, senior, manager):
    review = featured(slot_wall="2026-03-06T10:00")
    tick(now, "2026-03-06T14:59:00Z")
    review.refresh_from_db()
    assert review.status == "open"
    tick(now, "2026-03-06T15:00:00Z")
    review.refresh_from_db()
    assert review.status == "late"
    assert heard[-1][0] == "review_late"
    assert heard[-1][1]["people"] == [review.submitted_by]
    assert queue.waiting_for(senior) == []
    assert rows(review, "escalation", "reminder_50") == {
        "reminder_50": "Thu 09:00",
        "escalation": "Fri 09:00",
    }


def test_the_weekly_edition_keeps_its_fixed_clock(now, heard):
    lead, boss = voice("team_lead"), voice("marketing_manager")
    now.move_to("2026-03-09T20:45:00Z")  # Monday 16:45, as it should be, roughly
    draft = rendered_draft(type="weekly", priority=3, slot_wall=SLOT)
    review = reviews.submit(draft, by=draft.author)
    assert due(review) == ["Mon 19:00"]
    assert {key: at for key, at in rows(review).items() if key.startswith("weekly")} == {
        "weekly_review_opens": "Mon 18:00",
        "weekly_review_closes": "Mon 19:00",
        "weekly_stakeholders": "Mon 19:00",
        "weekly_checklist": "Tue 08:00",
        "weekly_rehearsal": "Tue 08:30",
        "weekly_final": "Tue 09:00",
        "weekly_staged": "Tue 09:30",
        "weekly_out": "Tue 10:00",
    }
    approve(review, lead)
    approve(review, boss)
    tick(now, "2026-03-10T12:00:00Z")
    assert [given["kind"] for name, given in heard if name == "weekly_mark_reached"] == [
        "weekly_review_opens",
        "weekly_review_closes",
        "weekly_stakeholders",
        "weekly_checklist",
    ]


def test_a_weekly_edition_that_comes_late_is_due_at_the_final_decision(now):
    voice("team_lead"), voice("marketing_manager")
    now.move_to("2026-03-10T00:30:00Z")  # Monday 20:30
    draft = rendered_draft(type="weekly", priority=3, slot_wall=SLOT)
    assert due(reviews.submit(draft, by=draft.author)) == ["Tue 09:00"]


def test_the_light_follows_the_median_of_the_last_decisions(now, senior, manager):
    now.move_to("2026-02-02T14:00:00Z")
    for _ in range(3):
        done = featured(slot_wall="2026-02-20T10:00")
        now.shift(timedelta(hours=10))
        approve(done, senior)
        approve(done, manager)
    assert metrics.recent_times({"Editorial review"})["Editorial review"] == [36000.0] * 18
    now.move_to("2026-03-04T14:00:00Z")
    review = featured(slot_wall="2026-03-06T10:00")
    for moment, colour in (
        ("2026-03-05T22:59:00Z", "green"),
        ("2026-03-05T23:01:00Z", "amber"),  # 15 h before Friday 09:00
        ("2026-03-06T04:01:00Z", "red"),
    ):
        now.move_to(moment)
        assert sections.read(senior).sections[0].rows[0].light == colour
    assert sections.read(senior).sections[0].rows[0].due_at == review.stages.get().due_at


def test_one_row_that_fails_does_not_keep_the_others(now, heard, senior, manager):
    first, second = featured(slot_wall="2026-03-06T10:00"), featured(slot_wall="2026-03-06T10:00")

    def break_(sender, stage=None, **_):
        if stage.review_id == first.pk:
            raise RuntimeError

    signals.reminder_due.connect(break_)
    try:
        tick(now, "2026-03-05T14:00:00Z")
    finally:
        signals.reminder_due.disconnect(break_)
    done = DueEvent.objects.filter(kind="reminder_50", done_at__isnull=False)
    assert list(done.values_list("review", flat=True)) == [second.pk]
    tick(now, "2026-03-05T14:01:00Z")
    assert done.count() == 2


def test_a_withdrawn_review_has_no_clock(senior, manager):
    review = featured()
    reviews.withdraw(review, by=review.submitted_by, reason="No.")
    assert rows(review) == {}
    assert Decision.objects.count() == 0
    assert Review.objects.get(pk=review.pk).status == "withdrawn"
