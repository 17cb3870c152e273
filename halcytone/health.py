"""Probes: does this process answer, and is what it needs there?"""

from django.core.cache import cache
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponseRedirect, JsonResponse
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from redis.exceptions import RedisError


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
    """200, or 503 naming what is missing. Without the cache the product degrades, but serves."""
    components = {"database": _database(), "cache": _cache()}
    is_ready = components["database"] == "healthy"
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


def _cache() -> str:
    try:
        cache.get("ready")
    except (RedisError, OSError):
        return "degraded"
    return "healthy"
