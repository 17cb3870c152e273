"""The breaker of an account: it opens after failures in a row, and lets probes through one by one."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from publishing.models import Breaker, Delivery, Stop
from publishing.services import breakers, ledger, releases, sender
from publishing.services.outcomes import Outcome
from tests.factories.publishing import make_account, make_release, wall_now

NOW = datetime(2026, 12, 1, 15, tzinfo=UTC)
MISS, ANSWER, NOTHING = (Outcome(1, "planned", is_miss=each) for each in (True, False, None))


def after(seconds):
    return NOW + timedelta(seconds=seconds)


@pytest.fixture
def mail(press):
    return make_account("newsletter")


class TestOpening:
    def test_five_failures_in_a_row_open_it(self, mail):
        breakers.seen(mail, [MISS] * 4, NOW)
        assert breakers.is_closed(mail, NOW)
        breakers.seen(mail, [MISS], NOW)
        assert not breakers.is_closed(mail, after(59))

    def test_an_answer_between_them_begins_the_row_anew(self, mail):
        breakers.seen(mail, [MISS] * 4 + [ANSWER] + [MISS] * 4, NOW)
        assert breakers.is_closed(mail, NOW)

    def test_what_was_never_asked_counts_as_nothing(self, mail):
        breakers.seen(mail, [MISS, NOTHING, MISS, NOTHING, MISS, MISS, NOTHING, MISS], NOW)
        assert not breakers.is_closed(mail, NOW)

    def test_two_workers_count_together(self, mail):
        breakers.seen(mail, [MISS] * 3, NOW)  # one worker
        breakers.seen(mail, [MISS] * 2, NOW)  # another
        assert breakers.allowance("w3", mail, 500, after(1)) == 0

    def test_all_is_well_without_a_row(self, mail):
        breakers.seen(mail, [ANSWER] * 50, NOW)
        assert breakers.allowance("w1", mail, 500, NOW) == 500
        assert not Breaker.objects.exists()


class TestProbes:
    @pytest.fixture(autouse=True)
    def opened(self, mail):
        breakers.seen(mail, [MISS] * 5, NOW)

    def test_after_a_minute_one_row_goes_by_one_worker(self, mail):
        assert [breakers.allowance(w, mail, 500, after(60)) for w in ("w1", "w2")] == [1, 0]

    def test_a_probe_of_a_worker_that_ended_is_free_again_after_its_lease(self, mail, settings):
        breakers.allowance("w1", mail, 500, after(60))
        assert breakers.allowance("w2", mail, 500, after(61 + settings.LEASE_S)) == 1

    def test_a_probe_that_found_no_row_is_free_at_once(self, mail):
        breakers.allowance("w1", mail, 500, after(60))
        breakers.put_back("w1", mail)
        assert breakers.allowance("w2", mail, 500, after(60)) == 1

    def test_three_answers_close_it(self, mail):
        for _ in range(3):
            assert breakers.allowance("w1", mail, 500, after(60)) == 1
            breakers.seen(mail, [ANSWER], after(60))
        assert breakers.allowance("w1", mail, 500, after(60)) == 500

    def test_a_failed_probe_doubles_the_wait_up_to_ten_minutes(self, mail):
        waits, at = [], NOW
        for _ in range(5):
            row = Breaker.objects.get()
            waits.append(row.wait_s)
            at = row.opens_until
            assert breakers.allowance("w1", mail, 500, at) == 1
            breakers.seen(mail, [MISS], at)
        assert [*waits, Breaker.objects.get().wait_s] == [60, 120, 240, 480, 600, 600]

    def test_after_closing_the_wait_begins_with_a_minute_again(self, mail):
        breakers.seen(mail, [MISS], after(60))
        breakers.seen(mail, [ANSWER] * 3, after(200))
        breakers.seen(mail, [MISS] * 5, after(300))
        assert Breaker.objects.get().wait_s == 60

    def test_what_was_under_way_when_it_opened_changes_nothing(self, mail):
        breakers.seen(mail, [ANSWER] * 5, after(5))
        breakers.seen(mail, [MISS] * 5, after(5))
        row = Breaker.objects.get()
        assert (row.wait_s, row.opens_until) == (60, after(60))


class TestSending:
    @pytest.fixture
    def started(self, mail):
        return releases.start(make_release("newsletter", people=8, slot_wall=wall_now()))

    def test_after_five_failures_the_rest_waits_as_it_was_due(self, press, mail, started):
        due = Delivery.objects.order_by("pk").last().due_at
        press("our-newsletter").script += ["wait:300"] * 5
        assert sender.work("w1") == 8
        rows = list(Delivery.objects.order_by("pk"))
        assert [row.state for row in rows] == ["planned"] * 8
        assert [row.attempts for row in rows] == [1] * 5 + [0] * 3
        assert {row.due_at for row in rows[5:]} == {due}
        assert ledger.claim("w2", mail) is None  # by another worker neither

    def test_rows_go_one_by_one_and_then_all(self, press, mail, started):
        press("our-newsletter").script += ["wait:0"] * 5
        sender.work("w1")
        Breaker.objects.update(opens_until=timezone.now())
        sizes = []
        while claim := ledger.claim("w2", mail):
            sizes.append(len(claim.rows))
            sender.send("w2", claim)
        assert sizes == [1, 1, 1, 5]
        assert set(Delivery.objects.values_list("state", flat=True)) == {"confirmed"}

    def test_lost_answers_open_it_too(self, press, mail, started):
        press("our-newsletter").script += ["lose"] * 5
        sender.work("w1")
        assert sorted(Delivery.objects.values_list("state", flat=True)) == (
            ["planned"] * 3 + ["uncertain"] * 5
        )
        assert not breakers.is_closed(mail, timezone.now())

    def test_refusals_never_open_it(self, press, mail, started):
        press("our-newsletter").script += ["refuse"] * 7
        sender.work("w1")
        assert breakers.is_closed(mail, timezone.now())
        assert Delivery.objects.filter(state="failed").count() == 7
        assert not Stop.objects.exists()

    def test_a_probe_that_was_excluded_meanwhile_is_free_again(self, press, mail, started):
        breakers.seen(mail, [MISS] * 5, timezone.now() - timedelta(seconds=61))
        claim = ledger.claim("w1", mail)
        Delivery.objects.filter(pk=claim.rows[0].pk).update(contact=None)
        claim.rows[0].contact_id = None
        sender.send("w1", claim)
        assert len(ledger.claim("w2", mail).rows) == 1
