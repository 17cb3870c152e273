"""A process of its own that looks at the clocks: `python -m tests.approvals.clock_racer COMMAND …`."""

import json
import os
import sys
import time
from datetime import timedelta

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
django.setup()

from django.conf import settings  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.utils import timezone  # noqa: E402

from approvals import signals  # noqa: E402
from approvals.models import DueEvent, Escalation, Review  # noqa: E402
from approvals.services import firing, reviews  # noqa: E402
from approvals.tasks import look_at_clocks  # noqa: E402
from tests.approvals.racer import gun  # noqa: E402
from tests.factories.approvals import BRIEF, rendered_draft, voice  # noqa: E402
from tests.factories.people import PersonFactory  # noqa: E402

settings.ACCOUNT_FACTS = "tests.approvals.conftest.account_facts"
settings.FORMATS = BRIEF


def prepare(count):
    """Migrate, submit as many drafts without a slot, and let three days pass for all that is due."""
    call_command("migrate", verbosity=0)
    voice("senior_editor"), voice("marketing_manager")
    author = PersonFactory(group="editor")
    for _ in range(int(count)):
        draft = rendered_draft(author=author, is_featured=True, slot_wall="")
        reviews.submit(draft, by=author)
    for event in DueEvent.objects.all():
        event.at -= timedelta(days=7)
        event.save()
    due = DueEvent.objects.filter(at__lte=timezone.now(), is_cancelled=False, done_at=None)
    return [f"{each.review_id}:{each.kind}" for each in due]


def look(racers):
    """Look at the clocks at the same instant as the others; answers with what this process announced."""
    heard = []

    def remind(sender, stage, kind, **_):
        heard.append(f"{stage.review_id}:{kind}")

    def escalate(sender, stage, **_):
        heard.append(f"{stage.review_id}:escalation")

    signals.reminder_due.connect(remind)
    signals.stage_escalated.connect(escalate)
    time.sleep(max(0, gun(int(racers)) - time.time()))
    look_at_clocks()
    firing.tick(timezone.now())
    return heard


def outcome():
    """How many escalations there are, and what is still due."""
    due = DueEvent.objects.filter(at__lte=timezone.now(), is_cancelled=False, done_at=None)
    return [Escalation.objects.count(), due.count(), Review.objects.count()]


if __name__ == "__main__":
    command, *arguments = sys.argv[1:]
    print(json.dumps(globals()[command](*arguments)))
