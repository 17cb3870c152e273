"""Pace: how much an account hands over in a second, an hour and a day, over all its workers."""

import os
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from publishing.channels.quotas import Told
from publishing.models import Delivery, PassportValue, Quota
from publishing.services import ledger, outcomes, pace, releases, sender
from tests.conftest import REDIS
from tests.factories.publishing import make_account, make_release, wall_now

NOW = datetime(2026, 12, 1, 15, 30, 10, tzinfo=UTC)
HOUR_ENDS = datetime(2026, 12, 1, 16, tzinfo=UTC)


def limit(account, **values):
    for name, value in values.items():
        PassportValue.objects.create(
            channel=account.channel,
            account=account,
            name=name,
            value=value,
            reason="Agreed with the host",
            review_on="2027-01-01",
        )
    return account


@pytest.fixture(params=["rows", pytest.param("redis", marks=pytest.mark.redis)])
def counting(request, settings):
    if request.param == "redis":
        settings.LIMITS_URL = REDIS
        import redis

        server = redis.Redis.from_url(REDIS)
        for key in server.scan_iter("*pace:*"):
            server.delete(key)
    return request.param


@pytest.fixture
def mail(press):
    return make_account("newsletter")


def states():
    return sorted(Delivery.objects.values_list("state", flat=True))


class TestAllowance:
    def test_it_is_what_is_left_of_the_hour(self, counting, mail):
        limit(mail, per_hour=15)
        assert [pace.allowance(mail, 10, NOW) for _ in range(3)] == [10, 5, 0]

    def test_the_next_hour_of_the_clock_begins_anew(self, counting, mail):
        limit(mail, per_hour=15)
        pace.allowance(mail, 15, NOW)
        assert pace.allowance(mail, 1, HOUR_ENDS - timedelta(seconds=1)) == 0
        assert pace.allowance(mail, 20, HOUR_ENDS) == 15

    def test_the_strictest_of_second_hour_and_day_counts(self, counting, mail):
        limit(mail, per_second=10, per_hour=25, per_day=32)
        found = [pace.allowance(mail, 100, NOW + timedelta(seconds=s)) for s in range(4)]
        assert found == [10, 10, 5, 0]
        assert [pace.allowance(mail, 100, HOUR_ENDS)] == [7]  # of the day

    def test_what_one_window_refuses_is_not_counted_in_another(self, counting, mail):
        limit(mail, per_second=2, per_hour=100)
        pace.allowance(mail, 50, NOW)
        used = {each.name: each.used for each in pace.spent(mail, pace.passports.of(mail), NOW)}
        assert used == {"per_hour": 2, "per_second": 2}

    def test_what_was_not_handed_over_is_given_back(self, counting, mail):
        limit(mail, per_hour=15)
        pace.allowance(mail, 15, NOW)
        pace.give_back(mail, 4, NOW)
        assert pace.allowance(mail, 10, NOW) == 4

    def test_what_an_hour_gives_back_is_no_gain_for_the_next(self, counting, mail):
        limit(mail, per_hour=15)
        pace.allowance(mail, 15, NOW)
        pace.allowance(mail, 15, HOUR_ENDS)
        pace.give_back(mail, 15, NOW)
        assert pace.allowance(mail, 1, HOUR_ENDS) == 0

    def test_giving_back_more_than_was_counted_gains_nothing(self, counting, mail):
        limit(mail, per_second=10, per_hour=15)
        pace.allowance(mail, 10, NOW)
        later = NOW + timedelta(seconds=1)
        pace.allowance(mail, 2, later)
        pace.give_back(mail, 9, later)  # seven of them were counted in the second before
        assert pace.allowance(mail, 30, later) == 10
        untouched = NOW + timedelta(hours=2)
        pace.give_back(mail, 9, untouched)
        assert pace.allowance(mail, 30, untouched) == 10

    def test_without_a_limit_all_go(self, counting, mail):
        assert pace.allowance(mail, 500, NOW) == 500

    def test_while_redis_is_away_nothing_goes(self, mail, settings):
        settings.LIMITS_URL = "redis://127.0.0.1:1/0"
        limit(mail, per_hour=15)
        assert pace.allowance(mail, 1, NOW) == 0


