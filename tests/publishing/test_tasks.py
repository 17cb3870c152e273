"""The entrances of the workers, and the rows that wake them."""

import os
import subprocess
import sys

import pytest
from django.core.checks import run_checks
from django_celery_beat.models import PeriodicTask

from halcytone.celery import app
from publishing import schedule, tasks
from publishing.models import Delivery
from publishing.services import releases
from tests.factories.people import PersonFactory
from tests.factories.publishing import make_release, wall_now


def test_the_work_task_sends_what_is_due(press):
    releases.start(make_release("newsletter", people=3, slot_wall=wall_now()))
    tasks.work()
    assert set(Delivery.objects.values_list("state", flat=True)) == {"confirmed"}


def test_the_reconcile_task_starts_what_is_due(press):
    release = make_release("web", slot_wall=wall_now())
    tasks.reconcile()
    tasks.recover()
    release.refresh_from_db()
    assert release.status == "releasing"


def test_a_start_wakes_a_worker_after_the_commit(
    press, django_capture_on_commit_callbacks, settings
):
    app.conf.task_always_eager = True
    try:
        with django_capture_on_commit_callbacks(execute=True):
            releases.start(make_release("newsletter", people=2, slot_wall=wall_now()))
    finally:
        app.conf.task_always_eager = False
    assert set(Delivery.objects.values_list("state", flat=True)) == {"confirmed"}


def test_without_a_broker_the_rows_wait(tmp_path):
    code = """
import time, django
django.setup()
from publishing import tasks
began = time.monotonic()
tasks.nudge()
print("waited", time.monotonic() - began < 3)
"""
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "halcytone.settings",
        "HALCYTONE_HOME": str(tmp_path),
        "REDIS_URL": "redis://127.0.0.1:1/0",
    }
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=30
    )
    assert done.returncode == 0, done.stderr
    assert "waited True" in done.stdout


@pytest.mark.django_db
def test_the_periodic_tasks_are_rows_of_the_admin():
    found = dict(PeriodicTask.objects.values_list("task", "interval__every"))
    assert {task: found[task] for task, *_ in schedule.PERIODIC.values()} == {
        "publishing.tasks.reconcile": 60,
        "publishing.tasks.work": 5,
        "publishing.tasks.recover": 30,
        "content.look_at_documents": 60,
        "notices.deliver": 60,
        "approvals.look_at_clocks": 60,
        "publishing.tasks.settle_hits": 60,
        "publishing.tasks.process_inbound": 60,
        "publishing.tasks.read_mailbox": 300,
        "publishing.tasks.look_after_accounts": 60,
        "publishing.tasks.purge_caches": 30,
    }


@pytest.mark.django_db
def test_the_schedule_is_readable_in_the_admin(client):
    client.force_login(PersonFactory(group="admin", is_staff=True))
    page = client.get("/admin/django_celery_beat/periodictask/").content.decode()
    assert all(name in page for name in schedule.PERIODIC)
    row = PeriodicTask.objects.get(task="publishing.tasks.work")
    path = f"/admin/django_celery_beat/periodictask/{row.pk}/change/"
    assert "Send what is due" in client.get(path).content.decode()


@pytest.mark.django_db
def test_what_people_changed_in_a_periodic_task_stays():
    PeriodicTask.objects.filter(task="publishing.tasks.work").update(enabled=False, name="Ours")
    schedule.sync()
    row = PeriodicTask.objects.get(task="publishing.tasks.work")
    assert (row.enabled, row.name) == (False, "Ours")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"CHANNELS": {"smtp": {"BACKEND": "publishing.channels.smtp.Smpt"}}}, "publishing.E001"),
        ({"EMBEDDED": False, "OUTBOUND": "sandbox"}, "publishing.E002"),
        ({"OUTBOUND": "off", "EXPECTED_OUTBOUND": "live"}, "publishing.W001"),
        ({"HAND_OVER_BATCH": 0}, "publishing.E003"),
        ({"LEASE_S": 5}, "publishing.E003"),
    ],
)
def test_a_wrong_setting_is_named_by_a_check(settings, changes, code):
    for name, value in changes.items():
        setattr(settings, name, value)
    assert code in [each.id for each in run_checks()]


def test_dry_production_can_be_allowed(settings):
    settings.EMBEDDED, settings.OUTBOUND, settings.ALLOW_DRY_PRODUCTION = False, "sandbox", True
    assert "publishing.E002" not in [each.id for each in run_checks()]
