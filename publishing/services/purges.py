"""Caches outside are told to forget pages: planned with the page, done by a worker, asked again until taken.

A purge is a row with a receipt. Forgetting twice does no harm, so that one whose answer was lost is asked
again; a release is not done before its purges are settled.
"""

import time
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from approvals.services import fast_track
from halcytone.lib import canonical, outbound, plugins, rights
from halcytone.lib.errors import Invalid, Problem, Refused, RemoteError, Unavailable
from publishing.caches.base import Cache, Place
from publishing.models import CacheOrder, Delivery, InboundEvent, Purge, Release, ReleasePart
from publishing.services import callbacks
from publishing.signals import purges_due

log = structlog.get_logger(__name__)
PERMISSION = "publishing.purge_cache"
#: The words of the API. Which of them is anything here, settings.CACHE_TARGETS says.
TARGETS = ("cdn", "local", "api", "redis", "memory", "database")
CDN, RECEIVERS = "cdn", "receivers"
EVENTS = ("content_updated", "deployment", "manual")  # what a hook may tell of
#: Besides the page itself: what lists or names it.
AROUND = ("/", "/updates", "/feed.xml", "/atom.xml", "/sitemap.xml")
PATTERNS = ("/api/*", "/content/*")
ASSETS = "/assets/*"
MOST = 1_000  # keys and patterns of one order
ATTEMPTS, WAIT_S, WAIT_MAX_S = 30, 60, 3600  # about a day
NOT_CONFIGURED = "not_configured"
KEPT = 1_000  # orders of the history
State, Origin = Purge.State, CacheOrder.Origin


@transaction.atomic
def order(
    *,
    origin: str,
    targets: Sequence[str],
    keys: Sequence[str] = (),
    patterns: Sequence[str] = (),
    is_forced: bool = False,
    reason: str = "",
    by: rights.Actor = None,
    request_id: str = "",
    callback_url: str = "",
    release: Release | None = None,
) -> CacheOrder:
    """Have these caches forget addresses, paths and patterns; everything with `is_forced`.

    A target without a cache here is a row that failed as not configured, never a success. Raises
    NotAllowed, and Invalid for what is no target, address of our site, or pattern.
    """
    rights.require(by, PERMISSION, act="have caches forget pages")
    paths = _checked(targets, keys, patterns, is_forced)
    if callback_url and (wrong := callbacks.problem(callback_url)):
        raise Invalid([wrong])
    row = CacheOrder.objects.create(
        origin=origin,
        targets=list(targets),
        keys=list(keys),
        patterns=list(patterns),
        is_forced=is_forced,
        reason=reason.strip()[:300],
        initiated_by=by,
        request_id=request_id[:64],
        callback_url=callback_url,
        release=release,
        is_demo=bool(release and release.is_demo),
    )
    _plan(row, paths)
    return row


def _plan(row: CacheOrder, paths: Sequence[str]) -> None:
    """Make the rows of an order: its calls, and who is told."""
    planned = [one for target in dict.fromkeys(row.targets) for one in _calls(row, target, paths)]
    Purge.objects.bulk_create(planned)
    callbacks.plan(row)
    transaction.on_commit(partial(purges_due.send, sender=Purge))
    log.info("purge_ordered", order=row.pk, origin=row.origin, calls=len(planned))


def has_cdn() -> bool:
    """Tell whether a cache stands before this site, which has to hear of pages that are up."""
    return CDN in settings.CACHE_TARGETS


