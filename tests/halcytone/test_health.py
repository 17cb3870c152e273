"""The probes say what was found, and call nothing healthy that was not looked at."""

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.utils import timezone

from publishing import tasks
from publishing.models import Heartbeat
from publishing.services import heartbeats


def components(client, status=200):
    response = client.get("/ready")
    assert response.status_code == status
    return response.json()["components"]


@pytest.mark.django_db
def test_without_a_worker_the_product_is_ready_but_degraded(client):
    assert components(client) == {"database": "healthy", "cache": "healthy", "workers": "degraded"}


@pytest.mark.django_db
def test_the_work_of_a_worker_is_its_heartbeat(client):
    tasks.work()
    assert components(client)["workers"] == "healthy"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("age_s", "state"), [(59, "healthy"), (61, "degraded"), (3600, "degraded")]
)
def test_a_worker_that_was_not_seen_for_a_minute_counts_as_away(client, age_s, state):
    heartbeats.beat(timezone.now() - timedelta(seconds=age_s))
    assert components(client)["workers"] == state


@pytest.mark.django_db
def test_a_beat_is_written_at_most_every_ten_seconds_and_never_goes_back():
    now = timezone.now()
    for seconds, expected in [(0, 0), (9, 0), (10, 10), (5, 10), (21, 21)]:
        heartbeats.beat(now + timedelta(seconds=seconds))
        assert Heartbeat.objects.get().at == now + timedelta(seconds=expected)


def test_what_cannot_be_looked_at_is_unknown_and_not_healthy(client, no_database):
    assert components(client, 503) == {
        "database": "unhealthy", "cache": "healthy", "workers": "unknown",
    }  # fmt: skip


def test_the_process_is_live_whatever_is_down(client, no_database):
    assert client.get("/live").status_code == 200


@pytest.mark.django_db
def test_without_the_cache_the_product_is_ready_but_degraded(client, settings):
    settings.CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": "redis://127.0.0.1:1/0",
        }
    }
    assert components(client)["cache"] == "degraded"
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    cache.clear()


@pytest.fixture
def no_database(db):
    """A database that answers no query."""
    from django.db import DatabaseError, connection

    def refuse(*_):
        raise DatabaseError("away")

    with connection.execute_wrapper(refuse):
        yield
