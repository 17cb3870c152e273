"""The desk's pages about time: own week, absences and delegations, a late review, the short way."""

from datetime import timedelta

import pytest
from django.utils import timezone

from approvals.models import Absence, Delegation, FastTrack, WorkingCalendar
from approvals.services import escalation, reviews
from tests.factories import PersonFactory
from tests.factories.approvals import approve, rendered_draft, voice

pytestmark = pytest.mark.django_db
TIME = "/admin/people/time/"


@pytest.fixture
def person():
    return voice("seo", group="seo", is_staff=True, zone="Europe/Paris", last_name="Roux")


@pytest.fixture
def signed_in(client, person):
    client.force_login(person)
    return client


def day(after):
    return str(timezone.now().date() + timedelta(days=after))


def text(answer):
    return " ".join(answer.content.decode().split())


def test_my_page_shows_my_hours_on_both_clocks(signed_in):
    page = text(signed_in.get(TIME))
    assert "09:00–18:00 Paris" in page
    assert "New York today" in page
    assert "Speaks as SEO." in page
    assert "Everybody with an approval role" not in page


def test_a_week_is_saved_and_what_is_wrong_stands_at_its_field(signed_in, person):
    week = {
        "days": [1, 2],
        "start": "08:00",
        "end": "12:00",
        "country": "fr",
        "days_off": "2026-12-24",
    }
    path = f"/admin/people/{person.pk}/week/"
    assert signed_in.post(path, week).url == TIME
    kept = WorkingCalendar.objects.get(person=person)
    assert (kept.days, kept.country, kept.days_off) == ([1, 2], "FR", ["2026-12-24"])
    page = text(signed_in.post(path, {**week, "country": "xx", "start": "13:00"}))
    assert "The holidays of “XX” are not known" in page
    assert "Work ends after it starts" in page
    assert 'value="13:00"' in page  # what was typed is still there


def test_an_absence_is_noted_and_removed(signed_in, person):
    given = {"absence-starts_on": day(1), "absence-ends_on": day(3), "absence-note": "Leave"}
    path = f"/admin/people/{person.pk}/absences/"
    assert signed_in.post(path, given).url == TIME
    absence = Absence.objects.get()
    assert "Leave" in text(signed_in.get(TIME))
    wrong = signed_in.post(path, {**given, "absence-ends_on": day(0)})
    assert "The last day lies before the first one." in text(wrong)
    signed_in.post(f"/admin/people/absences/{absence.pk}/remove/")
    assert Absence.objects.count() == 0


def test_a_delegation_is_made_shown_to_both_and_ended(signed_in, person, client):
    other = PersonFactory(group="senior_editor", is_staff=True, first_name="Paula", last_name="Ek")
    given = {"delegation-delegate": other.pk, "delegation-starts_on": day(-1),
             "delegation-ends_on": day(5), "delegation-types": ["blog"]}  # fmt: skip
    path = f"/admin/people/{person.pk}/delegations/"
    assert signed_in.post(path, given).url == TIME
    page = text(signed_in.get(TIME))
    assert "Paula Ek" in page
    assert "In force" in page
    made = Delegation.objects.get()
    client.force_login(other)
    assert "Roux" in text(client.get(TIME))
    assert client.post(f"/admin/people/delegations/{made.pk}/end/").url == TIME
    made.refresh_from_db()
    assert made.ended_by == other
    assert "Over" in text(client.get(TIME))


def test_a_loop_is_told_at_the_field(signed_in, person):
    other = voice("legal", group="legal", is_staff=True)
    Delegation.objects.create(
        person=other, delegate=person, starts_on=day(0), ends_on=day(5), created_by=other
    )
    given = {
        "delegation-delegate": other.pk,
        "delegation-starts_on": day(0),
        "delegation-ends_on": day(5),
    }
    page = text(signed_in.post(f"/admin/people/{person.pk}/delegations/", given))
    assert "a loop" in page
    assert Delegation.objects.count() == 1


