"""What the processes of the crash tests do: `python -m tests.publishing.crash_process VERB`."""

import json
import os
import re
import sys
import time
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import django

django.setup()

from django.conf import settings  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402
from django.utils import timezone  # noqa: E402

from content.models import Draft, Recipe  # noqa: E402
from content.services import documents  # noqa: E402
from halcytone.lib.errors import NotAllowed  # noqa: E402
from publishing.books import books  # noqa: E402
from publishing.models import Cadence, CadenceSlot, Delivery, Release, Stop  # noqa: E402
from publishing.services import (  # noqa: E402
    cadences,
    heartbeats,
    installation,
    presses,
    releases,
    sender,
    stop_links,
)
from segmentation.models import Consent, Contact, Segment  # noqa: E402
from tests.factories.content import TEXT  # noqa: E402
from tests.factories.people import PersonFactory  # noqa: E402
from tests.factories.publishing import (  # noqa: E402
    NEW_YORK,
    approve,
    make_account,
    make_draft,
    wall_now,
)
from tests.factories.segmentation import make_segment  # noqa: E402
from tests.publishing.killing import watch  # noqa: E402


def prepare(people):
    """Make an empty database with this many readers who said yes."""
    call_command("migrate", verbosity=0)
    readers = [
        Contact(email=f"r{n}@halcytone.example", email_key=f"r{n}@halcytone.example", name=f"R {n}")
        for n in range(people)
    ]
    Contact.objects.bulk_create(readers, batch_size=500)
    answers = [
        Consent(contact=reader, channel="email", purpose="newsletter", is_given=True, source="form")
        for reader in Contact.objects.all()
    ]
    Consent.objects.bulk_create(answers, batch_size=500)
    make_segment()
    make_account("newsletter")


def begin():
    """Plan and start a release to all of them."""
    draft = make_draft(["newsletter"], slot_wall=wall_now(), segment=Segment.objects.get())
    approve(draft)
    releases.start(releases.plan(draft))


def wait():
    """Say that this process is ready, and wait until all are let go together."""
    home = settings.HALCYTONE_HOME
    (home / f"ready-{os.getpid()}").touch()
    while not (home / "go").exists():
        time.sleep(0.01)


def rhythm():
    """Make a cadence whose edition should have been assembled by now and leaves in an hour."""
    now = datetime.now(ZoneInfo(NEW_YORK)) + timedelta(hours=1)
    owner = PersonFactory(group="editor")
    make_account("web")
    row = Cadence.objects.create(
        key="weekly",
        name="Weekly",
        weekday=now.weekday(),
        at=now.time().replace(second=0, microsecond=0),
        read_at=datetime.min.time(),
        assemble_at=datetime.min.time(),
        recipe=Recipe.objects.get(key="weekly"),
        owner=owner,
    )
    text = f"# Weekly Update\n\n## [Tips] Two quiet minutes\n\n{TEXT}\n".encode()
    row.documents.add(documents.register(by=owner, name="Notes", kind="inline", data=text))


def look():
    """Look at the rhythm, as many beats do at once."""
    wait()
    heartbeats.beat()
    cadences.reconcile(timezone.now())
    print(json.dumps([Draft.objects.count(), CadenceSlot.objects.count()]))


def agree():
    """Approve the page of the only draft for this minute, and plan it."""
    Draft.objects.update(formats=["web"], slot_wall=wall_now())
    draft = Draft.objects.get()
    draft.renditions.exclude(format="web").delete()
    approve(draft)
    releases.plan(draft)


def work():
    """Work as a worker does, until nothing is left to do or to wait for; starts when told to."""
    wait()
    with connection.execute_wrapper(watch):
        worker = sender.worker_id()
        while Delivery.objects.open().exists():
            sender.work(worker)
            sender.recover(worker)
            time.sleep(0.2)


def work_for(seconds):
    """Work as a worker does for so long, whatever there is to do; starts when told to."""
    wait()
    worker, until = sender.worker_id(), time.monotonic() + seconds
    while time.monotonic() < until:
        sender.work(worker, until=until)
        time.sleep(0.05)


def work_on():
    """Work as a worker does until somebody says that it is enough; starts when told to."""
    wait()
    worker = sender.worker_id()
    while not (settings.HALCYTONE_HOME / "enough").exists():
        sender.work(worker, until=time.monotonic() + 1)
        time.sleep(0.05)


def stop():
    """Stop everything, in the name of an editor; print the instant by which it was committed."""
    call_command(
        "stop_presses", by=PersonFactory(username="stops", group="editor").username, reason="Look"
    )
    print(time.time())


def make_link():
    """Make a link that stops everything, and print its token."""
    _, token = stop_links.create(by=PersonFactory(username="stops", group="editor"))
    print(token)


def press_link():
    """Press the button of the link STOP_TOKEN when told to, and print what its page says."""
    browser = Client(SERVER_NAME="127.0.0.1")
    wait()
    page = browser.post(f"/stop/{os.environ['STOP_TOKEN']}", {"reason": "A wrong figure"})
    print(re.search("<h1>(.+?)</h1>", page.content.decode())[1])


def count_stops():
    print(Stop.objects.count())


def lift():
    """Try to start again alone, then by two people."""
    row = Stop.objects.get()
    one, other = (
        PersonFactory(username=name, group=name) for name in ("marketing_manager", "executive")
    )
    presses.ask_lift(row, by=one)
    try:
        presses.lift(row, by=one)
    except NotAllowed:
        print("refused")
    presses.lift(row, by=other)
    print("lifted" if row.pk and not Stop.objects.filter(lifted_at=None).exists() else "stopped")


def overdue():
    """Print what a copy of the database shows to who opens it."""
    found = installation.overdue()
    print(json.dumps({"under_way": len(found.under_way), "why_not": installation.why_not()}))


def take():
    """Claim this database, and print what became of its release."""
    row = installation.claim(PersonFactory(username="claims", group="admin"))
    print(json.dumps({"epoch": row.epoch, "status": Release.objects.get().status}))


def report():
    """Print the books and the state of every row by its key."""
    release = Release.objects.get()
    found = books(release)
    rows = dict(release.deliveries.values_list("idempotency_key", "state"))
    print(
        json.dumps(
            {
                "status": release.status,
                "note": release.note,
                "is_balanced": found.is_balanced,
                "candidates": found.candidates,
                "confirmed": found.confirmed,
                "uncertain": found.uncertain,
                "rows": rows,
                "at": timezone.now().isoformat(),
            }
        )
    )


VERBS = {
    "rhythm": rhythm,
    "look": look,
    "agree": agree,
    "prepare": prepare,
    "begin": begin,
    "work": work,
    "report": report,
    "work_for": work_for,
    "work_on": work_on,
    "stop": stop,
    "make_link": make_link,
    "press_link": press_link,
    "count_stops": count_stops,
    "lift": lift,
    "overdue": overdue,
    "take": take,
}

if __name__ == "__main__":
    verb, *arguments = sys.argv[1:]
    VERBS[verb](*map(int, arguments))
