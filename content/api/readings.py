"""Sync jobs, and the snapshots that they made."""

from datetime import timedelta
from typing import Any

from django.db.models import Avg, Count, F, Max, QuerySet
from django_filters import ChoiceFilter
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from content.api import changes
from content.models import Snapshot, SyncJob
from content.services import documents, jobs, snapshots
from halcytone.lib.api.filters import Named
from halcytone.lib.api.parsing import Nothing, Strict
from halcytone.lib.api.resources import Resource
from halcytone.lib.api.shown import Shown

#: What programs call a channel → what it is called here.
CHANNEL_WORDS = {
    "email": "email",
    "web": "web",
    "website": "web",
    "x": "x",
    "twitter": "x",
    "linkedin": "linkedin",
    "facebook": "facebook",
    "instagram": "instagram",
}
SEES = ("content.view_document", "content.view_own_document", "content.manage_document")


class SyncJobSerializer(Shown):
    source_document_id = serializers.CharField(source="document_id", read_only=True)
    document_id = serializers.CharField(read_only=True)
    snapshot_id = serializers.CharField(read_only=True, allow_null=True)
    errors = serializers.JSONField(read_only=True)  # type: ignore[assignment]  # the model's word

    class Meta:
        model = SyncJob
        fields = ["job_id", "document_id", "source_document_id", "status", "result", "channels", "results",
                  "errors", "snapshot_id", "correlation_id", "created_at", "scheduled_for", "started_at",
                  "completed_at", "metadata"]  # fmt: skip
        read_only_fields = fields


class StatisticsSerializer(serializers.Serializer):
    """Figures over the jobs that the person may see."""

    total_jobs = serializers.IntegerField()
    active_jobs = serializers.IntegerField()
    status_breakdown = serializers.DictField(child=serializers.IntegerField())
    channel_breakdown = serializers.DictField(child=serializers.IntegerField())
    success_rate = serializers.FloatField(allow_null=True)
    average_processing_time_seconds = serializers.FloatField(allow_null=True)
    last_sync_times = serializers.DictField(child=serializers.DateTimeField())


class SnapshotSerializer(Shown):
    id = serializers.CharField(source="pk", read_only=True)
    document_id = serializers.CharField(read_only=True)
    problem_count = serializers.SerializerMethodField()

    class Meta:
        model = Snapshot
        fields = ["id", "document_id", "state", "title", "fetched_at", "source_version", "fingerprint", "zone",
                  "strategy", "decided_by", "size_bytes", "item_count", "problem_count",
                  "correlation_id"]  # fmt: skip
        read_only_fields = fields

    def get_problem_count(self, snapshot: Snapshot) -> int:
        return len(snapshot.problems)


class SnapshotDetailSerializer(SnapshotSerializer):
    text = serializers.SerializerMethodField()

    class Meta(SnapshotSerializer.Meta):
        fields = [*SnapshotSerializer.Meta.fields, "text", "blocks", "media", "problems"]
        read_only_fields = fields

    def get_text(self, snapshot: Snapshot) -> str:
        return snapshots.text_of(snapshot)


class RetryWish(Strict):
    document_id = serializers.CharField(max_length=64, required=False)


class SyncJobFilter(Named):
    channel = ChoiceFilter(
        choices=[(word, word) for word in CHANNEL_WORDS], method="asked_for", label="channel"
    )

    class Meta:
        model = SyncJob
        fields = ["status", "result", "document"]

    def asked_for(self, rows: QuerySet[SyncJob], _name: str, word: str) -> QuerySet[SyncJob]:
        """Search the list as text: SQLite cannot look into it."""
        return rows.filter(channels__icontains=f'"{CHANNEL_WORDS[word]}"')


