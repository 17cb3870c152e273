"""A worker of its own: `python -m tests.halcytone.lib.notices.delivery_process COMMAND …`.

It speaks to the database of DATABASE_URL and the stand-ins of NOTICE_PORTS.
"""

import json
import os
import sys
import time

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
django.setup()

from django.conf import settings  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.utils import timezone  # noqa: E402

from halcytone.access.models import User  # noqa: E402
from halcytone.lib.notices import routing, sending  # noqa: E402
from halcytone.lib.notices.models import Dispatch  # noqa: E402
from halcytone.lib.notices.telling import tell  # noqa: E402

settings.SANDBOX_PORTS = json.loads(os.environ["NOTICE_PORTS"])


def prepare(people):
    """Migrate, and tell each of so many people two things."""
    call_command("migrate", verbosity=0)
    ids = [
        User.objects.create(username=f"p{number}", email=f"p{number}@halcytone.example").pk
        for number in range(int(people))
    ]
    for event in ("e:1", "e:2"):
        tell("mentioned", event=event, to=ids, by=None, subject=event, path="/admin/")


def deliver(start_at):
    time.sleep(max(0, float(start_at) - time.time()))
    now = timezone.now()
    routing.route(now)
    return sending.send_due(timezone.now(), until=time.monotonic() + 60)


def outcome():
    return sorted(Dispatch.objects.values_list("state", flat=True))


if __name__ == "__main__":
    command, *arguments = sys.argv[1:]
    print(json.dumps(globals()[command](*arguments)))
