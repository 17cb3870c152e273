"""The pages of notifications and choices."""

import pytest
from django.utils import timezone

from halcytone.lib.notices import desk
from halcytone.lib.notices.models import Dispatch, Notification, Preferences
from halcytone.lib.notices.telling import tell
from tests.factories import PersonFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def person(client):
    person = PersonFactory(group="editor", is_staff=True)
    client.force_login(person)
    return person


def told(person, event="e:1", **changes):
    given = {"subject": "Approved: <b>Two</b>", "path": "/admin/reviews/7/", **changes}
    tell("approved", event=event, to=[person.pk], by=None, **given)
    return Notification.objects.get(event=event)


def test_the_count_stands_on_every_page_and_the_list_shows_what_is_new(client, person):
    told(person)
    told(PersonFactory(), "e:2", subject="Of somebody else")
    assert (
        '<span class="badge">1<span class="visually-hidden"> unread</span>'
        in client.get("/admin/").content.decode()
    )
    page = client.get("/admin/notifications/").content.decode()
    assert "Approved: &lt;b&gt;Two" in page
    assert "Of somebody else" not in page


def test_looking_reads_nothing_and_opening_does(client, person):
    row = told(person)
    client.get("/admin/notifications/")
    assert desk.unread_count(person) == 1
    assert client.get(f"/admin/notifications/{row.pk}/open/").status_code == 405
    answer = client.post(f"/admin/notifications/{row.pk}/open/")
    assert (answer.status_code, answer["Location"]) == (302, "/admin/reviews/7/")
    assert desk.unread_count(person) == 0
    assert client.get("/admin/notifications/?show=unread").context["page"].object_list.count() == 0


def test_all_are_read_at_once(client, person):
    told(person), told(person, "e:2")
    client.post("/admin/notifications/read/")
    assert desk.unread_count(person) == 0


def test_what_did_not_arrive_is_said(client, person):
    row = told(person)
    Dispatch.objects.create(
        notification=row, channel="mail", bundle="x", state="failed", due_at=timezone.now(),
        error="The mail server refused it (550)",
    )  # fmt: skip
    page = client.get("/admin/notifications/").content.decode()
    assert "Not everything reached you" in page
    assert "The mail server refused it (550)" in page


def test_choices_are_kept_and_a_refusal_names_its_rule(client, person):
    given = {"digest": "weekly", "comment.mail": "off"}
    client.post("/admin/preferences/", given)
    row = Preferences.objects.get(person=person)
    assert (row.digest, row.choices["comment"]) == ("weekly", {"mail": "off"})

    off = dict.fromkeys(("approved.desk", "approved.mail", "approved.slack"), "off")
    answer = client.post("/admin/preferences/", {"digest": "daily", **off}, follow=True)
    assert "needs you, so it cannot be switched off everywhere" in answer.content.decode()
    row.refresh_from_db()
    assert row.digest == "weekly"


def test_the_list_takes_as_many_queries_for_many_as_for_few(client, person):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    counts = []
    for number in (2, 30):
        for each in range(number):
            told(person, f"e:{number}:{each}")
        with CaptureQueriesContext(connection) as caught:
            client.get("/admin/notifications/")
        counts.append(len(caught))
    assert counts[0] == counts[1]
