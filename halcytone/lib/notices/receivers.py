"""What follows when somebody was told something."""

from typing import Any

from django.db import transaction
from django.dispatch import receiver

from halcytone.lib.notices import tasks
from halcytone.lib.notices.signals import notified


@receiver(notified)
def wake_a_worker(**_kwargs: Any) -> None:
    transaction.on_commit(tasks.nudge)
