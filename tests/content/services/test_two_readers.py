"""Two processes read one document at the same moment, on the database each installation has."""

import os
import subprocess
import sys
import time

import pytest

pytestmark = pytest.mark.slow

PREPARE = """
from django.core.management import call_command
call_command("migrate", verbosity=0)
from halcytone.access.models import User
from content.services import documents
by = User.objects.create_superuser("author", password="a good password for tests")
text = "## [Tips] Habits\\n### One\\n- **Content:** Sit down and breathe for a little while."
documents.register(by=by, name="Notes", kind="inline", data=text.encode())
"""
READ = """
from django.conf import settings
slow = "tests.content.services.slow_source.Slow"
settings.SOURCES = {"inline": {"BACKEND": slow, "OPTIONS": {"folder": FOLDER}}}
from content.models import Document
from content.services import documents
from halcytone.lib.errors import WrongState
try:
    print(documents.read(Document.objects.get()).result)
except WrongState as error:
    print(error.code)
"""
COUNT = """
from content.models import Item, Revision, Snapshot, SyncJob
rows = (Snapshot, Item, Revision, SyncJob)
print([model.objects.count() for model in rows])
"""


def start(code, database_url, folder):
    environment = {
        **os.environ,
        "DATABASE_URL": database_url,
        "DJANGO_SETTINGS_MODULE": "tests.settings",
    }
    program = f"import django; django.setup()\nFOLDER = {str(folder)!r}\n{code}"
    return subprocess.Popen(
        [sys.executable, "-c", program], env=environment, stdout=subprocess.PIPE, text=True
    )


def output(process):
    told, _ = process.communicate(timeout=120)
    assert process.returncode == 0
    return told.splitlines()[-1] if told else ""  # above it stands the log


def one_reads_and_the_other_is_told(database_url, folder):
    output(start(PREPARE, database_url, folder))
    first = start(READ, database_url, folder)
    while not (folder / "asked").exists():
        assert first.poll() is None
        time.sleep(0.02)
    assert output(start(READ, database_url, folder)) == "already_running"
    (folder / "answer").touch()
    assert output(first) == "read"
    assert output(start(READ, database_url, folder)) == "skipped"
    assert output(start(COUNT, database_url, folder)) == "[1, 1, 1, 2]"


def test_two_processes_never_read_one_document_at_once_on_sqlite(tmp_path):
    one_reads_and_the_other_is_told(f"sqlite:///{tmp_path}/two.sqlite3", tmp_path)


@pytest.mark.postgres
def test_two_processes_never_read_one_document_at_once_on_postgresql(postgres_url, tmp_path):
    one_reads_and_the_other_is_told(postgres_url, tmp_path)
