"""The script of the docs takes a document to a planned release, as a stranger would run it."""

import os
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from approvals.models import Role
from halcytone.access import services
from publishing.models import Release
from tests.factories import PersonFactory
from tests.factories.approvals import voice
from tests.factories.publishing import make_account
from tests.factories.segmentation import make_contact, make_segment

NEW_YORK = ZoneInfo("America/New_York")
ROOT = Path(__file__).parent.parent


def key(person):
    return services.create_key(person, by=None, name="example")[1]


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_the_example_goes_from_a_document_to_a_planned_release(live_server, settings):
    settings.OUTBOUND = "sandbox"
    for format, channel in (("newsletter", "smtp"), ("web", "platform"), ("x", "x")):
        make_account(format, channel=channel)
    make_segment(key="readers")
    make_contact("ana@halcytone.example", answer=True)
    reviewers = [key(voice(role)) for role in Role.values]
    environment = os.environ | {
        "HALCYTONE_URL": live_server.url,
        "EDITOR_KEY": key(PersonFactory(group="editor")),
        "REVIEWER_KEYS": ",".join(reviewers),
        "PUBLISHER_KEY": key(PersonFactory(group="senior_editor")),
    }
    later = datetime.now(NEW_YORK) + timedelta(days=30)
    slot = later.replace(hour=10, minute=0, second=0, microsecond=0)
    script, notes = "docs/examples/edition_over_api.py", "docs/examples/weekly.md"
    command = [script, notes, "--slot", f"{slot:%Y-%m-%dT%H:%M}", "--segment", "readers"]
    command += ["--zone", "America/New_York", "--watch", "0"]
    done = subprocess.run(
        [sys.executable, *command],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"Planned for {slot.isoformat()}" in done.stdout
    release = Release.objects.get()
    assert release.status == Release.Status.PLANNED
    assert sorted(release.parts.values_list("format", flat=True)) == ["newsletter", "web", "x"]
