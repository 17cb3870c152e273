"""Whoever ordered a purge is told what became of it; pages are fetched so that no reader is the first."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from halcytone.lib.errors import Invalid
from publishing import tasks
from publishing.models import CacheCallback, WarmUp
from publishing.services import callbacks, purges, warming
from tests.api import Api
from tests.factories.people import PersonFactory
from tests.publishing.conftest import press  # noqa: F401
from tests.publishing.test_caches import cdn, later, order, out, purge_at, use  # noqa: F401

HOOK = "https://ops.example.com/webhooks/caches"


def heard(cdn):  # noqa: F811
    return cdn.ask("receivers", "GET", "/_sandbox/hooks")["hooks"]


def test_a_callback_tells_the_outcome_signed_once_every_purge_is_settled(cdn):  # noqa: F811
    row = order(callback_url=HOOK, request_id="r-12345678")
    cdn.fault("receivers", "status:503")  # of the network, not of the callback
    tasks.purge_caches()
    assert (heard(cdn), row.callback.state) == ([], "planned")
    purge_at(later(1))
    (told,) = heard(cdn)
    assert told["signature"] == "valid"
    assert told["headers"]["webhook-signature"].startswith("v1,")
    body = json.loads(told["body"])
    assert (body["event"], body["id"]) == ("cache.purged", told["headers"]["webhook-id"])
    assert body["data"] | {"duration_ms": 0} == {
        "order_id": str(row.pk), "request_id": "r-12345678", "status": "success",
        "cache_targets": ["cdn"], "keys_invalidated": 1, "duration_ms": 0, "errors": [],
    }  # fmt: skip
    tasks.purge_caches()
    assert len(heard(cdn)) == 1


def test_a_receiver_that_fails_twice_is_asked_three_times_and_the_purge_is_done_at_once(cdn):  # noqa: F811
    row = order(callback_url=HOOK)
    purges.work(timezone.now())
    cdn.fault("receivers", "status:500", times=2)
    tasks.purge_caches()
    row.callback.refresh_from_db()
    assert (row.status, row.callback.state, row.callback.attempts) == ("success", "planned", 1)
    first = row.callback.due_at
    purge_at(later(1))
    row.callback.refresh_from_db()
    assert row.callback.due_at - later(1) > first - timezone.now()  # the gaps grow
    purge_at(later(2))
    row.callback.refresh_from_db()
    assert (row.callback.state, row.callback.attempts) == ("confirmed", 3)


def test_a_receiver_has_ten_seconds_and_one_that_refuses_is_asked_once(cdn):  # noqa: F811
    assert callbacks.WITHIN_S == 10
    row = order(callback_url="https://ops.example.com/nowhere")
    tasks.purge_caches()
    row.callback.refresh_from_db()
    assert (row.status, row.callback.state, row.callback.error_code) == (
        "success",
        "failed",
        "not_found",
    )


def test_a_slow_receiver_is_left_when_its_time_is_over(cdn, monkeypatch):  # noqa: F811
    monkeypatch.setattr(callbacks, "WITHIN_S", 0.3)
    row = order(callback_url=HOOK)
    purges.work(timezone.now())
    cdn.fault("receivers", "slow:2000")
    tasks.purge_caches()
    row.callback.refresh_from_db()
    assert (row.callback.state, row.callback.error_code) == ("planned", "timeout")


def test_a_callback_whose_worker_ended_is_made_by_the_next(cdn):  # noqa: F811
    order(callback_url=HOOK)
    purges.work(timezone.now())
    CacheCallback.objects.update(
        state="handed_over", lease_until=timezone.now() - timedelta(seconds=1)
    )
    tasks.purge_caches()
    assert CacheCallback.objects.get().state == "confirmed"


@pytest.mark.parametrize(
    "url", ["http://ops.example.com/", "https://127.0.0.1/", "https://10.0.0.1/x", "https://localhost/", "no address"]
)  # fmt: skip
def test_nobody_is_told_inside_the_house_or_without_tls(cdn, url):  # noqa: F811
    with pytest.raises(Invalid) as refused:
        order(callback_url=url)
    assert refused.value.problems[0].attr == "callback_url"


def test_callbacks_are_off_without_the_secret_that_signs(cdn, settings):  # noqa: F811
    settings.OUTBOUND, settings.HOOK_SECRETS = "live", {}
    with pytest.raises(Invalid, match="HOOK_SECRET_CACHE"):
        order(callback_url=HOOK)


def warm_at(moment):
    warming.plan(moment)
    warming.work(moment)


def test_pages_are_warmed_once_a_night_in_new_york(cdn, settings):  # noqa: F811
    settings.SITE = {**settings.SITE, "base_url": cdn.url("platform")}
    warm_at(datetime(2026, 12, 1, 7, 59, tzinfo=UTC))
    assert not WarmUp.objects.exists()
    warm_at(datetime(2026, 12, 1, 8, 0, tzinfo=UTC))
    warm_at(datetime(2026, 12, 1, 8, 30, tzinfo=UTC))
    row = WarmUp.objects.get()
    assert [one["path"] for one in row.results] == list(purges.AROUND)
    found = warming.last()
    assert (found["pages"], found["goal"], found["occasion"]) == (len(purges.AROUND), 80, "night")
    assert found["hit_rate"] is None  # this place does not say where its pages come from


def test_a_settled_purge_is_followed_by_a_round_over_its_pages(cdn):  # noqa: F811
    row = order(keys=["/updates/a", "https://a.example/updates/b"], patterns=["/content/*"])
    cdn.fault("receivers", "status:503")
    tasks.purge_caches()
    assert not WarmUp.objects.exists()
    purge_at(later(1))
    purge_at(later(1))
    warm = WarmUp.objects.get()
    assert (warm.order, warm.paths) == (row, ["/updates/a", "/updates/b"])
    assert warm.finished_at
    assert warm.error  # https://a.example is not reached in a sandbox, and the row says so
    assert len(warm.results) == 1


def test_the_hit_rate_is_of_answers_that_say_where_they_come_from():
    met = [
        ("/a", True, ""),
        ("/b", True, ""),
        ("/c", False, ""),
        ("/d", None, ""),
        ("/e", None, "It is away"),
    ]
    row = WarmUp(results=[dict(zip(("path", "is_hit", "error"), one, strict=True)) for one in met])  # fmt: skip
    assert (row.hits, row.answered, row.hit_rate) == (2, 4, 66.7)


def test_a_round_goes_on_where_its_share_of_time_ended(cdn, settings):  # noqa: F811
    settings.SITE = {**settings.SITE, "base_url": cdn.url("platform")}
    now = datetime(2026, 12, 1, 8, 0, tzinfo=UTC)
    warming.plan(now)
    row = WarmUp.objects.get()
    assert not warming._warm(row, until=0)
    WarmUp.objects.update(results=[{"path": "/", "is_hit": True, "error": ""}])
    warming.work(now)
    row.refresh_from_db()
    assert (row.results[0]["is_hit"], len(row.results)) == (True, len(row.paths))


def test_the_api_shows_the_hit_rate_beside_its_goal(cdn):  # noqa: F811
    results = [
        {"path": "/", "is_hit": True, "error": ""},
        {"path": "/a", "is_hit": False, "error": ""},
    ]
    WarmUp.objects.create(
        occasion="night", paths=["/", "/a"], results=results, finished_at=timezone.now()
    )
    found = Api(PersonFactory(group="viewer")).get("cache/status").json()["warm_up"]
    assert (found["hit_rate"], found["goal"], found["is_met"]) == (50.0, 80, False)
