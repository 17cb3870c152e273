"""Rehearsals at each occasion, the board, a No-Go that holds, and two people who set one aside."""

from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.utils import timezone

from approvals.models import Decision, Review, RoleHolder
from halcytone.lib import canonical, outbound
from halcytone.lib.errors import Invalid, NotAllowed, Unavailable, WrongState
from publishing.books import books
from publishing.channels.base import Check
from publishing.channels.memory import Memory
from publishing.channels.passport import Passport
from publishing.models import Account, BoardSignature, Breaker, Delivery, Rehearsal, Release, Stop
from publishing.services import (
    boards,
    cadences,
    deliveries,
    heartbeats,
    holding,
    presses,
    rehearsals,
    releases,
    sender,
)
from tests.api import Api, problem
from tests.factories.people import PersonFactory
from tests.factories.publishing import approve, make_draft, make_release
from tests.factories.segmentation import make_contact

AT_SLOT = datetime(2026, 12, 1, 15, 0, tzinfo=UTC)


def minutes(count):
    return timedelta(minutes=count)


@pytest.fixture
def clock():
    with time_machine.travel(AT_SLOT - timedelta(days=3), tick=False) as traveller:
        yield traveller


@pytest.fixture
def look(clock):
    """Let the clock be so long before the slot, a worker be at work, and two beats look."""

    def at(before):
        clock.move_to(AT_SLOT - before)
        heartbeats.beat()
        for _ in range(2):
            cadences.reconcile(AT_SLOT - before)

    return at


@pytest.fixture
def manager(db):
    return PersonFactory(group="marketing_manager", is_staff=True)


@pytest.fixture
def other(db):
    return PersonFactory(group="senior_editor", is_staff=True)


def board(release):
    return boards.latest(release)


def found(release, name):
    return board(release).checks.filter(name=name).order_by("-verdict").first()


def test_it_is_rehearsed_once_at_each_occasion_whoever_looks(press, clock, look):
    release = make_release("newsletter", "web", "x", people=2)
    for before, done in (
        (timedelta(hours=25), 0), (timedelta(hours=24), 1), (timedelta(hours=2), 1),
        (timedelta(hours=1), 2), (minutes(11), 2), (minutes(10), 3), (minutes(1), 3),
    ):  # fmt: skip
        look(before)
        assert Rehearsal.objects.done().count() == done
    assert list(Rehearsal.objects.order_by("due_at").values_list("occasion", flat=True)) == [
        "day", "hour", "last",
    ]  # fmt: skip
    assert set(Rehearsal.objects.values_list("verdict", flat=True)) <= {"go", "warning"}
    assert Rehearsal.objects.get(occasion="last").due_at == AT_SLOT - minutes(10)
    assert all(not press(f"our-{name}").taken for name in ("newsletter", "web", "x"))
    assert not Delivery.objects.exists()
    look(minutes(0))
    sender.work("w1")
    release.refresh_from_db()
    assert release.status == "done"


def test_a_rehearsal_that_a_process_left_is_taken_up_and_a_running_one_is_not(press, clock, look):
    make_release("web")
    look(timedelta(hours=25))
    Rehearsal.objects.filter(occasion="day").update(begun_at=AT_SLOT - timedelta(hours=24))
    look(timedelta(hours=23, minutes=58))
    assert not Rehearsal.objects.done().exists()
    look(timedelta(hours=23))
    assert Rehearsal.objects.done().count() == 1


def test_what_is_approved_within_its_last_minutes_leaves_without_one(press, clock, look):
    clock.move_to(AT_SLOT - minutes(30))
    make_release("x")
    look(minutes(29))
    assert list(Rehearsal.objects.values_list("occasion", flat=True)) == ["last"]
    clock.move_to(AT_SLOT - minutes(5))
    make_release("web")
    look(minutes(4))
    assert Rehearsal.objects.count() == 1
    look(minutes(0))
    assert sender.work("w1") == 8


def test_a_submission_is_rehearsed_too(press, clock, look):
    release = make_release("web")
    Review.objects.update(status="open", submitted_at=AT_SLOT - timedelta(days=2, minutes=1))
    Release.objects.filter(pk=release.pk).update(status="cancelled")
    look(timedelta(days=2))
    row = Rehearsal.objects.get()
    assert (row.occasion, row.release, row.verdict != "") == ("submission", None, True)