def published(release: Release) -> CacheOrder | None:
    """Order what follows from a page that is up: once for each release; None when nothing does.

    What went the short way has every cache there is forget everything (approvals specification §7).
    """
    if not has_cdn() or release.is_dry:
        return None
    page = Delivery.objects.filter(
        release=release, part_of__format="web", state=Delivery.State.CONFIRMED
    ).select_related("part_of")
    row = page.first()
    orders = CacheOrder.objects.filter(release=release, origin=Origin.PUBLISHED)
    if row is None or orders.exists():
        return None
    keys, patterns = around(row.part_of)
    is_forced = fast_track.of(release.draft) is not None
    return order(
        origin=Origin.PUBLISHED,
        targets=list(settings.CACHE_TARGETS) if is_forced else [CDN],
        keys=keys,
        patterns=patterns,
        is_forced=is_forced,
        reason=f"Published{' the short way' if is_forced else ''}: {release}",
        release=release,
    )


def corrected(part: ReleasePart, *, reason: str, by: rights.Actor = None) -> CacheOrder | None:
    """Order what follows from a page that was changed after it went out."""
    if CDN not in settings.CACHE_TARGETS:
        return None
    keys, patterns = around(part)
    return order(
        origin=Origin.CORRECTED, targets=[CDN], keys=keys, patterns=patterns, reason=reason, by=by
    )


def told(event: InboundEvent) -> str:
    """Order what a hook asks for; returns a note. A deployment means the assets, besides what it names."""
    asked = event.payload
    patterns = meant(event.kind, _texts(asked.get("patterns")))
    try:
        row = order(
            origin=Origin.HOOK,
            targets=_texts(asked.get("cache_targets")) or [CDN],
            is_forced=asked.get("force") is True,
            reason=str(asked.get("reason") or event.kind),
            request_id=event.event_id,
            keys=_texts(asked.get("keys")),
            patterns=patterns,
            callback_url=str(asked.get("callback_url") or "")[:500],
        )
    except Invalid as error:
        return f"Nothing was ordered. {error}"
    return f"Order {row.pk}"


def meant(event: str, patterns: Sequence[str]) -> list[str]:
    """Return the patterns that an event means: a deployment the assets, besides what it names."""
    return [*patterns, ASSETS] if event == "deployment" else list(patterns)


def order_all(*, by: rights.Actor, reason: str, confirmed: bool) -> CacheOrder:
    """Have every cache that is set up forget everything, where somebody has confirmed that this is meant.

    Raises NotAllowed; Invalid without that, and where there is no cache.
    """
    rights.require(by, PERMISSION, act="have caches forget pages")
    if not confirmed:
        said = "This has every cache forget everything: say confirm=true."
        raise Invalid([Problem("confirm_missing", said, "confirm")])
    targets = list(settings.CACHE_TARGETS)
    return order(origin=Origin.PERSON, targets=targets, is_forced=True, reason=reason, by=by)


def tried(
    *,
    by: rights.Actor,
    targets: Sequence[str],
    keys: Sequence[str] = (),
    patterns: Sequence[str] = (),
    is_forced: bool = False,
    callback_url: str = "",
    **_: object,
) -> dict[str, Any]:
    """Return what such an order would have forgotten: {"everything", "paths", "cache_targets"}.

    Raises as `order`; nothing is ordered.
    """
    rights.require(by, PERMISSION, act="have caches forget pages")
    paths = _checked(targets, keys, patterns, is_forced)
    if callback_url and (wrong := callbacks.problem(callback_url)):
        raise Invalid([wrong])
    kinds = _kinds()
    return {
        "everything": not paths,
        "paths": paths,
        "cache_targets": {name: kinds[name] for name in targets},
    }


def _texts(value: object) -> list[str]:
    return [str(one) for one in value] if isinstance(value, list) else []


def around(part: ReleasePart) -> tuple[list[str], list[str]]:
    """Return the paths and patterns that a page stands behind: itself, what lists it, feeds, sitemap."""
    own = [path_of(url) for url in part.links]
    return [path for path in [*own, *AROUND] if path], list(PATTERNS)


def is_fresh(release: Release) -> bool:
    """Tell whether a cache has still to be asked for the first time."""
    if CDN not in settings.CACHE_TARGETS:
        return False
    return Purge.objects.open().filter(order__release=release, attempts=0).exists()