class SyncJobs(Resource):
    """Readings of documents: asked for, running, ended."""

    sees = SEES
    queryset = SyncJob.objects.none()
    serializer_class = SyncJobSerializer
    lookup_field = "job_id"
    lookup_value_regex = "[A-Za-z0-9_:-]{1,64}"
    filterset_class = SyncJobFilter
    ordering_fields = ("id", "created_at")

    def get_queryset(self) -> QuerySet[SyncJob]:
        return SyncJob.objects.filter(document__in=documents.visible_to(self.request.user))

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, job_id: str) -> Response:
        """Take a waiting job back."""
        jobs.cancel(self.get_object(), by=request.user)
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(request=None, responses={202: SyncJobSerializer})
    @action(detail=True, methods=["post"])
    def retry(self, request: Request, job_id: str) -> Response:
        """Do what a failed job did not do."""
        self.given(Nothing)
        again = jobs.retry(self.get_object(), by=request.user)
        return self.answer(again, code=status.HTTP_202_ACCEPTED)

    @extend_schema(request=None, responses={202: SyncJobSerializer(many=True)})
    @action(detail=False, methods=["post"], url_path="retry-failed")
    def retry_failed(self, request: Request) -> Response:
        """Try again every document whose last reading failed in the last 24 hours."""
        self.given(Nothing)
        again = jobs.retry_failed(self.get_queryset(), by=request.user)
        return Response(
            {"results": SyncJobSerializer(again, many=True).data}, status.HTTP_202_ACCEPTED
        )

    @extend_schema(responses=StatisticsSerializer, filters=False)
    @action(detail=False, pagination_class=None)
    def statistics(self, request: Request) -> Response:
        return Response(StatisticsSerializer(figures(self.get_queryset())).data)


def figures(rows: QuerySet[SyncJob]) -> dict[str, Any]:
    """Return the figures of `StatisticsSerializer`; None where nothing has ended yet."""
    rows = rows.order_by()
    by_status = dict(rows.values_list("status").annotate(count=Count("pk")))
    done, failed = by_status.get("completed", 0), by_status.get("failed", 0)
    ended = rows.filter(status="completed", started_at__isnull=False)
    took: timedelta | None = ended.aggregate(took=Avg(F("completed_at") - F("started_at")))["took"]
    by_channel: dict[str, int] = {}
    for channels in rows.exclude(channels=[]).values_list("channels", flat=True):
        for channel in channels:
            by_channel[channel] = by_channel.get(channel, 0) + 1
    last = rows.filter(status="completed").values_list("document").annotate(at=Max("completed_at"))
    return {
        "total_jobs": sum(by_status.values()),
        "active_jobs": sum(by_status.get(word, 0) for word in jobs.RUNNING),
        "status_breakdown": by_status,
        "channel_breakdown": by_channel,
        "success_rate": round(100 * done / (done + failed), 1) if done + failed else None,
        "average_processing_time_seconds": round(took.total_seconds(), 3) if took else None,
        "last_sync_times": {str(document): at for document, at in last},
    }


class Snapshots(Resource):
    """Every complete fetch of a document, as it was read."""

    sees = SEES
    queryset = Snapshot.objects.none()
    serializer_class = SnapshotDetailSerializer

    def get_queryset(self) -> QuerySet[Snapshot]:
        return Snapshot.objects.filter(document__in=documents.visible_to(self.request.user))

    @extend_schema(exclude=True)
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return self.http_method_not_allowed(request)

    @extend_schema(parameters=[changes.WITH], responses=changes.DiffSerializer, filters=False)
    @action(detail=True, pagination_class=None, url_path="diff")
    def diff(self, request: Request, pk: str) -> Response:
        """Compare with another fetch of the same document, word by word."""
        row = self.get_object()
        other = changes.other_of(request, row.document.snapshots)
        return changes.diff(row, other, snapshots.text_of(other), snapshots.text_of(row))

    @extend_schema(request=None, responses=SnapshotSerializer)
    @action(detail=True, methods=["post"])
    def accept(self, request: Request, pk: str) -> Response:
        """Take in a reading that lost most of its document."""
        self.given(Nothing)
        taken = snapshots.accept(self.get_object(), by=request.user)
        return self.answer(taken, serializer=SnapshotSerializer)

    @extend_schema(request=None, responses=SnapshotSerializer)
    @action(detail=True, methods=["post"])
    def refuse(self, request: Request, pk: str) -> Response:
        """Put such a reading away; the document stays as it was."""
        self.given(Nothing)
        refused = snapshots.refuse(self.get_object(), by=request.user)
        return self.answer(refused, serializer=SnapshotSerializer)
