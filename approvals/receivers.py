"""How approvals answer what the content app announces."""

from typing import Any

from django.dispatch import receiver

from approvals.services import reviews
from content.models import Draft, Rendition
from content.signals import draft_changed, rendition_changed


@receiver(rendition_changed)
def reconsider_rendition(rendition: Rendition, **_kwargs: Any) -> None:
    reviews.reconsider(rendition.draft)


@receiver(draft_changed)
def reconsider_draft(draft: Draft, **_kwargs: Any) -> None:
    reviews.reconsider(draft)