def test_a_no_go_ten_minutes_before_holds_it_and_says_who_can_mend_it(press, clock, look, manager):
    release = make_release("web")
    stop = presses.stop(by=manager, reason="A wrong figure", channel="page")
    look(timedelta(hours=1))
    release.refresh_from_db()
    assert release.status == "planned"
    told = release.draft.author.notifications.get(event__startswith="rehearsal:")
    assert "A wrong figure" in told.text
    look(minutes(10))
    release.refresh_from_db()
    assert release.status == "held"
    assert release.note == (
        "No-Go 10 minutes before: The presses are stopped (Channel): A wrong figure"
    )
    row = found(release, "stop")
    assert "marketing manager" in row.who
    assert row.since == AT_SLOT - timedelta(hours=1)
    look(minutes(0))
    assert sender.work("w1") == 0
    with pytest.raises(WrongState, match="rehearse again"):
        releases.resume(release, by=manager, reason="Go")
    Stop.objects.filter(pk=stop.pk).delete()
    clock.move_to(AT_SLOT + minutes(1))
    heartbeats.beat()
    assert rehearsals.ask(release, by=manager).verdict != "no_go"
    releases.resume(release, by=manager, reason="It is mended")
    releases.start(release)
    assert sender.work("w1") == 1


def test_two_people_set_a_no_go_aside_and_one_cannot(press, clock, look, manager, other):
    release = make_release("web")
    clock.move_to(AT_SLOT - minutes(10))
    cadences.reconcile(AT_SLOT - minutes(10))
    release.refresh_from_db()
    assert "No worker is at work" in release.note
    row = board(release)
    with pytest.raises(Invalid):
        boards.ask_override(row, by=manager, reason=" ")
    with pytest.raises(WrongState, match="Nobody has asked"):
        boards.confirm_override(row, by=manager)
    boards.ask_override(row, by=manager, reason="The worker is coming up")
    with pytest.raises(NotAllowed, match="another person"):
        boards.confirm_override(row, by=manager)
    with pytest.raises(NotAllowed):
        boards.confirm_override(row, by=PersonFactory(group="viewer"))
    release.refresh_from_db()
    assert release.status == "held"
    boards.confirm_override(row, by=other)
    release.refresh_from_db()
    assert release.status == "planned"
    assert list(release.events.values_list("kind", flat=True))[-3:] == [
        "override asked", "overridden", "resumed",
    ]  # fmt: skip
    clock.move_to(AT_SLOT)
    releases.start_due(AT_SLOT)
    release.refresh_from_db()
    assert release.status == "releasing"


@pytest.mark.parametrize("by", ["a person", "a changed source"])
def test_an_override_does_not_let_go_what_is_held_for_another_reason(
    press, clock, manager, other, by
):
    release = make_release("web")
    clock.move_to(AT_SLOT - minutes(10))
    cadences.reconcile(AT_SLOT - minutes(10))
    boards.ask_override(board(release), by=manager, reason="The worker is coming up")
    if by == "a person":
        releases.hold(release, by=other, reason="A wrong figure")
    else:
        for _ in range(2):
            holding.hold_all(release.draft, reason="“Notes” changed after this was approved.")
    boards.confirm_override(board(release), by=other)
    release.refresh_from_db()
    assert release.status == "held"
    assert release.note in ("A wrong figure", "“Notes” changed after this was approved.")
    assert release.events.filter(kind="held").count() == 2
    assert "overridden" in release.events.values_list("kind", flat=True)
    releases.resume(release, by=manager, reason="The figure is right")
    release.refresh_from_db()
    assert release.status == "planned"


def test_an_override_of_a_no_go_does_not_let_go_what_a_person_held_before_it(
    press, clock, manager, other
):
    release = make_release("web")
    releases.hold(release, by=manager, reason="I want to read it once more")
    row = rehearsals.ask(release, by=manager)
    boards.ask_override(row, by=manager, reason="The worker is coming up")
    boards.confirm_override(row, by=other)
    release.refresh_from_db()
    assert (release.status, release.note) == ("held", "I want to read it once more")


