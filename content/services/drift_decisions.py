"""What people do about sentences whose source changed: take the new one, keep the old, correct it.

Living-documents specification §10, the table of what an owner is shown.
"""

from collections.abc import Mapping
from datetime import datetime
from html import escape
from typing import Any

import structlog
from django.db import transaction
from django.db.models import Count, F, QuerySet
from django.utils import timezone

from content.models import Draft, Drift, Rendition
from content.services import access, renditions
from content.services.drifts import close_notice
from halcytone.lib.errors import Invalid, Problem, WrongState
from halcytone.lib.rights import Actor

logger = structlog.get_logger(__name__)
Decision = Drift.Decision


def visible_to(person: Actor) -> QuerySet[Drift]:
    """Return the drifts of the renditions that this person may see."""
    return Drift.objects.filter(rendition__draft__in=access.drafts(person))


def open_by_document(draft: Draft) -> list[dict[str, Any]]:
    """Return {document, name, count} of each document with undecided changes under this draft."""
    rows = Drift.objects.filter(rendition__draft=draft, decision=Decision.OPEN)
    named = rows.order_by().values(document=F("notice__document"), name=F("notice__document__name"))
    return [dict(row) for row in named.annotate(count=Count("pk"))]


def keep(row: Drift, *, by: Actor, reason: str) -> Drift:
    """Leave a rendition as it is although its source changed. A reason is required."""
    return _decide(row, by, Decision.KEPT, reason)


def correct(row: Drift, *, by: Actor, reason: str) -> Drift:
    """Say that what went out must be corrected where it went out. A reason is required."""
    return _decide(row, by, Decision.CORRECTION, reason)


def take_over(row: Drift, *, by: Actor) -> Drift:
    """Put the new sentence of the source in place of the old one, in this rendition alone.

    It is an edit of `by`: it unseals this rendition, and `by` never approves it. Raises Invalid when the
    sentence stands there in other words, or when the rendition would break its own rules.
    """
    rendition = Rendition.objects.get(pk=row.rendition_id)
    _require_open(row)
    before = renditions.content(rendition)
    after = replaced(before, row.sentence, row.new_sentence)
    if after == before:
        message = (
            "This sentence does not stand in the rendition word for word. Edit the text by hand, or "
            "keep it as it is."
        )
        raise Invalid([Problem("not_found", message, attr=rendition.format)])
    changes = {name: value for name, value in after.items() if value != before.get(name)}
    with transaction.atomic():
        _mark(row, Decision.TAKEN, reason="", by=by, at=timezone.now())
        renditions.edit(
            rendition, by=by, content=changes, reason="The source of a sentence changed"
        )
        close_notice(row.notice)
    row.refresh_from_db()
    return row


def replaced(content: Mapping[str, Any], old: str, new: str) -> dict[str, Any]:
    """Return a rendition's content with one sentence in place of another, wherever it stands.

    Also in HTML, where it is written with entities. An empty new sentence takes the old one out.
    """
    swapped: dict[str, Any] = _swap(content, old, new)
    return swapped


def _swap(value: Any, old: str, new: str) -> Any:
    if isinstance(value, str):
        for before, after in ((old, new), (escape(old, quote=False), escape(new, quote=False))):
            value = value.replace(before, after) if new else _without(value, before)
        return value
    if isinstance(value, Mapping):
        return {key: _swap(each, old, new) for key, each in value.items()}
    if isinstance(value, list):
        return [_swap(each, old, new) for each in value]
    return value


def _without(text: str, sentence: str) -> str:
    return text.replace(f"{sentence} ", "").replace(f" {sentence}", "").replace(sentence, "")


def _decide(row: Drift, by: Actor, decision: str, reason: str) -> Drift:
    access.require_draft(by, row.rendition.draft, act="decide what a changed source means")
    if not reason.strip():
        message = "Say in a few words why it stays as it is."
        raise Invalid([Problem("required", message, attr="reason")])
    _require_open(row)
    with transaction.atomic():
        _mark(row, decision, reason=reason.strip()[:300], by=by, at=timezone.now())
        close_notice(row.notice)
    row.refresh_from_db()
    logger.info("drift_decided", drift=row.pk, decision=decision, by=by and by.pk)
    return row


def _mark(row: Drift, decision: str, *, reason: str, by: Actor, at: datetime) -> None:
    """Write a decision, also where the rendition says the same sentence in another place."""
    alike = Drift.objects.filter(rendition=row.rendition_id, sentence=row.sentence)
    rows = alike.filter(decision=Decision.OPEN)
    if not rows.filter(pk=row.pk).exists():
        raise _decided()
    rows.update(decision=decision, reason=reason, decided_by=by, decided_at=at)


def _require_open(row: Drift) -> None:
    if row.decision != Decision.OPEN:
        raise _decided()


def _decided() -> WrongState:
    return WrongState("Somebody has decided about this sentence already.", code="already_decided")
