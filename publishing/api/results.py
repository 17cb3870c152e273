"""Results: what came of a release, and what the team wants to reach."""

from dataclasses import asdict
from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers
from rest_framework.request import Request
from rest_framework.response import Response

from halcytone.lib.api.resources import Resource
from halcytone.lib.api.shown import Shown
from publishing.books import books, status
from publishing.models import Kpi, Release
from publishing.services import results


class FigureSerializer(serializers.Serializer[Any]):
    """`rate` to `most` is a range in percent; null where there is nothing to divide by."""

    name = serializers.CharField()
    rate = serializers.FloatField(allow_null=True)
    most = serializers.FloatField(allow_null=True)
    count = serializers.IntegerField()
    of = serializers.IntegerField()
    definition = serializers.CharField()
    target = serializers.CharField()
    is_met = serializers.BooleanField(allow_null=True)
    filters = serializers.DictField()


class LinkFigureSerializer(serializers.Serializer[Any]):
    number = serializers.IntegerField()
    url = serializers.CharField()
    target = serializers.CharField()
    human = serializers.IntegerField()
    unknown = serializers.IntegerField()
    machine = serializers.IntegerField()
    readers = serializers.IntegerField()


class ReleaseResultsSerializer(serializers.Serializer[Any]):
    """`privacy` counts readers by how much is counted of them; `hits` are of nobody in particular."""

    release_id = serializers.CharField()
    status = serializers.CharField()
    sent = serializers.IntegerField()
    delivered = serializers.IntegerField()
    is_told = serializers.BooleanField()
    privacy = serializers.DictField(child=serializers.IntegerField())
    hits = serializers.DictField()
    figures = FigureSerializer(many=True)
    links = LinkFigureSerializer(many=True)


class KpiSerializer(Shown):
    id = serializers.CharField(source="pk", read_only=True)
    target = serializers.CharField(source="words", read_only=True)

    class Meta:
        model = Kpi
        fields = [
            "id",
            "key",
            "name",
            "group",
            "direction",
            "value",
            "unit",
            "target",
            "definition",
            "is_enabled",
        ]
        read_only_fields = fields


class ReleaseResults(Resource):
    """What came of one release."""

    sees = ("publishing.view_release",)
    queryset = Release.objects.none()
    serializer_class = ReleaseResultsSerializer
    pagination_class = None

    @extend_schema(responses=ReleaseResultsSerializer)
    def show(self, request: Request, pk: int) -> Response:
        """Rates with their definitions, the map of links, and what is counted of whom."""
        release = get_object_or_404(Release.objects.select_related("draft"), pk=pk)
        found = results.of(release) or results.NOTHING
        figures = [asdict(one) | {"rate": one.rate, "most": one.most} for one in found.figures]
        about = {"release_id": str(release.pk), "status": status(release, books(release))}
        return self.answer(asdict(found) | about | {"figures": figures})


class Kpis(mixins.ListModelMixin, Resource):
    """What the team wants to reach; changed in the admin."""

    sees = ("publishing.view_release",)
    queryset = Kpi.objects.none()
    serializer_class = KpiSerializer
    filterset_fields = ["group", "is_enabled"]
    ordering_fields = ("id", "key")

    def get_queryset(self) -> QuerySet[Kpi]:
        return Kpi.objects.all()
