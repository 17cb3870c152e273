"""What a process of the pages bench does: `python -m tests.bench.pages_work ours|bare NUMBER`.

Says when it is ready, waits for a line, and then works; what comes before is not timed.
"""

import sys
import time

import django

django.setup()

import httpx  # noqa: E402
from django.utils import timezone  # noqa: E402

from halcytone.lib import collector  # noqa: E402
from publishing import accounts, acts, messages  # noqa: E402
from publishing.channels import platform  # noqa: E402
from publishing.models import Delivery, Release  # noqa: E402
from publishing.services import releases, sender  # noqa: E402
from tests.bench.mail_work import wait  # noqa: E402
from tests.bench.pages import PROCESSES  # noqa: E402

UNFINISHED = (Release.Status.PLANNED, Release.Status.RELEASING)


def ours(number):
    """Work as the product's workers do: the first starts what is due, all send until all is done."""
    rows = Release.objects.filter(status__in=UNFINISHED)
    rows.exists()  # opens the connection
    collector.settle()  # as each process of the worker does
    wait()
    if number == 0:
        releases.start_due(timezone.now())
    worker = sender.worker_id()
    while rows.exists():
        if not sender.work(worker):
            time.sleep(0.01)


def bare(number):
    """Post this process's share of the same bytes with httpx, on one kept connection."""
    built = list(_built(number))
    with httpx.Client(base_url=_endpoint()) as client:
        wait()
        for body, headers in built:
            client.post(platform.PATH, content=body, headers=headers).raise_for_status()


def _built(number):
    """Yield (bytes, headers) of every so-many-th page."""
    rows = Delivery.objects.order_by("pk").select_related("part_of__account")
    for row in rows[number::PROCESSES]:
        part, channel = row.part_of, accounts.channel(row.part_of.account)
        sealed = messages.sealed(part, channel, part.rendition.body)
        message = messages.message(acts.of(row), sealed)
        headers = {
            "X-API-Key": "sandbox",
            "Content-Type": "application/json",
            "X-Request-ID": row.idempotency_key,
        }
        yield platform.http.encoded(platform.wire(message)), headers


def _endpoint():
    return accounts.channel(Delivery.objects.first().account).account.endpoint


if __name__ == "__main__":
    {"ours": ours, "bare": bare}[sys.argv[1]](int(sys.argv[2]))
