"""The publisher's own no: what is not exactly what was approved does not go out."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from structlog.testing import capture_logs

from approvals import seals
from content.models import Draft
from halcytone.lib.errors import WrongState
from publishing.books import books, status
from publishing.models import Account, Delivery, ReleasePart
from publishing.services import deliveries, ledger, releases, sender
from tests.api import Api
from tests.factories.people import PersonFactory
from tests.factories.publishing import NEW_YORK, approve, make_account, make_release, wall_now
from tests.factories.segmentation import make_suppression


def change_a_byte(release, format):
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE content_rendition SET body = replace(body, 'Part 3', 'Part e')"
            " WHERE draft_id = %s AND format = %s",
            [release.draft_id, format],
        )
        assert cursor.rowcount == 1


@pytest.fixture
def editor(db):
    return PersonFactory(group="senior_editor")


def test_a_byte_changed_after_approval_does_not_go_out_and_the_others_do(press):
    release = make_release("web", "x", slot_wall=wall_now())
    change_a_byte(release, "x")
    with capture_logs() as logs:
        releases.start(release)
        sender.work("w1")
    release.refresh_from_db()
    assert len(press("our-web").taken) == 1
    assert press("our-x").taken == {}
    refused = ReleasePart.objects.get(format="x")
    assert "Part 3" in refused.refusal or "text" in refused.refusal.lower()
    assert (release.status, release.note) == ("incomplete", "Incomplete, 1 to resolve")
    assert [each["event"] for each in logs].count("seal_refused") == 1
    assert release.events.get(kind="refused").detail.startswith("x: ")
    assert books(release).refused == {"x": refused.refusal}
    assert status(release, books(release)) == "partial"


def test_a_byte_changed_while_it_goes_out_stops_the_rest(press):
    release = make_release("x", slot_wall=wall_now())
    releases.start(release)
    press("our-x").before_send = lambda message: message.part == 2 and change_a_byte(release, "x")
    sender.work("w1")
    release.refresh_from_db()
    assert [message.part for message in press("our-x").messages] == [1, 2]
    assert books(release).planned == 5
    assert release.status == "incomplete"


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (
            lambda r: r.draft.renditions.update(media=[{"sha256": "a", "alt": "other", "url": ""}]),
            "alt",
        ),
        (lambda r: r.draft.__class__.objects.update(slot_wall="2026-12-08T10:00"), "slot"),
        (lambda r: Account.objects.update(from_email="other@halcytone.example"), "From"),
        (lambda r: Account.objects.update(reply_to="a@halcytone.example"), "Reply-To"),
        (lambda r: Account.objects.update(profile_id="2002"), "account: profile changed"),
        (lambda r: Account.objects.update(endpoint="elsewhere"), "account: server changed"),
        (lambda r: Account.objects.update(channel="page"), "account: channel changed"),
        (
            lambda r: Account.objects.update(credential="other_token"),
            "account: credential changed from “none” to “other_token”.",
        ),
        (lambda r: r.draft.segment.__class__.objects.update(rule={"not": {}}), "audience"),
    ],
)
def test_the_refusal_names_what_changed(press, change, named):
    release = make_release("newsletter", people=1, slot_wall=wall_now())
    release.draft.renditions.update(media=[{"sha256": "a", "alt": "A person sits", "url": ""}])
    release.draft.reviews.update(status="recalled")
    approve(release.draft)
    releases.plan(release.draft)
    change(release)
    releases.start(release)
    assert named in ReleasePart.objects.get().refusal
    assert Delivery.objects.count() == 0


def test_an_account_that_is_pointed_elsewhere_is_told_alike_on_the_desk_in_the_api_and_in_the_log(
    press, client
):
    make_account("web", profile_id="1001")
    release = make_release("web", slot_wall=wall_now())
    Account.objects.update(profile_id="2002")
    with capture_logs() as logs:
        releases.start(release)
        sender.work("w1")
    said = "account: profile changed from “1001” to “2002”."
    assert press("our-web").taken == {}
    [log] = [each for each in logs if each["event"] == "seal_refused"]
    assert log["why"] == ReleasePart.objects.get().refusal == said
    client.force_login(PersonFactory(group="admin", is_staff=True))
    assert said in client.get(f"/admin/releases/{release.pk}/").content.decode()
    [part] = Api.of("admin").get(f"releases/{release.pk}").json()["parts"]
    assert part["refusal"] == said


def test_an_account_that_is_pointed_elsewhere_while_it_goes_out_stops_the_rest(press):
    release = make_release("x", slot_wall=wall_now())
    releases.start(release)
    press("our-x").before_send = lambda message: (
        message.part == 2 and Account.objects.update(endpoint="elsewhere")
    )
    sender.work("w1")
    assert [message.part for message in press("our-x").messages] == [1, 2]
    assert "account: server" in ReleasePart.objects.get().refusal


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("credential", "sk_live_51HxyzABCDEF0123456789"),
        ("endpoint", "https://press:pa55word@halcytone.example"),
        ("profile_id", "id-and-a-very-secret-word"),
    ],
)
def test_a_secret_that_got_into_an_account_reaches_neither_seal_nor_log(
    press, settings, field, value
):
    settings.CREDENTIALS = {"x_token": "a-very-secret-word"}
    release = make_release("web", slot_wall=wall_now())
    Account.objects.update(**{field: value})
    with capture_logs() as logs:
        releases.start(release)
    now = seals.compute(release.draft.renditions.get())
    told = f"{logs} {now.content} {ReleasePart.objects.get().refusal}"
    assert "(not shown: " in ReleasePart.objects.get().refusal
    for secret in (value, "pa55word", "a-very-secret-word"):
        assert secret not in told
    Account.objects.update(**{field: f"{value}0"})
    assert seals.compute(release.draft.renditions.get()).sha256 != now.sha256


def test_a_recalled_approval_does_not_go_out(press):
    release = make_release("web", slot_wall=wall_now())
    release.draft.reviews.update(status="recalled")
    releases.start(release)
    assert "no longer counts" in ReleasePart.objects.get().refusal


def test_a_part_whose_account_is_switched_off_is_refused(press):
    release = make_release("web", slot_wall=wall_now())
    Account.objects.update(is_enabled=False)
    releases.start(release)
    assert ReleasePart.objects.get().refusal == "The account Our web is switched off."


def test_a_refused_part_is_taken_up_once_it_is_approved_again(press, editor):
    release = make_release("x", slot_wall=wall_now())
    change_a_byte(release, "x")
    releases.start(release)
    part = ReleasePart.objects.get()
    with pytest.raises(WrongState, match="not approved"):
        deliveries.take_up(part, by=editor, reason="It is right now")
    release.draft.reviews.update(status="recalled")
    approve(release.draft)
    deliveries.take_up(part, by=editor, reason="It is right now")
    sender.work("w1")
    release.refresh_from_db()
    assert (release.status, books(release).confirmed) == ("done", 7)
    assert press("our-x").messages[2].content == {"text": "Part e"}


def test_taking_up_half_a_thread_goes_on_behind_what_is_out(press, editor):
    release = make_release("x", slot_wall=wall_now())
    releases.start(release)
    press("our-x").before_send = lambda message: message.part == 2 and change_a_byte(release, "x")
    sender.work("w1")
    press("our-x").before_send = None
    release.draft.reviews.update(status="recalled")
    approve(release.draft)
    deliveries.take_up(ReleasePart.objects.get(), by=editor, reason="Approved again")
    sender.work("w1")
    assert [message.part for message in press("our-x").messages] == [1, 2, 3, 4, 5, 6, 7]


def two_releases(format):
    """Return a held release of a changed draft, and the later one that has sent it."""
    first = make_release(format, people=2, slot_wall=wall_now())
    releases.start(first)
    releases.hold(first, by=None, reason="A mistake in it")
    change_a_byte(first, format)
    first.draft.reviews.update(status="recalled")
    before = datetime.now(ZoneInfo(NEW_YORK)) - timedelta(minutes=1)
    Draft.objects.update(slot_wall=before.strftime("%Y-%m-%dT%H:%M"))
    first.draft.refresh_from_db()
    approve(first.draft)
    second = releases.start(releases.plan(first.draft))
    sender.work("w1")
    return first, second


def take_up(first, editor):
    releases.resume(first, by=None, reason="Go on")
    sender.work("w1")
    deliveries.take_up(first.parts.get(), by=editor, reason="It is approved")
    sender.work("w1")
    assert books(first).confirmed == 0


def test_who_has_it_already_and_may_not_be_written_to_since_is_left_out_for_that(press, editor):
    first, _ = two_releases("newsletter")
    make_suppression("reader1@halcytone.example", reason="hard_bounce")
    take_up(first, editor)
    assert books(first).by_reason == {"bounced": 1, "past_recipient": 1}


@pytest.mark.parametrize("format", ["newsletter", "x"])
def test_what_another_release_has_sent_meanwhile_is_not_taken_up_again(press, editor, format):
    first, second = two_releases(format)
    assert books(second).confirmed == len(press(f"our-{format}").taken) > 0
    take_up(first, editor)
    assert books(first).by_reason == {"past_recipient": books(first).candidates}
    assert max(press(f"our-{format}").asked.values()) == 1
    assert len(press(f"our-{format}").taken) == books(second).confirmed


def test_a_refused_part_can_be_left_out_for_good(press, editor):
    release = make_release("web", "x", slot_wall=wall_now())
    change_a_byte(release, "x")
    releases.start(release)
    sender.work("w1")
    deliveries.withdraw_part(ReleasePart.objects.get(format="x"), by=editor, reason="Not this week")
    release.refresh_from_db()
    assert release.status == "done"
    assert books(release).by_reason == {"withdrawn": 7}


def test_a_claim_computes_each_seal_once(press, django_assert_max_num_queries):
    release = make_release("newsletter", people=30, slot_wall=wall_now())
    releases.start(release)
    with django_assert_max_num_queries(35):
        ledger.claim("w1", Account.objects.get())
