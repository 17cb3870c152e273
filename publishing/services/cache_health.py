"""How caches are: what they said the last time they were asked, and counts of what the history keeps."""

from typing import Any

from django.conf import settings
from django.db.models import Count, Max, Q, Sum

from publishing.models import CacheOrder, Purge
from publishing.services.purges import NOT_CONFIGURED, TARGETS

HEALTHY, UNHEALTHY, DEGRADED, UNKNOWN = "healthy", "unhealthy", "degraded", "unknown"
State = Purge.State


def health() -> dict[str, Any]:
    """Return `{"status", "targets": {name: word}, "last_error"}`. What was never asked is unknown."""
    last = Purge.objects.filter(attempts__gt=0).order_by().values("target").annotate(last=Max("pk"))
    met = {row.target: row for row in Purge.objects.filter(pk__in=last.values("last"))}
    words = {
        name: _word(met.get(name)) if name in settings.CACHE_TARGETS else "not configured"
        for name in TARGETS
    }
    set_up = {words[name] for name in TARGETS if name in settings.CACHE_TARGETS}
    bad = [row.error for row in met.values() if _word(row) == UNHEALTHY]
    return {"status": _sum(set_up), "targets": words, "last_error": bad[-1] if bad else ""}


def stats() -> dict[str, Any]:
    """Return counts of the orders and calls that the history keeps."""
    by_state = {f"purges_{state}": Count("pk", filter=Q(state=state)) for state in State.values}
    refused = Count("pk", filter=Q(error_code=NOT_CONFIGURED))
    counted = Purge.objects.aggregate(
        keys_invalidated=Sum("keys_invalidated"), not_configured=refused, **by_state
    )
    counted["keys_invalidated"] = counted["keys_invalidated"] or 0
    return {"orders": CacheOrder.objects.count(), **counted}


def _word(row: Purge | None) -> str:
    if row is None or (row.state in Purge.OPEN and not row.error):
        return UNKNOWN
    return HEALTHY if row.state == State.CONFIRMED else UNHEALTHY


def _sum(words: set[str]) -> str:
    if not words - {UNKNOWN}:
        return UNKNOWN
    if UNHEALTHY in words:
        return DEGRADED if HEALTHY in words else UNHEALTHY
    return HEALTHY if words == {HEALTHY} else UNKNOWN
