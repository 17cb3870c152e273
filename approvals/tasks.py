"""Celery's entrance to the clock of reviews. The due rows are the queue; running it twice does no harm."""

from celery import shared_task
from django.utils import timezone

from approvals.services import firing


@shared_task(name="approvals.look_at_clocks")
def look_at_clocks() -> None:
    """Remind, call delegates, escalate, and mark what is late. Beat runs this every minute."""
    firing.tick(timezone.now())
