"""Claims, hand-overs, what came of them, and lost leases."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from publishing import keys
from publishing.books import books
from publishing.models import Account, Delivery, Event, Release
from publishing.services import installation, ledger, lines, outcomes, releases, sender
from publishing.services.outcomes import Outcome
from segmentation.models import Consent, Contact
from tests.factories.publishing import make_account, make_release, wall_now
from tests.factories.segmentation import make_consent, make_suppression

State = Delivery.State


def started(*formats, **changes):
    return releases.start(make_release(*formats, slot_wall=wall_now(), **changes))


def states():
    return list(Delivery.objects.order_by("pk").values_list("state", flat=True))


def account():
    return Account.objects.get()


def later(seconds):
    return timezone.now() + timedelta(seconds=seconds)


def test_a_row_is_claimed_by_one_worker(press):
    started("newsletter", people=3)
    first = ledger.claim("w1", account())
    assert len(first.rows) == 3
    assert ledger.claim("w2", account()) is None
    assert set(Delivery.objects.values_list("state", "worker")) == {("claimed", "w1")}


def test_a_claim_takes_at_most_one_batch(press, settings):
    settings.CLAIM_BATCH = 2
    started("newsletter", people=3)
    assert [len(ledger.claim(name, account()).rows) for name in ("w1", "w2")] == [2, 1]


def test_the_key_is_that_of_the_act_whoever_computes_it(press):
    release = started("newsletter", "x", people=2)
    for row in release.deliveries.select_related("account", "part_of__seal"):
        assert row.idempotency_key == keys.key(
            release=release.pk,
            account=row.account.key,
            target=row.target,
            part=row.part,
            seal=row.part_of.seal.sha256,
        )


def test_who_unsubscribes_between_preparation_and_claim_is_excluded(press):
    release = started("newsletter", people=3)
    make_consent(Contact.objects.get(email="reader1@halcytone.example"), is_given=False)
    make_suppression("reader2@halcytone.example", reason="complaint")
    sender.work("w1")
    found = books(release)
    assert found.by_reason == {"unsubscribed": 1, "complained": 1}
    assert (found.candidates, found.confirmed) == (3, 1)
    addresses = [each.recipient.address for each in press("our-newsletter").messages]
    assert addresses == ["reader0@halcytone.example"]


def test_who_unsubscribes_after_the_claim_is_excluded_at_the_hand_over(press, settings):
    settings.HAND_OVER_BATCH = 1
    release = started("newsletter", people=3)

    def leave(message):
        make_consent(Contact.objects.get(email="reader1@halcytone.example"), is_given=False)
        make_suppression("reader2@halcytone.example", reason="complaint")
        press("our-newsletter").before_send = None

    press("our-newsletter").before_send = leave
    sender.work("w1")
    assert books(release).by_reason == {"unsubscribed": 1, "complained": 1}
    assert len(press("our-newsletter").taken) == 1


def test_a_batch_is_over_by_either_clock_so_that_a_machine_that_slept_sends_no_more():
    soon = [clock() + 60 for clock in lines.CLOCKS]
    assert not lines.is_over(soon)
    assert lines.is_over([soon[0], soon[1] - 120])
    assert lines.is_over([soon[0] - 120, soon[1]])


def test_who_was_removed_meanwhile_is_excluded_as_erased(press):
    release = started("newsletter", people=2)
    Delivery.objects.filter(contact__email="reader1@halcytone.example").update(contact=None)
    sender.work("w1")
    assert books(release).by_reason == {"erased": 1}


def test_who_never_answered_is_excluded_at_the_claim(press):
    release = started("newsletter", people=1)
    Consent.objects.all().delete()
    sender.work("w1")
    assert books(release).by_reason == {"no_consent": 1}


def test_mails_wait_for_the_page_while_it_is_on_its_way(press):
    started("newsletter", "web", people=2)
    mail = Account.objects.get(format="newsletter")
    assert ledger.claim("w1", mail) is None
    assert ledger.due_accounts(timezone.now()) == [Account.objects.get(format="web")]
    sender.work("w1")
    assert Delivery.objects.filter(state=State.CONFIRMED).count() == 3


def test_mails_do_not_wait_for_the_page_for_ever(press):
    started("newsletter", "web", people=2)
    press("our-web").script += ["wait:900"]
    sender.work("w1")
    assert states().count(State.CONFIRMED) == 0
    Release.objects.update(prepared_at=later(-301))
    sender.work("w1")
    assert states().count(State.CONFIRMED) == 2


def test_an_outcome_of_each_class_is_written(press):
    started("newsletter", people=4)
    press("our-newsletter").script += ["take", "refuse", "wait:90", "lose"]
    before = timezone.now()
    sender.work("w1")
    rows = list(Delivery.objects.order_by("pk"))
    assert [row.state for row in rows] == ["confirmed", "failed", "planned", "uncertain"]
    assert rows[0].provider_id
    assert rows[0].confirmed_at is not None
    assert (rows[1].error_code, rows[1].error) == ("refused", "The place refused it")
    assert before + timedelta(seconds=85) < rows[2].due_at < before + timedelta(seconds=100)
    assert (rows[2].attempts, rows[2].worker) == (1, "")
    assert rows[3].error_code == "lost_answer"


def test_a_release_with_an_uncertain_row_is_incomplete_and_says_how_many(press):
    release = started("newsletter", people=2)
    press("our-newsletter").script += ["lose"]
    sender.work("w1")
    release.refresh_from_db()
    assert (release.status, release.note) == ("incomplete", "Incomplete, 1 to resolve")


def test_an_uncertain_row_is_never_repeated_by_a_machine(press):
    started("newsletter", people=1)
    press("our-newsletter").script += ["drop"]
    sender.work("w1")
    Delivery.objects.update(due_at=later(-1), lease_until=later(-1))
    sender.recover("w2")
    assert sender.work("w2") == 0
    assert states() == ["uncertain"]


def test_a_post_that_is_asked_to_wait_three_times_fails(press):
    started("web")
    press("our-web").script += ["wait"] * 3
    for _ in range(3):
        sender.work("w1")
        Delivery.objects.update(due_at=later(-1))
    assert states() == ["failed"]
    assert Delivery.objects.get().attempts == 3


def test_posts_wait_longer_with_each_attempt(press):
    started("web")
    press("our-web").script += ["wait", "wait"]
    waits = []
    for _ in range(2):
        sender.work("w1")
        waits.append(round((Delivery.objects.get().due_at - timezone.now()).total_seconds(), -1))
        Delivery.objects.update(due_at=later(-1))
    assert waits == [1200, 1500]  # 5 min × attempt, and 15 min as it was told to wait


def test_mail_deferrals_go_on_for_a_day():
    row = Delivery(contact_id=1, attempts=1)
    waits = []
    while (wait := outcomes._wait_s(row, outcomes.RemoteError("later"))) is not None:
        waits.append(wait)
        row.attempts += 1
    assert waits[:3] == [10, 20, 40]
    assert 24 * 3600 < sum(waits) < 26 * 3600


def test_five_failures_in_a_row_spare_the_rest_of_the_batch(press):
    started("newsletter", people=20)
    press("our-newsletter").script += ["wait:600"] * 20
    assert sender.work("w1") == 20
    assert sum(press("our-newsletter").asked.values()) == 5
    assert sorted(Delivery.objects.values_list("attempts", flat=True)) == [0] * 15 + [1] * 5
    assert states() == ["planned"] * 20
    sender.work("w1")
    assert sum(press("our-newsletter").asked.values()) == 5


def test_a_fault_of_the_channel_makes_one_uncertain_row_and_spares_the_others(press):
    def fail(message):
        if message.recipient.name == "Reader 1":
            raise KeyError("a bug")

    started("newsletter", people=3)
    press("our-newsletter").before_send = fail
    sender.work("w1")
    assert states() == ["confirmed", "uncertain", "confirmed"]
    assert "a bug" not in Delivery.objects.get(state="uncertain").error


def test_a_refused_sign_in_stops_the_account(press):
    from halcytone.lib.errors import Refused

    def refuse(message):
        raise Refused("The account is not let in", code="unauthorized")

    started("newsletter", people=3)
    press("our-newsletter").before_send = refuse
    sender.work("w1")
    assert states() == ["failed", "planned", "planned"]
    press("our-newsletter").before_send = None
    assert sender.work("w1") == 0


def test_a_claim_whose_worker_ended_becomes_free(press):
    started("newsletter", people=2)
    ledger.claim("dead", account())
    sender.recover("w2")
    assert states() == ["claimed"] * 2
    Delivery.objects.update(lease_until=later(-1))
    sender.recover("w2")
    assert states() == ["planned"] * 2
    assert sender.work("w2") == 2


def test_a_hand_over_whose_worker_ended_is_uncertain(press):
    release = started("newsletter", people=2)
    claim = ledger.claim("dead", account())
    ledger.advance("dead", [], claim.rows, claim.parts)
    Delivery.objects.update(lease_until=later(-1))
    sender.recover("w2")
    assert states() == ["uncertain"] * 2
    assert set(Event.objects.values_list("kind", flat=True)) == {"lease_lost"}
    release.refresh_from_db()
    assert release.status == "incomplete"


def test_a_late_receipt_of_its_own_worker_still_counts(press):
    started("newsletter", people=1)
    claim = ledger.claim("slow", account())
    (row,) = ledger.advance("slow", [], claim.rows, claim.parts)
    Delivery.objects.update(lease_until=later(-1))
    sender.recover("w2")
    ledger.advance("slow", [Outcome(row.pk, State.CONFIRMED, "id-1")])
    found = Delivery.objects.values_list("state", "provider_id").get(pk=row.pk)
    assert found == ("confirmed", "id-1")


def test_a_receipt_of_another_worker_changes_nothing(press):
    started("newsletter", people=1)
    claim = ledger.claim("w1", account())
    (row,) = ledger.advance("w1", [], claim.rows, claim.parts)
    assert outcomes.record("w2", [Outcome(row.pk, State.CONFIRMED, "id-1")]) == 0
    assert states() == ["handed_over"]


def test_a_row_that_another_worker_has_meanwhile_is_not_sent(press):
    started("newsletter", people=2)
    claim = ledger.claim("slow", account())
    Delivery.objects.filter(pk=claim.rows[0].pk).update(worker="w2")
    mine = ledger.advance("slow", [], claim.rows, claim.parts)
    assert [row.pk for row in mine] == [claim.rows[1].pk]


def test_each_mail_knows_who_follows_on_its_line(press):
    started("newsletter", people=3)
    sender.work("w1")
    readers = [message.recipient for message in press("our-newsletter").messages]
    addresses = [reader.address for reader in readers]
    assert [reader.following for reader in readers] == [*addresses[1:], ""]


def test_a_worker_that_is_out_of_time_puts_its_claims_back(press):
    started("newsletter", people=3)
    claim = ledger.claim("w1", account())
    assert sender.send("w1", claim, until=0) == 0
    assert states() == ["planned"] * 3


def test_a_read_back_finds_what_a_dead_worker_had_sent(press):
    started("web")
    claim = ledger.claim("dead", account())
    (row,) = ledger.advance("dead", [], claim.rows, claim.parts)
    press("our-web").taken[row.key] = _message(row)
    Delivery.objects.update(lease_until=later(-1))
    sender.recover("w2")
    assert states() == ["confirmed"]
    assert press("our-web").asked == {}


def test_a_read_back_that_finds_nothing_plans_it_again(press):
    started("web")
    claim = ledger.claim("dead", account())
    ledger.advance("dead", [], claim.rows, claim.parts)
    Delivery.objects.update(lease_until=later(-1))
    sender.recover("w2")
    assert states() == ["planned"]
    Delivery.objects.update(due_at=later(-1))
    sender.work("w2")
    assert len(press("our-web").taken) == 1


def test_an_account_that_is_not_to_be_read_back_leaves_it_uncertain(press):
    make_account("web", can_read_back=False)
    started("web")
    claim = ledger.claim("dead", account())
    ledger.advance("dead", [], claim.rows, claim.parts)
    Delivery.objects.update(lease_until=later(-1))
    sender.recover("w2")
    assert states() == ["uncertain"]


def _message(row):
    from publishing.channels.base import Message

    return Message(row.key, {})


def test_a_claim_and_a_record_take_as_many_queries_for_many_rows_as_for_few(press, settings):
    started("newsletter", people=45)
    counts = []
    for settings.CLAIM_BATCH in (5, 40):
        with CaptureQueriesContext(connection) as captured:
            claim = ledger.claim("w1", account())
            rows = ledger.advance("w1", [], claim.rows, claim.parts)
            ledger.advance("w1", [Outcome(row.pk, State.CONFIRMED, "id") for row in rows])
        counts.append((len(rows), len(captured)))
    assert [rows for rows, _ in counts] == [5, 40]
    assert counts[0][1] == counts[1][1]


@pytest.mark.parametrize(
    "change",
    [
        {"state": "excluded"},
        {"reason": "suppressed"},
        {"state": "claimed"},
        {"state": "confirmed"},
        {"state": "uncertain"},
        {"state": "handed_over"},
        {"part": 2},
    ],
)
def test_the_database_refuses_a_row_that_cannot_be(press, change):
    started("web")
    with pytest.raises(IntegrityError), transaction.atomic():
        Delivery.objects.update(**change)


def test_the_same_act_cannot_be_planned_twice(press):
    started("web")
    row = Delivery.objects.get()
    row.pk, row.idempotency_key = None, "0" * 32
    with pytest.raises(IntegrityError), transaction.atomic():
        row.save(force_insert=True)


def test_every_column_of_the_ledger_is_set_by_the_bulk_insert(press):
    started("newsletter", people=1)
    row = Delivery.objects.get()
    assert row.merge == {"name": "Reader 0"}
    assert row.target == f"contact:{row.contact_id}"
    assert row.due_at == row.release.prepared_at
    assert installation.may_send()


def test_a_message_that_cannot_be_made_fails_alone(press):
    started("newsletter", people=3)
    Delivery.objects.filter(contact__name="Reader 1").update(merge=["not", "a", "mapping"])
    sender.work("w1")
    assert states() == ["confirmed", "failed", "confirmed"]
    assert Delivery.objects.get(state="failed").error_code == "not_built"


def test_a_read_back_that_fails_settles_nothing(press, settings):
    settings.CHANNELS["page"] = {"BACKEND": "tests.publishing.killing.Unreadable"}
    started("web")
    sender.work("w1")
    assert states() == ["uncertain"]


def test_a_worker_that_finds_outbound_off_puts_its_claims_back(press, settings):
    started("newsletter", people=2)
    claim = ledger.claim("w1", account())
    settings.OUTBOUND = "off"
    assert sender.send("w1", claim) == 0
    assert states() == ["planned"] * 2


def test_an_account_that_cannot_be_spoken_for_does_not_stop_the_others(press, settings):
    started("newsletter", "x", people=1)
    ours = Account.objects.get(format="newsletter")
    Account.objects.filter(format="x").update(channel="x", credential="half")
    settings.CHANNELS = {**settings.CHANNELS, "x": {"BACKEND": "publishing.channels.x.X"}}
    settings.SANDBOX_PORTS = {**settings.SANDBOX_PORTS, "x": 1}
    settings.CREDENTIALS = {"half": '{"consumer_key": "k"}'}
    sender.work("w1")
    assert Delivery.objects.get(account=ours).state == State.CONFIRMED
    assert set(Delivery.objects.exclude(account=ours).values_list("state", "worker")) == {
        ("planned", "")
    }


def test_an_account_whose_channel_is_gone_does_not_stop_the_others(press):
    started("newsletter", "x", people=1)
    ours = Account.objects.get(format="newsletter")
    Account.objects.filter(format="x").update(key="a-first", channel="gone")
    sender.work("w1")
    sender.recover("w1")
    assert Delivery.objects.get(account=ours).state == State.CONFIRMED
