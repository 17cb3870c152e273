"""Caches: have them forget pages, and see what was forgotten."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from halcytone.lib.api.limits import PUBLISH
from halcytone.lib.api.parsing import Strict
from halcytone.lib.api.resources import Resource
from halcytone.lib.api.shown import Shown
from publishing.models import CacheOrder, Purge
from publishing.services import purges, warming


class PurgeSerializer(Shown):
    id = serializers.CharField(source="pk", read_only=True)
    status = serializers.CharField(source="state", read_only=True)

    class Meta:
        model = Purge
        fields = ["id", "target", "number", "paths", "status", "attempts", "due_at", "confirmed_at", "provider_id",
                  "keys_invalidated", "duration_ms", "error_code", "error"]  # fmt: skip
        read_only_fields = fields


class CacheOrderSerializer(Shown):
    """`status` follows from the purges: pending, in_progress, success, partial or failed."""

    id = serializers.CharField(source="pk", read_only=True)
    status = serializers.CharField(read_only=True)
    cache_targets = serializers.ListField(
        source="targets", child=serializers.CharField(), read_only=True
    )
    force = serializers.BooleanField(source="is_forced", read_only=True)
    initiated_by = serializers.CharField(
        source="initiated_by.username", read_only=True, default=None
    )
    release_id = serializers.CharField(read_only=True, allow_null=True)
    keys_invalidated = serializers.SerializerMethodField()
    duration_ms = serializers.SerializerMethodField()
    errors: Any = serializers.SerializerMethodField()
    purges = PurgeSerializer(many=True, read_only=True)

    class Meta:
        model = CacheOrder
        fields = ["id", "status", "origin", "cache_targets", "keys", "patterns", "force", "reason", "initiated_by",
                  "request_id", "callback_url", "release_id", "keys_invalidated", "duration_ms", "errors", "purges",
                  "created_at"]  # fmt: skip
        read_only_fields = fields

    def get_keys_invalidated(self, row: CacheOrder) -> int:
        return sum(one.keys_invalidated for one in row.purges.all())

    def get_duration_ms(self, row: CacheOrder) -> int:
        return sum(one.duration_ms or 0 for one in row.purges.all())

    def get_errors(self, row: CacheOrder) -> list[str]:
        return [f"{one.target}: {one.error}" for one in row.purges.all() if one.error]


class InvalidationWish(Strict):
    """`keys` are addresses or paths of the site, `patterns` paths with `*`; `force` means everything."""

    cache_targets = serializers.ListField(
        child=serializers.CharField(max_length=20), max_length=len(purges.TARGETS), default=["cdn"]
    )
    keys = serializers.ListField(
        child=serializers.CharField(max_length=2_000), max_length=purges.MOST, default=list
    )
    patterns = serializers.ListField(
        child=serializers.CharField(max_length=1_000), max_length=purges.MOST, default=list
    )
    force = serializers.BooleanField(default=False)
    reason = serializers.CharField(max_length=300, allow_blank=True, default="")
    callback_url = serializers.CharField(max_length=500, allow_blank=True, default="")


class Invalidations(mixins.ListModelMixin, Resource):
    """What caches were told to forget, the newest first."""

    sees = ("publishing.view_cacheorder",)
    queryset = CacheOrder.objects.none()
    serializer_class = CacheOrderSerializer
    ordering_fields = ("id", "created_at")
    filterset_fields = ["origin", "release"]
    kinds = {"invalidate": PUBLISH}

    def get_queryset(self) -> QuerySet[CacheOrder]:
        rows = CacheOrder.objects.select_related("initiated_by").prefetch_related("purges")
        return rows.order_by("-pk")

    @extend_schema(request=InvalidationWish, responses={202: CacheOrderSerializer})
    def invalidate(self, request: Request) -> Response:
        """Have caches forget addresses, patterns or everything; a worker does it."""
        wish: dict[str, Any] = self.given(InvalidationWish)
        row = purges.order(
            origin=CacheOrder.Origin.PERSON,
            targets=wish.pop("cache_targets"),
            is_forced=wish.pop("force"),
            by=request.user,
            request_id=request.META.get("HTTP_X_REQUEST_ID", ""),
            **wish,
        )
        return self.answer(row, code=status.HTTP_202_ACCEPTED)

    @extend_schema(responses={200: {"type": "object"}})
    def condition(self, request: Request) -> Response:
        """What is set up, what waits, and how often the last warm-up was served from a cache."""
        return Response(purges.condition() | {"warm_up": warming.last()})
