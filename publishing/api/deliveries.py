"""Deliveries: the rows of what went out."""

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django_filters import CharFilter
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from halcytone.lib.api.filters import Named
from halcytone.lib.api.limits import PUBLISH
from halcytone.lib.api.parsing import Strict, Why
from halcytone.lib.api.resources import Resource
from halcytone.lib.api.shown import Shown
from publishing.models import Delivery, Release
from publishing.services import archiving, deliveries


class DeliverySerializer(Shown):
    id = serializers.CharField(source="pk", read_only=True)
    release_id = serializers.CharField(read_only=True)
    format = serializers.CharField(source="part_of.format", read_only=True)
    account = serializers.CharField(source="account.key", read_only=True)
    contact_id = serializers.CharField(read_only=True, allow_null=True)
    settled_by = serializers.CharField(source="settled_by.username", read_only=True, default=None)

    class Meta:
        model = Delivery
        fields = ["id", "release_id", "format", "account", "target", "contact_id", "part", "state", "reason",
                  "due_at", "attempts", "handed_over_at", "confirmed_at", "provider_id", "url", "settled_by",
                  "error_code", "error", "idempotency_key", "changed_at"]  # fmt: skip
        read_only_fields = fields


class SettleWish(Strict):
    answer = serializers.ChoiceField(list(deliveries.ANSWERS))
    url = serializers.CharField(max_length=500, allow_blank=True, default="")
    reason = serializers.CharField(max_length=500)


class DeliveryFilter(Named):
    format = CharFilter(field_name="part_of__format")
    account = CharFilter(field_name="account__key")

    class Meta:
        model = Delivery
        fields = ["release", "state", "reason", "format", "account", "contact", "part"]


class Deliveries(Resource):
    """Acts towards the outside."""

    sees = ("publishing.view_delivery",)
    queryset = Delivery.objects.none()
    serializer_class = DeliverySerializer
    filterset_class = DeliveryFilter
    ordering_fields = ("id", "changed_at")
    kinds = {"settle": PUBLISH, "archive": PUBLISH}

    def get_queryset(self) -> QuerySet[Delivery]:
        return _rows()

    @extend_schema(request=SettleWish, responses=DeliverySerializer)
    @action(detail=True, methods=["post"])
    def settle(self, request: Request, pk: str) -> Response:
        """Say what you found out about an uncertain delivery: live, never_sent (sends it), failed."""
        row = self.get_object()
        return self.answer(deliveries.settle(row, by=request.user, **self.given(SettleWish)))

    @extend_schema(request=Why, responses=DeliverySerializer)
    @action(detail=True, methods=["post"])
    def archive(self, request: Request, pk: str) -> Response:
        """Take a page that is out of readers' sight, where its place can do that."""
        row = self.get_object()
        return self.answer(archiving.archive(row, by=request.user, **self.given(Why)))


class DeliveriesOfRelease(Resource):
    """The rows behind the books of one release; the filters of a line open exactly its rows."""

    sees = Deliveries.sees
    serializer_class = DeliverySerializer
    filterset_class = DeliveryFilter
    ordering_fields = Deliveries.ordering_fields
    queryset = Delivery.objects.none()

    def get_queryset(self) -> QuerySet[Delivery]:
        release = get_object_or_404(Release, pk=self.kwargs["pk"])
        return _rows().filter(release=release)


def _rows() -> QuerySet[Delivery]:
    return Delivery.objects.select_related("part_of", "account", "settled_by")
