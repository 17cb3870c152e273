"""What a process of the mail bench does: `python -m tests.bench.mail_work ours|raw NUMBER`.

Says when it is ready, waits for a line, and then works; what comes before is not timed.
"""

import os
import smtplib
import sys
import threading

import django

django.setup()

from halcytone.lib import collector  # noqa: E402
from publishing import acts  # noqa: E402
from publishing.models import Delivery, Release  # noqa: E402
from publishing.services import sender  # noqa: E402
from tests.bench.mail import PROCESSES, built  # noqa: E402

CONNECTIONS = int(os.environ.get("MAIL_CONNECTIONS", "4"))
taken = []


def wait():
    print("ready", flush=True)
    sys.stdin.readline()


def ours(number):
    """Work as a worker of the product does, until nothing is on its way."""
    Delivery.objects.open().exists()  # opens the connection
    collector.settle()  # as each process of the worker does
    wait()
    worker = sender.worker_id()
    while Delivery.objects.open().exists():
        sender.work(worker)


def raw(number):
    """Hand over this process's share of the same bytes with smtplib, on as many kept connections."""
    release = Release.objects.latest("pk")
    rows = acts.read(release.deliveries.order_by("pk"))
    mails = list(built(release, rows[number::PROCESSES]))
    lines = [
        smtplib.SMTP("127.0.0.1", int(os.environ["BENCH_SMTP_PORT"])) for _ in range(CONNECTIONS)
    ]
    for line in lines:
        line.ehlo()
    wait()
    threads = [
        threading.Thread(target=_hand_over, args=(line, mails[place::CONNECTIONS]))
        for place, line in enumerate(lines)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if len(taken) != len(mails):
        raise RuntimeError("the sink did not take it")


def _hand_over(line, mails):
    for address, reader, mail in mails:
        line.mail(address)
        line.rcpt(reader)
        line.docmd("DATA")
        line.send(mail + b".\r\n")
        if line.getreply()[0] == 250:
            taken.append(reader)
    line.quit()


if __name__ == "__main__":
    {"ours": ours, "raw": raw}[sys.argv[1]](int(sys.argv[2]))