class TestTheWordOfThePlace:
    def test_a_number_that_is_left_is_shared_by_all_workers(self, mail):
        pace.heard(mail, Told(left=3, resets_at=HOUR_ENDS), NOW)
        assert [pace.allowance(mail, 2, NOW) for _ in range(3)] == [2, 1, 0]
        assert pace.allowance(mail, 2, HOUR_ENDS) == 2

    def test_what_is_not_used_of_it_is_given_back(self, mail):
        limit(mail, per_hour=2)
        pace.heard(mail, Told(left=3, resets_at=HOUR_ENDS), NOW)
        assert pace.allowance(mail, 500, NOW) == 2
        pace.give_back(mail, 2, NOW)
        assert pace.allowance(mail, 500, NOW) == 2
        assert Quota.objects.get().left == 1

    def test_what_it_said_since_is_left_alone(self, mail):
        pace.heard(mail, Told(left=3, resets_at=HOUR_ENDS), NOW)
        assert pace.allowance(mail, 2, NOW) == 2
        pace.heard(mail, Told(left=1, resets_at=HOUR_ENDS), NOW + timedelta(seconds=1))
        pace.give_back(mail, 2, NOW)
        assert Quota.objects.get().left == 1

    def test_a_pause_holds_until_it_ends(self, mail):
        pace.heard(mail, Told(pause_until=HOUR_ENDS), NOW)
        assert pace.allowance(mail, 1, NOW) == 0
        assert pace.allowance(mail, 1, HOUR_ENDS) == 1

    def test_the_passport_counts_where_it_is_stricter(self, mail):
        limit(mail, per_hour=1)
        pace.heard(mail, Told(left=3, resets_at=HOUR_ENDS), NOW)
        assert pace.allowance(mail, 3, NOW) == 1

    def test_silence_changes_nothing(self, mail):
        pace.heard(mail, Told(pause_until=HOUR_ENDS), NOW)
        pace.heard(mail, None, NOW)
        assert pace.allowance(mail, 1, NOW) == 0


class TestClaims:
    @pytest.fixture
    def started(self, mail):
        return releases.start(make_release("newsletter", people=5, slot_wall=wall_now()))

    def test_a_claim_never_takes_more_than_the_pace_allows(self, counting, mail, started):
        limit(mail, per_hour=3)
        now = timezone.now()
        assert len(ledger.claim("w1", mail, now=now).rows) == 3
        assert ledger.claim("w2", mail, now=now) is None
        assert states() == ["claimed"] * 3 + ["planned"] * 2

    def test_what_was_allowed_and_not_due_stays_for_others(self, counting, mail, started):
        limit(mail, per_hour=8)
        now = timezone.now()
        ledger.claim("w1", mail, now=now)
        assert pace.allowance(mail, 10, now) == 3

    def test_a_worker_waits_for_the_next_second_and_goes_on(self, mail, started):
        limit(mail, per_second=2)
        begun = time.time()
        assert sender.work("w1") == 5
        assert int(time.time()) - int(begun) == 2
        assert states() == ["confirmed"] * 5

    def test_a_worker_does_not_wait_for_the_hour(self, mail, started):
        limit(mail, per_second=2, per_hour=2)
        assert sender.work("w1") == 2
        assert states() == ["confirmed"] * 2 + ["planned"] * 3

    def test_what_is_put_back_costs_nothing(self, mail, started, settings):
        limit(mail, per_hour=5)
        settings.HAND_OVER_BATCH = 2
        claim = ledger.claim("w1", mail)
        assert sender.send("w1", claim, until=time.monotonic() - 1) == 0
        assert sender.work("w1") == 5


def test_a_post_that_was_not_reached_waits_shorter_than_one_that_was_told_to(press):
    row = Delivery(attempts=2)
    away = outcomes.Unavailable("X cannot be reached", code="unreachable")
    limited = outcomes.Unavailable("X asks to wait (429)", code="rate_limited")
    named = outcomes.Unavailable("X asks to wait (429)", code="rate_limited", retry_after_s=7)
    assert [outcomes._wait_s(row, each) for each in (away, limited, named)] == [600, 1500, 7]


ASK = """
import os, sys, time, django
django.setup()
from datetime import UTC, datetime
from publishing.models import Account
from publishing.services import pace

account, now = Account.objects.get(), datetime(2026, 12, 1, 15, 30, tzinfo=UTC)
print("ready", flush=True)
sys.stdin.readline()
print(sum(pace.allowance(account, 7, now) for _ in range(40)))
"""


def asked_by_two_processes(environment):
    """Return what two processes together were allowed, asking 80 times for 7."""
    started = [
        subprocess.Popen(
            [sys.executable, "-c", ASK],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    assert [process.stdout.readline() for process in started] == ["ready\n"] * 2
    for process in started:
        process.stdin.write("go\n")
        process.stdin.flush()
    return sum(int(process.communicate(timeout=60)[0]) for process in started)


MAKE = """
import django
django.setup()
from tests.factories.publishing import make_account
from tests.publishing.test_pace import limit
limit(make_account("newsletter"), per_hour=200, per_day=1000)
"""


@pytest.mark.slow
@pytest.mark.postgres
@pytest.mark.parametrize("counts", ["rows", pytest.param("redis", marks=pytest.mark.redis)])
def test_two_processes_together_get_exactly_the_hour(postgres_url, counts):
    environment = os.environ | {
        "DATABASE_URL": postgres_url,
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "REDIS_URL": REDIS if counts == "redis" else "",
    }
    for command in (["manage.py", "migrate", "--verbosity=0"], ["-c", MAKE]):
        subprocess.run([sys.executable, *command], env=environment, check=True)
    if counts == "redis":
        import redis

        server = redis.Redis.from_url(REDIS)
        for key in server.scan_iter("*pace:1:*"):
            server.delete(key)
    assert asked_by_two_processes(environment) == 200
