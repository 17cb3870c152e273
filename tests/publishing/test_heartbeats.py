"""A worker's beat: one row, written seldom, old as soon as nobody is at work."""

from datetime import timedelta

import pytest
from django.utils import timezone

from publishing.models import Heartbeat
from publishing.services import heartbeats

pytestmark = pytest.mark.django_db
NOW = timezone.now()


def later(seconds):
    return NOW + timedelta(seconds=seconds)


def test_nobody_has_ever_been_at_work():
    assert heartbeats.age_s(NOW) is None


def test_a_beat_is_as_old_as_it_is():
    heartbeats.beat(NOW)
    assert heartbeats.age_s(later(61)) == 61 > heartbeats.STALE_S


def test_many_workers_write_one_row_and_seldom():
    heartbeats.beat(NOW)
    heartbeats.beat(later(9))
    assert heartbeats.age_s(later(9)) == 9
    heartbeats.beat(later(10))
    assert heartbeats.age_s(later(10)) == 0
    assert Heartbeat.objects.filter(name=heartbeats.WORKER).count() == 1


def test_a_slow_worker_does_not_set_the_time_back():
    heartbeats.beat(later(60))
    heartbeats.beat(NOW)
    assert heartbeats.age_s(later(60)) == 0