def test_the_override_of_an_old_board_answers_no_later_no_go(press, clock, manager, other):
    release = make_release("web")
    clock.move_to(AT_SLOT - minutes(10))
    cadences.reconcile(AT_SLOT - minutes(10))
    old = board(release)
    boards.ask_override(old, by=manager, reason="The worker is coming up")
    presses.stop(by=manager, reason="A wrong figure", channel="page")
    clock.shift(minutes(1))
    later = rehearsals.ask(release, by=manager)
    with pytest.raises(WrongState, match="rehearsed again"):
        boards.confirm_override(old, by=other)
    release.refresh_from_db()
    assert release.status == "held"
    boards.ask_override(later, by=manager, reason="The stop is lifted in time")
    boards.confirm_override(later, by=other)
    release.refresh_from_db()
    assert release.status == "planned"


def test_what_is_not_as_it_was_approved_is_never_set_aside(press, clock, look, manager):
    release = make_release("web")
    rendition = release.draft.renditions.get()
    rendition.body = canonical.text({"title": "Another", "html": "<p>Sit.</p>"})
    rendition.save()
    look(minutes(10))
    release.refresh_from_db()
    assert release.status == "held"
    assert "The title changed" in found(release, "seal").what
    with pytest.raises(WrongState, match="cannot be set aside"):
        boards.ask_override(board(release), by=manager, reason="It is better")


def test_a_part_that_is_not_as_approved_can_be_left_out_and_the_rest_goes(
    press, clock, look, manager
):
    release = make_release("web", "x")
    rendition = release.draft.renditions.get(format="x")
    rendition.body = canonical.text({"parts": [{"text": "Another"}]})
    rendition.save()
    look(minutes(10))
    release.refresh_from_db()
    part = release.parts.get(format="x")
    assert (release.status, deliveries.ways_on(part)) == ("held", ["withdraw"])
    assert deliveries.ways_on(release.parts.get(format="web")) == []
    deliveries.withdraw_part(part, by=manager, reason="Without the thread")
    heartbeats.beat()
    assert rehearsals.ask(release, by=manager).verdict != "no_go"
    releases.resume(release, by=manager, reason="The rest is right")
    look(minutes(0))
    sender.work("w1")
    release.refresh_from_db()
    assert release.status == "done"
    assert (len(press("our-web").taken), press("our-x").asked) == (1, {})
    assert books(release).by_reason == {"withdrawn": 1}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("media", "The alt text of image 1 changed from “A leaf” to “A stone”."),
        ("audience", "The audience rule changed."),
        ("slot", "The slot moved from 2026-12-01 10:00 America/New_York to 2026-12-01 10:30"),
    ],
)
def test_alt_text_audience_and_slot_are_sealed_and_named(press, clock, look, change, said):
    release = make_release("newsletter", people=2)
    part = release.parts.get()
    image = {"url": "https://a.example/i.png", "sha256": "0" * 64, "alt": "A leaf"}
    draft, rendition = release.draft, part.rendition
    if change == "media":
        rendition.media = [image]
        rendition.save()
        draft.reviews.update(status="recalled")
        approve(draft)
        releases.plan(draft)
        rendition.media = [image | {"alt": "A stone"}]
        rendition.save()
    elif change == "audience":
        draft.segment.rule = {"field": "language", "op": "eq", "value": "de"}
        draft.segment.save()
    else:
        draft.slot_wall = "2026-12-01T10:30"
        draft.save()
    look(minutes(10))
    assert said in found(release, "seal").what
    clock.move_to(AT_SLOT)
    Release.objects.filter(pk=release.pk).update(status="planned")
    releases.start(release)
    assert sender.work("w1") == 0
    part.refresh_from_db()
    assert said in part.refusal
    assert press("our-newsletter").asked == {}


def test_an_audience_far_from_what_was_approved_or_usual_is_a_no_go(press, clock, look):
    before = make_release("newsletter", people=10)
    look(minutes(10))
    look(minutes(0))
    sender.work("w1")
    before.refresh_from_db()
    assert before.status == "done"
    draft = make_draft(["newsletter"], slot_wall="2026-12-08T10:00", segment=before.draft.segment)
    review = approve(draft)
    release = releases.plan(draft)
    review.facts = {"audience_size": 10}
    review.save()
    for number in range(30):
        make_contact(f"more{number}@halcytone.example", answer=True)
    rehearsals.ask(release, by=None)
    assert "40 people now, 10 when it was submitted" in found(release, "count").what
    assert "40 are written to, 10 on average of the last 1" in found(release, "usual").what
    assert {found(release, name).verdict for name in ("count", "usual")} == {"no_go"}


