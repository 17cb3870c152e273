"""The demo: loaded through the services and the sandbox, and taken away without a trace but its audit rows."""

from datetime import UTC, datetime

import pytest
import time_machine
from django.apps import apps

from approvals.models import Review
from content.services import documents
from halcytone.demo import load, remove
from halcytone.lib.audit.models import Entry
from halcytone.lib.audit.verify import verify
from publishing.books import books
from publishing.models import Release
from segmentation.services import contacts
from tests.factories import PersonFactory

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
KEPT = ("access", "segmentation", "content", "approvals", "publishing")


def counts():
    models = [model for app in KEPT for model in apps.get_app_config(app).get_models()]
    return {model._meta.label: model._default_manager.count() for model in models}


@pytest.fixture
def a_real_row(tmp_path, settings):
    settings.HALCYTONE_HOME = tmp_path
    person = PersonFactory(group="marketing_manager")
    documents.register(by=person, name="Ours", kind="inline", data=b"# Ours\n\nA text that stays.")
    contacts.create(by=person, email="somebody@halcytone.example")


def test_the_demo_is_released_for_real_and_taken_away_without_a_trace(
    a_real_row, sandbox, sandbox_settings
):
    before = counts()
    said = []
    with time_machine.travel(datetime(2026, 11, 20, 15, 0, 38, tzinfo=UTC), tick=True):
        load.load(said.append)

        done = Release.objects.filter(status=Release.Status.DONE)
        assert done.count() == 2, said
        for release in done:
            sums = books(release)
            assert sums.is_balanced
            assert sums.uncertain == sums.failed == 0
            assert sums.confirmed > 900
            assert sums.excluded > 0
        mails = sum(
            release.deliveries.filter(contact__isnull=False, state="confirmed").count()
            for release in done
        )
        assert sandbox.mails(limit=1)["total"] == mails
        assert Release.objects.filter(status=Release.Status.PLANNED).count() == 1
        assert Review.objects.filter(status=Review.Status.OPEN).count() == 1

        written = Entry.objects.count()
        remove.remove()

    assert Entry.objects.count() == written > 0
    assert verify().found is None
    after = counts()
    left = {name: count for name, count in after.items() if count != before[name]}
    assert set(left) <= {"publishing.Installation"}
