"""What the processes of the matrix do: a database made ready, a release begun, a task of a worker, the recovery.

A worker comes to its step, says so, and waits there until it is told to go on, or killed.
"""

from contextlib import ExitStack
from datetime import timedelta

import time_machine
from django.conf import settings
from django.core.management import call_command
from django.db import InterfaceError, OperationalError, connection
from django.utils import timezone

from publishing import tasks
from publishing.books import books
from publishing.models import Delivery, Release
from publishing.services import lines, sender, site
from segmentation.models import Consent, Contact
from tests.factories.segmentation import make_segment
from tests.publishing.matrix import places

#: Minutes after the blow at which somebody looks again: leases, waits and breakers end meanwhile.
LOOKS_MIN = (10, 30, 60, 120, 240)


def settle_in(database, ports):
    """Turn this process to its own database and its stand-ins."""
    connection.settings_dict["NAME"] = database
    settings.SANDBOX_PORTS = dict(ports)


def prepare():
    """Make an empty database with a few readers who said yes."""
    call_command("migrate", verbosity=0)
    for number in range(places.READERS):
        address = f"reader{number}@halcytone.example"
        reader = Contact.objects.create(email=address, email_key=address, name=f"Reader {number}")
        Consent.objects.create(
            contact=reader, channel="email", purpose="newsletter", is_given=True, source="form"
        )
    make_segment()


class Stop:
    """The step at which this process waits for the blow."""

    def __init__(self, step, at, pipe):
        self.step, self.left, self.pipe = step, at, pipe

    def come_to(self, step):
        if step != self.step:
            return
        self.left -= 1
        if self.left == 0:
            self.pipe.send("here")
            self.pipe.recv()

    def watch(self, execute, sql, params, many, context):
        """A wrapper of every query: the steps that lie between the statements of the ledger."""
        if "SET state = 'handed_over'" in sql:
            self.come_to("claimed")
        if "AS d SET" in sql:
            self.come_to("unrecorded")
        result = execute(sql, params, many, context)
        if "SET state = 'claimed'" in sql:
            self.come_to("claiming")
        return result


def work(pipe, step, channel, sources):
    """Do one task of a worker and wake the next, as Celery would; returns what ended it, if anything."""
    if channel == "instagram":
        places.lend_from(sources)
    stop = Stop(step, places.PLACES[channel].at, pipe)
    hand_over, publish = lines.Line.hand_over, site.publish

    def handing_over(*arguments):
        stop.come_to("handed_over")
        return hand_over(*arguments)

    def publishing(*arguments, **named):
        page = publish(*arguments, **named)
        stop.come_to("unanswered")
        return page

    lines.Line.hand_over, site.publish = handing_over, publishing
    ended = ""
    with ExitStack() as stack:
        stack.enter_context(connection.execute_wrapper(stop.watch))
        try:
            tasks.work()
        except (OperationalError, InterfaceError):  # the task failed; beat sends the next one
            ended = "database"
    tasks.nudge()
    return ended


def recover(channel, sources):
    """Look again and again until nothing is open, and return the rows and the books."""
    if channel == "instagram":
        places.lend_from(sources)
    for minutes in LOOKS_MIN:
        with time_machine.travel(timezone.now() + timedelta(minutes=minutes), tick=True):
            sender.recover(sender.worker_id())
            sender.work(sender.worker_id())
        if not Delivery.objects.open().exists():
            break
    release = Release.objects.get()
    found = books(release)
    rows = release.deliveries.select_related("contact").order_by("pk")
    return {
        "status": release.status,
        "is_balanced": found.is_balanced,
        "candidates": found.candidates,
        "rows": [
            {
                "key": row.idempotency_key,
                "state": row.state,
                "part": row.part,
                "to": row.contact.email if row.contact else "",
                "why": row.error_code,
                "page": channel == "site" and site.find(row.idempotency_key) is not None,
            }
            for row in rows
        ],
    }
