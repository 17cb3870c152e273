"""Pages are fetched once after a purge and every night, so that no reader is the first."""

import time
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import structlog
from django.conf import settings
from django.db.models import Exists, OuterRef
from django.utils import timezone

from halcytone.lib import http, zones
from halcytone.lib.errors import RemoteError
from publishing.models import CacheOrder, Delivery, Purge, WarmUp
from publishing.services import purges

log = structlog.get_logger(__name__)
NEW_YORK, HOUR = "America/New_York", 3
GOAL = 80  # percent of answers that come from the cache: publishing specification §12
MOST, NEWEST = 50, 20  # pages fetched at once; pages of releases among those of a night
KEPT, FRESH, LEASE = 400, timedelta(days=1), timedelta(seconds=90)
#: Headers in which caches say whether they had the page.
SAYS = ("cf-cache-status", "x-cache", "x-cache-status")
#: Errors after which no other page of the site would answer either.
DOWN = frozenset({"unreachable", "timeout", "outbound_closed", "outbound_off"})


def plan(now: datetime) -> None:
    """Plan the round of the night between three and four in New York, and one for each settled purge."""
    if purges.CDN not in settings.CACHE_TARGETS:
        return
    local = zones.local(now, NEW_YORK)
    if local.hour == HOUR:
        paths = _paths([*purges.AROUND, *_newest()])
        WarmUp.objects.get_or_create(
            day=local.date(), defaults={"occasion": WarmUp.Occasion.NIGHT, "paths": paths}
        )
    for order in _purged(now):
        paths = _paths(order.keys) or list(purges.AROUND)
        WarmUp.objects.get_or_create(
            order=order, defaults={"occasion": WarmUp.Occasion.PURGE, "paths": paths}
        )


def work(now: datetime, *, until: float = float("inf")) -> int:
    """Fetch what is due, page by page; returns how many rounds were finished. What is left goes on later."""
    done = 0
    for pk in list(WarmUp.objects.due(now).values_list("pk", flat=True)[:20]):
        if time.monotonic() >= until:
            break
        row = WarmUp.objects.due(now).filter(pk=pk).order_by()
        if row.update(lease_until=timezone.now() + LEASE):
            done += _warm(WarmUp.objects.get(pk=pk), until)
    return done


def last() -> dict[str, Any] | None:
    """Return what the last round of a night met, with the goal; before the first, the last after a purge."""
    rows = WarmUp.objects.finished()
    row = rows.filter(occasion=WarmUp.Occasion.NIGHT).first() or rows.first()
    if row is None:
        return None
    return {
        "at": row.finished_at,
        "occasion": row.occasion,
        "pages": len(row.paths),
        "answered": row.answered,
        "hits": row.hits,
        "hit_rate": row.hit_rate,
        "goal": GOAL,
        "is_met": None if row.hit_rate is None else row.hit_rate > GOAL,
        "error": row.error,
    }


def clean() -> None:
    """Keep the newest rounds."""
    rows = WarmUp.objects.order_by("-pk").values_list("pk", flat=True)
    oldest = rows[KEPT : KEPT + 1].first()
    if oldest is not None:
        WarmUp.objects.filter(pk__lte=oldest, finished_at__isnull=False).delete()


def _newest() -> list[str]:
    """Return the paths of the pages that were released last."""
    pages = Delivery.objects.filter(part_of__format="web", state=Delivery.State.CONFIRMED)
    rows = pages.order_by("-pk").values_list("part_of__links", flat=True)
    return [urlsplit(url).path for links in rows[:NEWEST] for url in links[:1]]


def _purged(now: datetime) -> Iterable[CacheOrder]:
    """Return the orders that the network has carried out, and that no round follows yet."""
    mine = Purge.objects.filter(order=OuterRef("pk"))
    done = mine.filter(target=purges.CDN, state=Purge.State.CONFIRMED)
    rows = CacheOrder.objects.filter(warm_up__isnull=True, created_at__gte=now - FRESH)
    return rows.filter(Exists(done), ~Exists(mine.filter(state__in=Purge.OPEN)))


def _paths(given: Sequence[str]) -> list[str]:
    """Return at most fifty plain paths, each once."""
    paths = [purges.path_of(one) if one.startswith("http") else one for one in given]
    return [one for one in dict.fromkeys(paths) if one and "*" not in one][:MOST]


def _warm(row: WarmUp, until: float) -> bool:
    """Fetch the pages of a round that are still to be fetched; tell whether it is finished."""
    base = str(settings.SITE["base_url"])
    with http.TextClient("The site", base, headers={"Accept": "*/*"}, pause_s=0) as client:
        for path in row.paths[len(row.results) :]:
            if time.monotonic() >= until:
                break
            result, code = _fetched(client, path)
            row.results.append(result)
            if code in DOWN:
                row.error = str(result["error"])[:300]
                break
    is_over = bool(row.error) or len(row.results) == len(row.paths)
    row.lease_until, row.finished_at = None, timezone.now() if is_over else None
    row.save(update_fields=["results", "error", "lease_until", "finished_at"])
    if is_over:
        log.info("cache_warmed", warm_up=row.pk, pages=len(row.paths), hit_rate=row.hit_rate)
    return is_over


def _fetched(client: http.TextClient, path: str) -> tuple[dict[str, Any], str]:
    """Return what one page gave, and the code of its error."""
    try:
        answer = client.get(path, timeout_s=10)
    except RemoteError as error:
        return {"path": path, "is_hit": None, "error": str(error)}, error.code
    said = [answer.headers[name].lower() for name in SAYS if answer.headers.get(name)]
    is_hit = any("hit" in one for one in said) if said else None
    return {"path": path, "is_hit": is_hit, "error": ""}, ""