def test_nobody_to_write_to_and_no_audience_are_no_gos_that_stay(press, clock, manager):
    release = make_release("newsletter", people=0)
    row = rehearsals.ask(release, by=manager)
    assert (row.verdict, found(release, "count").what) == ("no_go", "Nobody may be written to.")
    release.draft.segment = None
    release.draft.save()
    rehearsals.ask(release, by=manager)
    assert not found(release, "consent").can_override


def test_a_token_that_ends_too_soon_and_a_sunset_are_named(press, clock, manager, monkeypatch):
    release = make_release("x")
    ends = AT_SLOT + timedelta(hours=18)
    checks = [Check("token", "go", "the token holds", ends)]
    monkeypatch.setattr(Memory, "check", lambda self, at: checks)
    rehearsals.ask(release, by=manager)
    row = found(release, "token")
    assert (row.verdict, row.about) == ("no_go", "our-x")
    assert "Our x: its token ends 02 December 09:00 UTC" in row.what
    assert "marketing manager" in row.who
    checks[:] = []
    for on, verdict in ((date(2026, 12, 11), "warning"), (date(2026, 11, 30), "no_go")):
        monkeypatch.setattr(
            "publishing.passports.of_all",
            lambda accounts, on=on: {each.pk: Passport(sunset_on=on) for each in accounts},
        )
        rehearsals.ask(release, by=manager)
        assert found(release, "sunset").verdict == verdict


def test_a_switched_off_account_and_one_that_cannot_be_reached_are_no_gos(
    press, clock, manager, monkeypatch
):
    release = make_release("x")

    def closed(self, at):
        raise Unavailable("X cannot be reached", code="unreachable")

    monkeypatch.setattr(Memory, "check", closed)
    rehearsals.ask(release, by=manager)
    assert found(release, "sign_in").what == "Our x: X cannot be reached"
    Account.objects.update(is_enabled=False)
    rehearsals.ask(release, by=manager)
    assert found(release, "account").what == "Our x is switched off."


def test_the_pipeline_is_walked_to_the_socket_and_its_faults_are_found(
    press, clock, manager, monkeypatch
):
    release = make_release("newsletter", "x", people=2)
    rehearsals.ask(release, by=manager)
    rows = board(release).checks.filter(name="pipeline")
    assert {row.what for row in rows} == {"Rehearsed down to the socket."}
    assert press("our-newsletter").asked == press("our-x").asked == {}

    def broken(*args):
        raise KeyError("a bug")

    monkeypatch.setattr("publishing.messages.message", broken)
    rehearsals.ask(release, by=manager)
    assert "cannot be made (KeyError)" in found(release, "pipeline").what


def test_inside_a_rehearsal_no_socket_opens():
    with outbound.reaching_nobody(), pytest.raises(Unavailable) as caught:
        outbound.connect("127.0.0.1", 9)
    assert caught.value.code == "rehearsal"


def test_missing_alt_texts_and_clipped_mails_are_no_gos(press, clock, manager):
    long = {"newsletter": {"subject": "Long", "html": "x" * 103_000, "text": "x"}}
    release = make_release("newsletter", people=2, contents=long)
    release.draft.renditions.update(media=[{"url": "u", "sha256": "0" * 64, "alt": ""}])
    rehearsals.ask(release, by=manager)
    assert found(release, "clipped").verdict == "no_go"
    assert found(release, "alt_text").what == "Image 1 has no alt text."


def test_the_works_are_looked_at(press, clock, manager, monkeypatch, settings, tmp_path_factory):
    release = make_release("web")
    heartbeats.beat()
    monkeypatch.setattr("shutil.disk_usage", lambda path: type("U", (), {"total": 100, "free": 5}))
    rehearsals.ask(release, by=manager)
    assert found(release, "workers").verdict == "go"
    assert found(release, "disk").what == "The disk is 95% full."
    assert found(release, "queue").verdict == "go"
    settings.HALCYTONE_HOME = tmp_path_factory.mktemp("other")
    rehearsals.ask(release, by=manager)
    assert "Another machine holds" in found(release, "lease").what


def test_an_open_breaker_is_a_no_go(press, clock, manager):
    release = make_release("web")
    account = Account.objects.get()
    Breaker.objects.create(account=account, misses=5, opens_until=timezone.now() + minutes(1))
    rehearsals.ask(release, by=manager)
    assert found(release, "breaker").what.startswith("The place of Our web is not well")


