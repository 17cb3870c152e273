import pytest

from halcytone.lib.notices.models import Notification
from halcytone.lib.notices.telling import tell
from tests.api import Api, problem
from tests.factories import PersonFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def api():
    return Api.of("editor")


def told(person, count=1, kind="comment"):
    for number in range(count):
        path = "/admin/reviews/1/"
        tell(kind, event=f"{kind}:{number}", to=[person.pk], by=None, subject="S", path=path)


def test_notifications_are_ones_own_and_can_be_read(api):
    told(api.person, 3)
    told(PersonFactory(), 1, "approved")
    rows = api.get("notifications").json()["results"]
    assert [row["kind"] for row in rows] == ["comment"] * 3
    assert rows[0]["about"] == "A comment on a thread I am in"
    assert api.post("notifications/read", {"ids": [rows[0]["id"]]}).json() == {
        "read": 1,
        "unread": 2,
    }
    assert len(api.get("notifications", {"is_read": "false"}).json()["results"]) == 2
    assert len(api.get("notifications", {"is_read": "true"}).json()["results"]) == 1
    assert api.post("notifications/read").json() == {"read": 2, "unread": 0}


def test_those_of_others_cannot_be_read(api):
    other = PersonFactory()
    told(other)
    row = Notification.objects.get()
    problem(api.get(f"notifications/{row.pk}"), 404, "not_found")
    assert api.post("notifications/read", {"ids": [str(row.pk)]}).json()["read"] == 0
    problem(api.post("notifications/read", {"ids": ["x"]}), 400, "invalid")


def test_choices_are_changed_with_their_version(api):
    before = api.get("notification-preferences")
    assert before.json()["choices"]["comment"] == {"desk": "now", "mail": "digest", "slack": "off"}
    wish = {"digest": "weekly", "choices": {"comment": {"mail": "off"}}}
    problem(api.patch("notification-preferences", wish), 428, "precondition_required")
    after = api.patch("notification-preferences", wish, etag=before["ETag"])
    assert (after.json()["digest"], after.json()["choices"]["comment"]["mail"]) == ("weekly", "off")
    problem(
        api.patch("notification-preferences", wish, etag=before["ETag"]), 412, "version_mismatch"
    )
    assert api.get("notification-preferences")["ETag"] == after["ETag"]


def test_what_needs_me_cannot_be_switched_off_everywhere(api):
    etag = api.get("notification-preferences")["ETag"]
    wish = {"choices": {"review_waits": {"desk": "off", "mail": "off", "slack": "off"}}}
    body = problem(api.patch("notification-preferences", wish, etag=etag), 400, "needs_a_channel")
    assert body["errors"][0]["attr"] == "choices.review_waits"
