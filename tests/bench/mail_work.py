"""What a process of the mail bench does: `python -m tests.bench.mail_work ours|raw NUMBER`.

Says when it is ready, waits for a line, and then works; what comes before is not timed.
"""

import os
import smtplib
import sys

import django

django.setup()

from publishing.models import Delivery, Release  # noqa: E402
from publishing.services import sender  # noqa: E402
from tests.bench.mail import PROCESSES, built  # noqa: E402


def wait():
    print("ready", flush=True)
    sys.stdin.readline()


def ours(number):
    """Work as a worker of the product does, until nothing is on its way."""
    Delivery.objects.open().exists()  # opens the connection
    wait()
    worker = sender.worker_id()
    while Delivery.objects.open().exists():
        sender.work(worker)


def raw(number):
    """Hand over this process's share of the same bytes with smtplib, one command after another."""
    release = Release.objects.latest("pk")
    rows = release.deliveries.select_related("contact", "waits_for").order_by("pk")
    mails = list(built(release, rows[number::PROCESSES]))
    line = smtplib.SMTP("127.0.0.1", int(os.environ["BENCH_SMTP_PORT"]))
    line.ehlo()
    wait()
    for address, reader, mail in mails:
        line.mail(address)
        line.rcpt(reader)
        line.docmd("DATA")
        line.send(mail + b".\r\n")
        if line.getreply()[0] != 250:
            raise RuntimeError("the sink did not take it")
    line.quit()


if __name__ == "__main__":
    {"ours": ours, "raw": raw}[sys.argv[1]](int(sys.argv[2]))
