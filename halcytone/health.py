"""Probes: does this process answer, and is what it needs there?"""

from django.core.cache import cache
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponseRedirect, JsonResponse
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from redis.exceptions import RedisError

from publishing.services import heartbeats


@require_safe
def front(request: HttpRequest) -> HttpResponseRedirect:
    """The bare address leads to the desk."""
    return HttpResponseRedirect(reverse("admin:index"))


@require_safe
@never_cache
def live(request: HttpRequest) -> JsonResponse:
    """200 while this process answers, whatever else is down."""
    return JsonResponse({"status": "live"})


@require_safe
@never_cache
def ready(request: HttpRequest) -> JsonResponse:
    """200, or 503 naming what is missing. Without cache or workers the product degrades, but serves.

    A component is healthy, degraded, unhealthy, or unknown: what was not looked at is never healthy.
    """
    database = _database()
    is_ready = database == "healthy"
    workers = _workers() if is_ready else "unknown"
    components = {"database": database, "cache": _cache(), "workers": workers}
    status = "ready" if is_ready else "not ready"
    return JsonResponse(
        {"status": status, "components": components}, status=200 if is_ready else 503
    )


def _database() -> str:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return "unhealthy"
    return "healthy"


def _workers() -> str:
    """Degraded when none was seen at work for a minute: what is due would wait."""
    try:
        age_s = heartbeats.age_s()
    except DatabaseError:
        return "unknown"
    return "healthy" if age_s is not None and age_s < heartbeats.STALE_S else "degraded"


def _cache() -> str:
    try:
        cache.get("ready")
    except (RedisError, OSError):
        return "degraded"
    return "healthy"
