"""Nothing goes on late by itself after the machines were silent in the middle of a send."""

from datetime import timedelta

import pytest
from django.utils import timezone

from publishing import tasks
from publishing.books import books
from publishing.models import Heartbeat, Release
from publishing.services import releases
from publishing.services.silence import SENDER
from tests.factories.publishing import make_release, wall_now


@pytest.fixture
def silent(press):
    """Let a release be under way, and the last note of a worker be so many minutes old."""

    def since(minutes, **changes):
        release = releases.start(make_release("newsletter", people=2, slot_wall=wall_now()))
        before = timezone.now() - timedelta(minutes=minutes)
        Heartbeat.objects.create(name=SENDER, at=before)
        Release.objects.update(prepared_at=before - timedelta(minutes=1), **changes)
        return release

    return since


def test_what_was_under_way_before_a_long_silence_waits_for_a_person(silent, press):
    release = silent(120)
    tasks.work()
    release.refresh_from_db()
    assert release.status == "held"
    assert "Nothing could be sent from" in release.note
    assert press("our-newsletter").taken == {}

    tasks.work()
    assert press("our-newsletter").taken == {}
    releases.resume(release, by=None, reason="It is still news")
    tasks.work()
    assert books(release).confirmed == 2


@pytest.mark.parametrize(
    ("minutes", "changes"), [(10, {}), (4, {"grace_min": 0}), (120, {"lateness": "send"})]
)
def test_within_its_grace_or_by_its_rule_a_release_goes_on(silent, minutes, changes):
    release = silent(minutes, **changes)
    tasks.work()
    assert books(release).confirmed == 2


def test_what_set_off_after_the_silence_goes(silent, press):
    release = silent(120)
    Release.objects.update(prepared_at=timezone.now())
    tasks.work()
    assert books(release).confirmed == 2


def test_time_with_outbound_off_is_silence(silent, settings):
    release = silent(20)
    settings.OUTBOUND = "off"
    tasks.work()
    settings.OUTBOUND = "sandbox"
    tasks.work()
    release.refresh_from_db()
    assert release.status == "held"