def work(now: datetime, *, until: float = float("inf")) -> list[Release]:
    """Do what is due; returns the releases whose purges moved. No transaction is open at a call."""
    moved: dict[int, Release] = {}
    for pk in list(Purge.objects.due(now).values_list("pk", flat=True)[:200]):
        if time.monotonic() >= until:
            break
        purge = _claimed(pk, now)
        if purge is None:
            continue
        _ask(purge)
        if purge.order.release is not None:
            moved[purge.order.release.pk] = purge.order.release
    return list(moved.values())


def clean() -> int:
    """Keep the newest orders of the history, and those still to be done; returns how many went."""
    rows = CacheOrder.objects.order_by("-pk").values_list("pk", flat=True)
    last = rows[KEPT : KEPT + 1].first()
    if last is None:
        return 0
    is_open = Purge.objects.open().filter(order=OuterRef("pk"))
    old = CacheOrder.objects.filter(~Exists(is_open), pk__lte=last).order_by("pk")
    gone = list(old.values_list("pk", flat=True)[:KEPT])
    CacheOrder.objects.filter(pk__in=gone).delete()
    return len(gone)


def cache_of(target: str) -> Cache:
    """Build the cache behind a target. Raises Refused when there is none, Unavailable when outbound is off."""
    entry = settings.CACHE_TARGETS.get(target)
    if entry is None:
        said = f"No cache is set up for “{target}” here: not configured."
        raise Refused(said, code=NOT_CONFIGURED)
    return plugins.load("CACHE_TARGETS", target, Cache, place=_place(entry))  # type: ignore[type-abstract]


def _place(entry: Mapping[str, Any]) -> Place:
    about = {name: str(value) for name, value in entry.get("PLACE", {}).items()}
    endpoint = about.get("endpoint", "")
    return Place(
        endpoint=outbound.endpoint(RECEIVERS, endpoint) if endpoint else "",
        zone=about.get("zone", ""),
        secret=settings.CREDENTIALS.get("cdn", "") or _sandbox_secret(),
        site=str(settings.SITE["base_url"]).rstrip("/"),
    )


def _sandbox_secret() -> str:
    return "sandbox:sandbox-secret" if settings.OUTBOUND == outbound.SANDBOX else ""


def _claimed(pk: int, now: datetime) -> Purge | None:
    """Take one purge, and say so, before the first byte leaves; None when another worker has it."""
    lease = now + timedelta(seconds=120)
    taken = Purge.objects.due(now).filter(pk=pk).order_by()
    changed = taken.update(
        state=State.HANDED_OVER, lease_until=lease, handed_over_at=timezone.now()
    )
    return Purge.objects.select_related("order__release__draft").get(pk=pk) if changed else None


def _ask(purge: Purge) -> None:
    began = time.monotonic()
    purge.attempts += 1
    try:
        found = cache_of(purge.target).forget(purge.paths, key=purge.idempotency_key)
    except Refused as error:
        _not_taken(purge, State.FAILED, error)
    except RemoteError as error:  # Unclear too: what was forgotten may be forgotten once more
        is_last = purge.attempts >= ATTEMPTS
        _not_taken(purge, State.FAILED if is_last else State.PLANNED, error)
    else:
        purge.state, purge.confirmed_at = State.CONFIRMED, timezone.now()
        purge.provider_id, purge.keys_invalidated = found.id[:200], found.keys
        purge.error_code = purge.error = ""
    purge.duration_ms, purge.lease_until = int((time.monotonic() - began) * 1000), None
    purge.save()
    log.info("purge_asked", purge=purge.pk, target=purge.target, state=purge.state)


def _not_taken(purge: Purge, state: str, error: RemoteError) -> None:
    wait_s = min(WAIT_S * 2 ** (purge.attempts - 1), WAIT_MAX_S)
    if isinstance(error, Unavailable) and error.retry_after_s is not None:
        wait_s = int(error.retry_after_s)
    purge.state, purge.due_at = state, timezone.now() + timedelta(seconds=wait_s)
    purge.error_code, purge.error = error.code[:40], str(error)[:500]


