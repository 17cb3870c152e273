"""The addresses by which older programs have caches forget pages: the same services, the same rights.

Platform specification §2, "routes in the older style". Each answer says so in `Deprecation` (RFC 9745).
"""

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from halcytone.lib.api.filters import is_on
from halcytone.lib.api.limits import PUBLISH
from halcytone.lib.api.resources import Resource
from publishing.api.caches import CacheOrderSerializer, InvalidationWish
from publishing.models import CacheOrder
from publishing.services import cache_health, purges, warming

SINCE = "@1764288000"  # 2025-11-28, since when /cache/invalidate and /cache/status take their place
SUCCESSOR = '</api/v1/cache/invalidate>; rel="successor-version"'


class HookWish(InvalidationWish):
    """What a hook tells; `deployment` means `/assets/*` besides what it names."""

    event = serializers.ChoiceField(purges.EVENTS, default="content_updated")


class HookTrialSerializer(serializers.Serializer):
    """What would be forgotten: `paths`, or everything where there are none."""

    everything = serializers.BooleanField()
    paths = serializers.ListField(child=serializers.CharField())
    cache_targets = serializers.DictField(child=serializers.CharField())


class OldCaches(Resource):
    """Older addresses of `/cache/invalidate`, `/cache/status` and `/cache/history`."""

    sees = ("publishing.view_cacheorder",)
    queryset = CacheOrder.objects.none()
    serializer_class = CacheOrderSerializer
    pagination_class = None
    filter_backends = ()
    kinds = {"webhook": PUBLISH, "clear_all": PUBLISH}

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        response = super().finalize_response(request, response, *args, **kwargs)
        response["Deprecation"], response["Link"] = SINCE, SUCCESSOR
        return response

    @extend_schema(request=HookWish, responses={202: CacheOrderSerializer})
    def webhook(self, request: Request) -> Response:
        """Have caches forget what changed, as `/hooks/cache/` does for who signs."""
        row = purges.order(by=request.user, origin=CacheOrder.Origin.HOOK, **self._asked())
        return self.answer(row, code=status.HTTP_202_ACCEPTED)

    @extend_schema(request=HookWish, responses=HookTrialSerializer)
    def webhook_test(self, request: Request) -> Response:
        """Say what the same call of `/cache/webhook` would have forgotten; nothing is ordered."""
        asked = self._asked()
        found = purges.tried(by=request.user, **asked)
        return self.answer(found, serializer=HookTrialSerializer)

    @extend_schema(responses={200: {"type": "object"}})
    def health(self, request: Request) -> Response:
        """How each cache answered the last time: healthy, unhealthy, unknown or not configured."""
        return Response(cache_health.health())

    @extend_schema(responses={200: {"type": "object"}})
    def stats(self, request: Request) -> Response:
        """Counts of what the history keeps, and the hit rate of the last warm-up."""
        return Response(cache_health.stats() | {"warm_up": warming.last()})

    @extend_schema(
        parameters=[OpenApiParameter("confirm", bool, required=True)],
        responses={202: CacheOrderSerializer},
    )
    def clear_all(self, request: Request) -> Response:
        """Have every cache that is set up forget everything; `confirm=true` says that this is meant."""
        reason, is_meant = "Everything, by the older address", is_on(request, "confirm")
        row = purges.order_all(by=request.user, reason=reason, confirmed=is_meant)
        return self.answer(row, code=status.HTTP_202_ACCEPTED)

    def _asked(self) -> dict[str, Any]:
        wish = self.given(HookWish)
        event = wish.pop("event")
        return {
            "targets": wish.pop("cache_targets"),
            "is_forced": wish.pop("force"),
            "reason": wish.pop("reason") or event,
            "patterns": purges.meant(event, wish.pop("patterns")),
            "request_id": self.request.META.get("HTTP_X_REQUEST_ID", ""),
            **wish,
        }
