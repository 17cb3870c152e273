"""How content answers what the audience announces."""

from typing import Any

from django.dispatch import receiver

from content.services import drafts
from segmentation.models import Segment
from segmentation.signals import segment_changed


@receiver(segment_changed)
def note_changed_audience(segment: Segment, by: Any, **_kwargs: Any) -> None:
    drafts.audience_changed(segment, by=by)