def _calls(row: CacheOrder, target: str, paths: Sequence[str]) -> Iterable[Purge]:
    """Yield the purges of one target: as many calls as its cache takes."""
    entry = settings.CACHE_TARGETS.get(target)
    calls: list[list[str]] = [list(paths)]
    if entry is not None:
        cache = plugins.load("CACHE_TARGETS", target, Cache, place=Place(""))  # type: ignore[type-abstract]
        calls = cache.calls(paths)
    for number, some in enumerate(calls, start=1):
        text = canonical.text({"order": row.pk, "target": target, "number": number})
        purge = Purge(
            order=row,
            target=target,
            number=number,
            paths=some,
            idempotency_key=canonical.sha256(text)[:32],
        )
        if entry is None:
            purge.state, purge.error_code = State.FAILED, NOT_CONFIGURED
            purge.error = f"No cache is set up for “{target}” here: not configured."
        yield purge


def _checked(
    targets: Sequence[str], keys: Sequence[str], patterns: Sequence[str], is_forced: bool
) -> list[str]:
    """Return the paths that are meant; [] for everything. Raises Invalid naming what is wrong."""
    wrong = [
        Problem(
            "wrong_value", f"“{one}” is no target. There are {', '.join(TARGETS)}.", "cache_targets"
        )
        for one in targets
        if one not in TARGETS
    ]
    if not targets:
        wrong.append(Problem("missing", "Name at least one target.", "cache_targets"))
    if len(keys) + len(patterns) > MOST:
        wrong.append(Problem("too_many", f"An order names at most {MOST:,} paths.", "keys"))
    paths = [path_of(one) if one.startswith("http") else one for one in keys]
    for given, path in zip(keys, paths, strict=True):
        if not _is_path(path) or "*" in path:
            message = f"“{given[:100]}” is no path of our site; begin with / or with its address."
            wrong.append(Problem("wrong_value", message, "keys"))
    for given in patterns:
        if not _is_path(given):
            message = (
                f"“{given[:100]}” is no pattern; begin with /, and put * where anything may stand."
            )
            wrong.append(Problem("wrong_value", message, "patterns"))
    if not (paths or patterns or is_forced):
        message = "Name keys or patterns; or say force to have everything forgotten."
        wrong.append(Problem("missing", message, "keys"))
    if wrong:
        raise Invalid(wrong[:20])
    return [] if is_forced else list(dict.fromkeys([*paths, *patterns]))


def path_of(url: str) -> str:
    """Return the path of an address of our site; "" for one of another."""
    site = urlsplit(str(settings.SITE["base_url"]))
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    if parts.netloc.lower() != site.netloc.lower():
        return ""
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def _is_path(path: str) -> bool:
    is_plain = path.isascii() and path.isprintable() and not set(path) & set(' \\"<>#')
    return path.startswith("/") and not path.startswith("//") and is_plain and len(path) <= 1_000


def condition() -> dict[str, object]:
    """Return what is set up, and what waits: {"targets": {name: kind or "not configured"}, "open", "failed"}."""
    oldest = Purge.objects.open().order_by("pk").values_list("handed_over_at", "error").first()
    return {
        "targets": _kinds(),
        "open": Purge.objects.open().count(),
        "failed": Purge.objects.filter(state=State.FAILED)
        .exclude(error_code=NOT_CONFIGURED)
        .count(),
        "last_error": oldest[1] if oldest else "",
    }


def _kinds() -> dict[str, str]:
    entries = settings.CACHE_TARGETS
    return {
        name: entries[name]["BACKEND"].rpartition(".")[2].lower()
        if name in entries
        else "not configured"
        for name in TARGETS
    }
