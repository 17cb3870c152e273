"""A worker of the soak: `python -m tests.soak.worker` sends and recovers until the release stands still."""

import time

import django

django.setup()

from halcytone.lib import collector  # noqa: E402
from publishing.models import Release  # noqa: E402
from publishing.services import sender  # noqa: E402

TURN_S, REST_S = 4, 0.2


def main():
    collector.settle()  # as each process of the worker does
    worker = sender.worker_id()
    while Release.objects.releasing().exists():
        sender.work(worker, until=time.monotonic() + TURN_S)
        sender.recover(worker)
        time.sleep(REST_S)


if __name__ == "__main__":
    main()
