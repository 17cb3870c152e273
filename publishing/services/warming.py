"""Pages are fetched once after a purge and every night, so that no reader is the first."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import structlog
from django.conf import settings
from django.core.cache import cache

from halcytone.lib import http, zones
from halcytone.lib.errors import RemoteError
from publishing.services import purges

log = structlog.get_logger(__name__)
NEW_YORK, HOUR = "America/New_York", 3
DAY_S, KEPT_S = 2 * 86_400, 8 * 86_400
LAST = "publishing:warm-up"
GOAL = 80  # percent of answers that come from the cache
MOST = 50  # pages fetched at once
#: Headers in which caches say whether they had the page.
SAYS = ("cf-cache-status", "x-cache", "x-cache-status")


def nightly(now: datetime) -> bool:
    """Warm the cache once between three and four in New York; False at any other time."""
    local = zones.local(now, NEW_YORK)
    is_time = local.hour == HOUR and purges.CDN in settings.CACHE_TARGETS
    if not is_time or not cache.add(f"publishing:warmed:{local:%Y-%m-%d}", 1, DAY_S):
        return False
    warm(purges.AROUND, now)
    return True


def warm(paths: Sequence[str], now: datetime) -> dict[str, Any]:
    """Fetch these pages of the site; returns and keeps {"at", "pages", "answered", "hits", "hit_rate"}."""
    pages = [path for path in dict.fromkeys(paths) if "*" not in path][:MOST]
    answered = hits = 0
    with http.TextClient(
        "The site", str(settings.SITE["base_url"]), headers={"Accept": "*/*"}
    ) as client:
        for path in pages:
            try:
                answer = client.get(path, timeout_s=10)
            except RemoteError as error:
                log.info("page_not_warmed", code=error.code)
                continue
            answered += 1
            hits += any("hit" in answer.headers.get(name, "").lower() for name in SAYS)
    rate = round(100 * hits / answered, 1) if answered else None
    found = {
        "at": now.isoformat(),
        "pages": len(pages),
        "answered": answered,
        "hits": hits,
        "hit_rate": rate,
    }
    cache.set(LAST, found, KEPT_S)
    log.info("cache_warmed", pages=len(pages), answered=answered, hits=hits)
    return found


def last() -> dict[str, Any] | None:
    """Return what the last warm-up found, with the goal; None when there was none of late."""
    found = cache.get(LAST)
    return {**found, "goal": GOAL} if found else None
