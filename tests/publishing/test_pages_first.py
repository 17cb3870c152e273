"""No mail and no post leaves while the page that it links to is not up; people are asked what then."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone
from structlog.testing import capture_logs

from content.models import Draft, RenditionVersion
from halcytone.lib import canonical
from halcytone.lib.errors import WrongState
from publishing.books import books, status
from publishing.models import Delivery, Release, ReleasePart
from publishing.services import deliveries, releases, sender
from tests.api import Api, problem
from tests.factories.people import PersonFactory
from tests.factories.publishing import (
    CONTENTS,
    approve,
    make_account,
    make_draft,
    make_release,
    wall_now,
)

PAGE = "https://halcytone.example/updates/quiet"
WEB = {"title": "Quiet", "slug": "quiet", "path": "/updates/quiet", "canonical": PAGE}
LETTER = {**CONTENTS["newsletter"], "html": f'<a href="{PAGE}">Read on</a> [[unsubscribe_url]]'}
LINKED = {"web": WEB, "newsletter": LETTER, "x": {"parts": [{"text": "One"}, {"text": PAGE}]}}


@pytest.fixture
def editor(db):
    return PersonFactory(group="senior_editor")


@pytest.fixture
def desk(client):
    client.force_login(PersonFactory(group="admin", is_staff=True))
    return client


def edition(*formats, **changes):
    return make_release(*formats, people=2, slot_wall=wall_now(), contents=LINKED, **changes)


def go(release):
    releases.start(release)
    sender.work("w1")
    release.refresh_from_db()
    return release


def part(format):
    return ReleasePart.objects.get(format=format)


def test_what_links_to_the_page_goes_behind_it(press):
    release = go(edition("newsletter", "x", "web"))
    assert (release.status, books(release).confirmed) == ("done", 5)
    assert part("newsletter").links == part("x").links == part("web").links == [PAGE]
    at = Delivery.objects.values_list("part_of__format", "confirmed_at").order_by("confirmed_at")
    assert next(format for format, _ in at) == "web"


def test_a_page_that_fails_keeps_back_what_links_to_it_and_a_person_is_asked(press):
    release = edition("newsletter", "x", "web")
    press("our-web").script += ["refuse"]
    with capture_logs() as logs:
        go(release)
    assert press("our-newsletter").asked == press("our-x").asked == {}
    assert release.status == "incomplete"
    assert release.note == "Incomplete, 4 to resolve. Web page failed: The place refused it."
    assert status(release, books(release)) == "failed"
    for name in ("newsletter", "x"):
        assert part(name).waits_for_page
        assert f"It links to {PAGE}, which is not up: the page failed (The place refused it)." in (
            part(name).refusal
        )
        assert "senior editor" in part(name).refusal
    assert [each["event"] for each in logs].count("page_missing") == 2
    assert list(release.events.values_list("kind", flat=True)).count("waits") == 2


def test_what_links_to_no_page_of_ours_goes_though_the_page_failed(press):
    release = make_release("x", "web", slot_wall=wall_now(), contents={"web": WEB})
    press("our-web").script += ["refuse"]
    go(release)
    assert (release.status, books(release).confirmed) == ("done", 7)
    assert status(release, books(release)) == "partial"
    assert release.note == "Web page failed: The place refused it."


def test_a_page_that_is_tried_again_takes_along_what_waits_for_it(press, editor):
    release = edition("newsletter", "web")
    press("our-web").script += ["refuse"]
    go(release)
    assert deliveries.ways_on(part("web")) == ["continue"]
    assert deliveries.ways_on(part("newsletter")) == ["withdraw"]
    deliveries.continue_part(part("web"), by=editor, reason="The slug is free now")
    sender.work("w1")
    release.refresh_from_db()
    assert (release.status, release.note) == ("done", "")
    assert (books(release).confirmed, status(release, books(release))) == (3, "success")
    assert part("newsletter").refusal == ""
    assert release.events.filter(kind="goes on").count() == 1


def test_what_waits_can_be_left_out_as_depending_on_what_failed(press, editor):
    release = edition("newsletter", "web")
    press("our-web").script += ["refuse"]
    go(release)
    deliveries.withdraw_part(part("newsletter"), by=editor, reason="Not this week")
    release.refresh_from_db()
    assert (release.status, release.note) == ("done", "Web page failed: The place refused it.")
    assert books(release).by_reason == {"dependency_failed": 2}
    assert status(release, books(release)) == "failed"
    deliveries.continue_part(part("web"), by=editor, reason="For the archive")
    sender.work("w1")
    assert books(release).by_reason == {"dependency_failed": 2}
    assert press("our-newsletter").asked == {}
    assert not release.events.filter(kind="goes on").exists()


@pytest.mark.parametrize(
    ("answer", "mails"), [("live", 2), ("never_sent", 2), ("failed", 0)]
)  # fmt: skip
def test_an_uncertain_page_is_settled_first(press, editor, answer, mails):
    make_account("web", channel="page", can_read_back=False)
    release = edition("newsletter", "web")
    press("our-web").script += ["drop"]
    go(release)
    assert release.status == "incomplete"
    assert "nobody knows yet whether the page was taken" in part("newsletter").refusal
    page = Delivery.objects.get(state="uncertain")
    deliveries.settle(page, by=editor, answer=answer, url=PAGE, reason="I looked")
    sender.work("w1")
    release.refresh_from_db()
    assert len(press("our-newsletter").taken) == mails
    assert release.status == ("done" if mails else "incomplete")
    assert ("the page failed" in part("newsletter").refusal) == (not mails)


def test_a_page_that_takes_its_time_is_waited_for_beyond_its_window(press):
    release = edition("newsletter", "web")
    press("our-web").script += ["wait:600"]
    go(release)
    assert (release.status, part("newsletter").refusal) == ("releasing", "")
    with time_machine.travel(timezone.now() + timedelta(minutes=6), tick=True):
        sender.work("w1")
        assert press("our-newsletter").asked == {}
        assert "the page is still on its way" in part("newsletter").refusal
        release.refresh_from_db()
        assert release.status == "releasing"
    with time_machine.travel(timezone.now() + timedelta(minutes=11), tick=True):
        sender.work("w1")
    release.refresh_from_db()
    assert (release.status, books(release).confirmed) == ("done", 3)


def test_a_page_that_was_refused_keeps_back_what_links_to_it(press, editor):
    release = edition("newsletter", "web")
    release.draft.renditions.filter(format="web").update(body=canonical.text({**WEB, "title": "A"}))
    go(release)
    assert release.status == "incomplete"
    assert books(release).to_resolve == 3
    assert "the page was refused. The title changed from" in part("newsletter").refusal
    release.draft.reviews.update(status="recalled")
    approve(release.draft)
    assert deliveries.ways_on(part("web")) == ["take_up", "withdraw"]
    deliveries.take_up(part("web"), by=editor, reason="It is right now")
    sender.work("w1")
    release.refresh_from_db()
    assert (release.status, books(release).confirmed) == ("done", 3)


def test_a_release_without_the_page_keeps_back_what_links_to_it(press):
    make_account("web", is_enabled=False)
    release = go(edition("newsletter", "web"))
    assert release.left_out == {"web": "The account Our web is switched off."}
    assert "which is not up: The account Our web is switched off." in part("newsletter").refusal
    assert press("our-newsletter").asked == {}


def test_a_mail_that_leads_to_where_the_page_was_waits_and_is_not_taken_up_as_it_is(press, editor):
    release = edition("newsletter", "web")
    page = release.draft.renditions.get(format="web")
    RenditionVersion.objects.create(
        rendition=page, number=1, body=page.body, sha256=page.digest, template_version="1"
    )
    moved = f"{PAGE}-2"
    page.body = canonical.text(
        {**WEB, "slug": "quiet-2", "path": "/updates/quiet-2", "canonical": moved}
    )
    page.save()
    release.draft.reviews.update(status="recalled")
    approve(release.draft)
    releases.plan(release.draft)
    go(release)
    assert len(press("our-web").taken) == 1
    assert (
        f"It links to {PAGE}, which is not up: the page is at {moved}."
        in part("newsletter").refusal
    )
    with pytest.raises(WrongState, match="the page is at"):
        deliveries.take_up(part("newsletter"), by=editor, reason="Go")
    letter = release.draft.renditions.get(format="newsletter")
    letter.body = letter.body.replace(PAGE, moved)
    letter.save()
    release.draft.reviews.update(status="recalled")
    approve(release.draft)
    deliveries.take_up(part("newsletter"), by=editor, reason="It leads there now")
    sender.work("w1")
    assert len(press("our-newsletter").taken) == 2


def test_the_link_to_view_it_in_a_browser_is_a_link_to_the_page(press):
    letter = {**CONTENTS["newsletter"], "text": "See [[view_url]] [[unsubscribe_url]]"}
    release = make_release(
        "newsletter", "web", people=1, slot_wall=wall_now(), contents={"web": WEB, "newsletter": letter}
    )  # fmt: skip
    go(release)
    assert part("newsletter").links == [PAGE]
    [mail] = press("our-newsletter").messages
    assert mail.recipient.merge["view_url"] == PAGE


def test_a_page_that_is_out_by_another_release_is_up(press, editor):
    first = go(edition("web"))
    letter = make_draft(["newsletter"], slot_wall=wall_now(), contents=LINKED)
    assert books(first).confirmed == 1
    make_account("newsletter")
    newsletter = letter.renditions.get()
    newsletter.draft = first.draft
    newsletter.save()
    Draft.objects.filter(pk=first.draft_id).update(formats=["web", "newsletter"])
    first.draft.reviews.update(status="recalled")
    approve(first.draft)
    first.draft.refresh_from_db()
    Release.objects.filter(pk=first.pk).update(slot_wall="2020-01-07T10:00")
    second = go(releases.plan(first.draft))
    assert part_of(second, "newsletter").refusal == ""
    assert second.status == "done"
    assert books(second).by_reason == {"past_recipient": 1}


def part_of(release, format):
    return release.parts.get(format=format)


def test_an_address_that_another_page_has_out_there_is_not_planned(press):
    go(edition("web"))
    second = edition("newsletter", "web")
    assert second.left_out["web"].startswith("Its address “quiet” is that of “Two quiet minutes”")
    assert "another slug" in second.left_out["web"]
    go(second)
    assert "Its address “quiet” is that of" in part_of(second, "newsletter").refusal
    assert len(press("our-web").taken) == 1


def test_an_address_that_was_taken_since_it_was_planned_is_refused_at_its_slot(press):
    second = edition("web")
    first = edition("web")
    go(first)
    go(second)
    assert "Its address “quiet” is that of" in part_of(second, "web").refusal
    assert len(press("our-web").taken) == 1


def test_the_desk_asks_and_does_what_is_decided(press, desk):
    release = edition("newsletter", "x", "web")
    press("our-web").script += ["refuse"]
    go(release)
    address = f"/admin/releases/{release.pk}/"
    page = desk.get(address).content.decode()
    assert "Try the page again, or leave Newsletter out?" in page
    assert "Web page failed: The place refused it." in page
    assert "Nothing is out" in page
    home = desk.get("/admin/").content.decode()
    assert home.count("Web page failed: The place refused it.") == 2, (
        "last edition, and what is wrong"
    )
    desk.post(f"{address}parts/newsletter/withdraw/", {"reason": "Next week"})
    desk.post(f"{address}parts/x/withdraw/", {"reason": ""})
    assert part("x").waits_for_page, "a reason is asked for"
    desk.post(f"{address}parts/web/continue/", {"reason": "It is well again"})
    sender.work("w1")
    release.refresh_from_db()
    assert release.status == "done"
    assert books(release).by_format["x"] == {"confirmed": 2}
    assert books(release).by_format["newsletter"] == {"excluded": 2}


def test_the_api_tells_what_failed_and_takes_the_decision(press):
    api = Api.of("senior_editor")
    release = edition("newsletter", "web")
    press("our-web").script += ["refuse"]
    go(release)
    found = api.get(f"releases/{release.pk}/books").json()
    assert (found["status"], found["release_status"]) == ("failed", "incomplete")
    assert found["failures"] == ["Web page failed: The place refused it."]
    shown = api.get(f"releases/{release.pk}").json()
    assert {each["format"]: each["waits_for_page"] for each in shown["parts"]} == {
        "newsletter": True,
        "web": False,
    }
    path = f"releases/{release.pk}/part-decision"
    problem(api.post(path, {"format": "fax", "choice": "continue", "reason": "x"}), 400, "invalid")
    problem(api.post(path, {"format": "web", "choice": "continue"}), 400, "invalid")
    wish = {"format": "web", "choice": "continue", "reason": "It is well again"}
    assert api.post(path, wish).json()["status"] == "releasing"
    sender.work("w1")
    assert api.get(f"releases/{release.pk}/books").json()["status"] == "success"


def test_several_failures_are_counted_and_the_first_one_is_told(press):
    release = make_release("newsletter", people=3, slot_wall=wall_now())
    press("our-newsletter").script += ["take", "refuse", "refuse"]
    go(release)
    assert release.note == "Newsletter: 2 of 3 failed. The first: The place refused it."
    assert status(release, books(release)) == "partial"