def test_the_time_of_others_is_kept_by_managers_only(signed_in, person, client):
    boss = PersonFactory(group="marketing_manager", is_staff=True)
    assert signed_in.get(f"/admin/people/{boss.pk}/time/").status_code == 403
    assert signed_in.post(f"/admin/people/{boss.pk}/week/", {}).status_code == 403
    client.force_login(boss)
    assert "Roux" in text(client.get(TIME))
    page = client.get(f"/admin/people/{person.pk}/time/")
    assert "09:00–18:00 Paris" in text(page)
    given = {"absence-starts_on": day(0), "absence-ends_on": day(3)}
    answer = client.post(f"/admin/people/{person.pk}/absences/", given)
    assert answer.url == f"/admin/people/{person.pk}/time/"
    assert "Away" in text(client.get(TIME))


def test_a_late_review_offers_three_ways_to_whom_it_names(client, senior, manager):
    author = PersonFactory(group="editor", is_staff=True)
    wall = (timezone.now() + timedelta(days=30)).strftime("%Y-%m-%dT10:00")
    draft = rendered_draft(is_featured=True, author=author, slot_wall=wall)
    review = reviews.submit(draft, by=author)
    escalation.mark_late(review)
    client.force_login(author)
    page = text(client.get(f"/admin/reviews/{review.pk}/"))
    assert "Next slot:" in page
    assert 'type="datetime-local"' in page
    client.post(f"/admin/reviews/{review.pk}/late/", {"choice": "next_slot"})
    review.refresh_from_db()
    assert (review.status, review.round) == ("open", 2)
    senior.is_staff = True
    senior.save()
    client.force_login(senior)
    page = text(client.get(f"/admin/reviews/{review.pk}/"))
    assert "Next slot:" not in page
    assert "On time" in page or "lit green" in page


def test_the_page_of_a_review_names_both_who_spoke(client, senior, manager):
    stand_in = PersonFactory(
        group="senior_editor", is_staff=True, first_name="Paula", last_name="Ek"
    )
    Delegation.objects.create(
        person=manager, delegate=stand_in, starts_on=day(-1), ends_on=day(1), created_by=manager
    )
    draft = rendered_draft(is_featured=True, slot_wall="")
    review = reviews.submit(draft, by=draft.author)
    approve(review, stand_in)
    client.force_login(stand_in)
    assert "Paula Ek for Mira Aas" in text(client.get(f"/admin/reviews/{review.pk}/"))


def test_the_short_way_is_started_on_its_page_and_its_steps_are_told(client):
    boss = PersonFactory(group="marketing_manager", is_staff=True)
    client.force_login(boss)
    draft = rendered_draft(priority=1)
    path = f"/admin/drafts/{draft.pk}/fast-track/"
    assert "Send it the short way" in text(client.get(path))
    wrong = client.post(f"{path}start/", {"matter": "market", "reason": ""})
    assert "This field is required." in text(wrong)
    assert client.post(f"{path}start/", {"matter": "market", "reason": "A recall"}).url == path
    page = text(client.get(path))
    assert "2. Team together" in page
    track = FastTrack.objects.get()
    client.post(f"/admin/tracks/{track.pk}/done/", {"step": "2", "note": "All are here"})
    assert "All are here" in text(client.get(path))


def test_what_is_not_urgent_is_refused_in_words(client):
    client.force_login(PersonFactory(group="marketing_manager", is_staff=True))
    draft = rendered_draft(priority=3)
    path = f"/admin/drafts/{draft.pk}/fast-track/start/"
    page = text(client.post(path, {"matter": "market", "reason": "Now"}))
    assert "the short way is for 1, 2 and critical urgency" in page


def test_the_page_of_a_review_tells_who_is_away_and_which_step_was_taken(client, senior, manager):
    draft = rendered_draft(is_featured=True, slot_wall="")
    review = reviews.submit(draft, by=draft.author)
    Absence.objects.create(person=manager, starts_on=day(-1), ends_on=day(3))
    escalation.escalate(review.stages.get(), reason="It has waited too long.")
    senior.is_staff = True
    senior.save()
    client.force_login(senior)
    page = text(client.get(f"/admin/reviews/{review.pk}/"))
    assert "Mira Aas is away until" in page
    assert "Marketing manager may speak too. It has waited too long." in page
