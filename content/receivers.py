"""How content answers what the audience announces."""

from typing import Any

from django.db import transaction
from django.dispatch import receiver

from content import tasks
from content.models import Notice
from content.services import drafts
from content.signals import change_told, notice_opened, reading_asked
from segmentation.models import Segment
from segmentation.signals import segment_changed


@receiver(segment_changed)
def note_changed_audience(segment: Segment, by: Any, **_kwargs: Any) -> None:
    drafts.audience_changed(segment, by=by)


@receiver(reading_asked)
def wake_a_worker(**_kwargs: Any) -> None:
    transaction.on_commit(tasks.nudge)


@receiver(change_told)
def look_at_the_source(kind: str, **_kwargs: Any) -> None:
    transaction.on_commit(lambda: tasks.wake(tasks.look_at_source, kind))


@receiver(notice_opened)
def write_to_the_owner(notice: Notice, **_kwargs: Any) -> None:
    transaction.on_commit(lambda: tasks.wake(tasks.mail_notice, notice.pk))
