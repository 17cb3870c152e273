"""The breaker of each host that documents are read from, shared by all workers.

Living-documents specification §2, limits: opens after 5 failures, 60 s, 3 successes close it.
"""

from datetime import datetime, timedelta
from urllib.parse import urlsplit

from django.db.models import F
from django.utils import timezone

from content.models import Document, SourceHost
from halcytone.lib.errors import Unavailable

OPENS_AFTER = 5
PAUSE = timedelta(seconds=60)
CLOSES_AFTER = 3


def name_of(document: Document) -> str:
    """Return the host that this document is read from; "" for texts that were given to us."""
    if not document.is_remote:
        return ""
    if document.kind == Document.Kind.URL:
        return (urlsplit(document.source_key).hostname or "")[:255]
    return document.kind


def require_well(host: str, now: datetime | None = None) -> None:
    """Raise Unavailable (`source_paused`) while this host is left in peace."""
    now = now or timezone.now()
    row = SourceHost.objects.filter(name=host, paused_until__gt=now).first() if host else None
    if row is not None and row.paused_until is not None:
        wait_s = max(1, round((row.paused_until - now).total_seconds()))
        message = (
            f"The source failed {OPENS_AFTER} times in a row and is left in peace for a minute."
        )
        raise Unavailable(message, code="source_paused", retry_after_s=wait_s)


def succeeded(host: str) -> None:
    """Note an answer. After three of them in a row a paused host is well again."""
    rows = SourceHost.objects.filter(name=host)
    if not host or not rows.exclude(failures=0, paused_until=None).exists():
        return  # it was well before
    rows.filter(paused_until=None).exclude(failures=0).update(failures=0)
    rows.exclude(paused_until=None).update(successes=F("successes") + 1)
    rows.filter(successes__gte=CLOSES_AFTER).update(failures=0, successes=0, paused_until=None)


def failed(host: str) -> None:
    """Note that no answer came. The fifth in a row pauses the host; so does any while it recovers."""
    if not host:
        return
    row, _ = SourceHost.objects.get_or_create(name=host)
    SourceHost.objects.filter(pk=row.pk).update(failures=F("failures") + 1, successes=0)
    SourceHost.objects.filter(pk=row.pk, failures__gte=OPENS_AFTER).update(
        paused_until=timezone.now() + PAUSE
    )