def test_a_queue_that_stands_still_is_a_no_go(press, clock, manager):
    releases.start_due(AT_SLOT)
    running = make_release("web")
    clock.move_to(AT_SLOT)
    releases.start(running)
    clock.move_to(AT_SLOT + minutes(2))
    release = make_release("x", slot_wall="2026-12-01T11:00")
    rehearsals.ask(release, by=manager)
    assert found(release, "queue").what == "What is due waits for 120 s already."


def test_a_check_that_breaks_is_a_no_go_and_stops_no_other(press, clock, manager, monkeypatch):
    release = make_release("web")
    monkeypatch.setattr("publishing.services.heartbeats.age_s", lambda now: 1 / 0)
    row = rehearsals.ask(release, by=manager)
    assert row.checks.get(name="works").what == "Works could not be looked at. The log says why."
    assert row.checks.filter(area="seals").exists()


def test_who_has_the_final_decision_signs_the_board_of_that_moment(press, clock, manager):
    release = make_release("web")
    row = rehearsals.ask(release, by=manager)
    editor = PersonFactory(group="senior_editor")
    with pytest.raises(NotAllowed, match="final decision"):
        boards.sign(row, by=editor)
    RoleHolder.objects.create(person=editor, role="editor")
    boards.sign(row, by=editor)
    with pytest.raises(WrongState, match="already"):
        boards.sign(row, by=editor)
    assert BoardSignature.objects.get().rehearsal == row
    assert "board signed" in release.events.values_list("kind", flat=True)


def test_a_final_yes_at_level_four_signs_the_board_of_its_moment(press, clock, manager):
    release = make_release("web")
    row = rehearsals.ask(release, by=manager)
    review = release.draft.reviews.get()
    review.level = 4
    review.save()
    clock.shift(minutes(1))
    seal = review.seals.get()
    Decision.objects.create(
        stage=review.stages.get(), seal=seal, person=manager, role="editor", verdict="approve",
        shown_sha256=seal.sha256,
    )  # fmt: skip
    clock.shift(minutes(1))
    rehearsals.ask(release, by=manager)
    for _ in range(2):
        boards.sign_with_decisions(timezone.now())
    signature = BoardSignature.objects.get()
    assert (signature.rehearsal, signature.person) == (row, manager)
    assert signature.at == timezone.now() - minutes(1)


def test_the_desk_shows_the_board_and_takes_the_acts(press, clock, client, manager, other):
    release = make_release("web")
    client.force_login(manager)
    address = f"/admin/releases/{release.pk}/board/"
    assert "Not rehearsed yet" in client.get(address).content.decode()
    client.post(f"{address}rehearse/")
    page = client.get(address).content.decode()
    assert "No worker is at work" in page
    assert "Let it leave all the same" in page
    row = board(release)
    client.post(f"{address}override/", {"rehearsal": row.pk, "reason": "It comes up"})
    assert "Confirm: set the No-Go aside" not in client.get(address).content.decode()
    client.force_login(other)
    page = client.get(address).content.decode()
    assert "Confirm: set the No-Go aside" in page
    assert "set aside</span></h1>" not in page
    client.post(f"{address}confirm/", {"rehearsal": row.pk})
    page = client.get(address).content.decode()
    assert f"{other} confirmed" in page
    assert "set aside</span></h1>" in page
    assert client.post(f"{address}sign/", {"rehearsal": "x"}).status_code == 404


def test_the_api_rehearses_shows_the_board_and_takes_the_acts(press, clock):
    release = make_release("web")
    first, second = Api.of("marketing_manager"), Api.of("senior_editor")
    problem(first.get(f"releases/{release.pk}/board"), 409, "not_rehearsed")
    made = first.post(f"releases/{release.pk}/rehearse", {}).json()
    assert made["verdict"] == "no_go"
    [works] = [row for row in made["checks"] if row["name"] == "workers"]
    assert (works["area"], works["verdict"]) == ("works", "no_go")
    assert first.get(f"releases/{release.pk}/board").json()["id"] == made["id"]
    path = f"releases/{release.pk}/board/override"
    assert first.post(path, {"reason": "It comes up"}).json()["override"]["confirmed_by"] is None
    problem(first.post(path, {}), 403, "not_allowed")
    assert second.post(path, {}).json()["override"]["confirmed_at"]
    problem(first.post(f"releases/{release.pk}/board/sign", {}), 403, "not_allowed")
