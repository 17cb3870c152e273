"""Documents: registered, given texts, read; their snapshots and problems."""

from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from content.models import Document, Snapshot, SyncJob
from content.services import documents
from halcytone.lib.api.parsing import Json, Strict
from halcytone.lib.api.resources import Resource
from halcytone.lib.errors import Invalid, Problem

SEES = ("content.view_document", "content.view_own_document", "content.manage_document")


class DocumentSerializer(serializers.ModelSerializer):
    id = serializers.CharField(source="pk", read_only=True)
    owner = serializers.CharField(source="owner.username", read_only=True)

    class Meta:
        model = Document
        fields = [
            "id",
            "name",
            "kind",
            "strategy",
            "zone",
            "file_name",
            "owner",
            "is_active",
            "version",
            "created_at",
        ]
        read_only_fields = fields


class SnapshotSerializer(serializers.ModelSerializer):
    id = serializers.CharField(source="pk", read_only=True)
    document_id = serializers.CharField(read_only=True)
    problem_count = serializers.SerializerMethodField()

    class Meta:
        model = Snapshot
        fields = ["id", "document_id", "fetched_at", "source_version", "fingerprint", "zone", "strategy",
                  "decided_by", "size_bytes", "item_count", "problem_count", "correlation_id"]  # fmt: skip
        read_only_fields = fields

    def get_problem_count(self, snapshot: Snapshot) -> int:
        return len(snapshot.problems)


class SyncJobSerializer(serializers.ModelSerializer):
    document_id = serializers.CharField(read_only=True)
    snapshot_id = serializers.CharField(read_only=True, allow_null=True)
    errors = serializers.JSONField(read_only=True)  # type: ignore[assignment]  # the model's word

    class Meta:
        model = SyncJob
        fields = ["job_id", "document_id", "status", "result", "errors", "snapshot_id", "correlation_id",
                  "created_at", "completed_at"]  # fmt: skip
        read_only_fields = fields


class ProblemSerializer(serializers.Serializer):
    """One mistake in a document, with its place."""

    line = serializers.IntegerField()
    column = serializers.IntegerField()
    severity = serializers.CharField()
    code = serializers.CharField()
    message = serializers.CharField()
    hint = serializers.CharField()
    field = serializers.CharField(allow_null=True)
    block = serializers.CharField(allow_null=True)
    source_url = serializers.CharField(allow_null=True)


class ProblemsSerializer(serializers.Serializer):
    snapshot_id = serializers.CharField(allow_null=True)
    results = ProblemSerializer(many=True)


class ReadingSerializer(serializers.Serializer):
    """What a text says when it is read as a document."""

    title = serializers.CharField()
    zone = serializers.CharField()
    strategy = serializers.CharField()
    decided_by = serializers.CharField()
    items = serializers.ListField(child=serializers.JSONField())
    problems = ProblemSerializer(many=True)


class Text(Strict):
    """A text, typed (`text`) or as a file (multipart)."""

    text = serializers.CharField(required=False, trim_whitespace=False, allow_blank=True)
    file = serializers.FileField(required=False, allow_empty_file=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if "text" in attrs and "file" in attrs:
            raise serializers.ValidationError("Give `text` or `file`, not both.")
        return attrs


class NewDocument(Text):
    name = serializers.CharField(max_length=200)
    kind = serializers.CharField(max_length=20, required=False)
    zone = serializers.CharField(max_length=64, required=False, default="")
    strategy = serializers.CharField(max_length=20, required=False, default="auto")


class DocumentChange(Text):
    name = serializers.CharField(max_length=200, required=False)
    zone = serializers.CharField(max_length=64, required=False)
    strategy = serializers.CharField(max_length=20, required=False)
    is_active = serializers.BooleanField(required=False)


class ParseWish(Text):
    name = serializers.CharField(max_length=200, required=False, default="")
    zone = serializers.CharField(max_length=64, required=False, default="")
    strategy = serializers.CharField(max_length=20, required=False, default="auto")


class SyncWish(Strict):
    correlation_id = serializers.CharField(max_length=64, required=False)


class Documents(Resource):
    """Living documents."""

    sees = SEES
    queryset = Document.objects.none()
    serializer_class = DocumentSerializer
    parser_classes = (Json, MultiPartParser)
    filterset_fields = ("kind", "is_active", "strategy")
    search_fields = ("name", "file_name")
    ordering_fields = ("id", "name", "created_at")

    def get_queryset(self) -> QuerySet[Document]:
        return documents.visible_to(self.request.user).select_related("owner").defer("data")

    @extend_schema(request=NewDocument, responses={201: DocumentSerializer})
    def create(self, request: Request) -> Response:
        wish = self.given(NewDocument)
        data, file_name = _bytes(wish)
        kind = wish.pop("kind", "") or (Document.Kind.UPLOAD if file_name else Document.Kind.INLINE)
        document = documents.register(
            by=request.user, kind=kind, data=data, file_name=file_name, **wish
        )
        return self.created(document)

    @extend_schema(request=DocumentChange, responses=DocumentSerializer)
    def partial_update(self, request: Request, pk: str) -> Response:
        document = self.get_object()
        version = self.expected_version(document)
        wish = self.given(DocumentChange)
        with transaction.atomic():
            if "text" in wish or "file" in wish:
                data, file_name = _bytes(wish)
                if wish:
                    document = documents.change(document, by=request.user, version=version, **wish)
                document = documents.give(document, by=request.user, data=data, file_name=file_name)
            else:
                document = documents.change(document, by=request.user, version=version, **wish)
        return self.answer(document)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, pk: str) -> Response:
        documents.remove(self.get_object(), by=request.user)
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(request=ParseWish, responses=ReadingSerializer)
    @action(detail=False, methods=["post"])
    def parse(self, request: Request) -> Response:
        """Read a text as a document would be read, and keep nothing."""
        wish = self.given(ParseWish)
        data, file_name = _bytes(wish)
        wish["name"] = wish["name"] or file_name or "text"
        reading = documents.try_parse(data, **wish)
        named = ("title", "zone", "strategy", "decided_by")
        return Response(
            {name: getattr(reading, name) for name in named}
            | {"items": [item.as_dict() for item in reading.items]}
            | {"problems": [problem.as_dict() for problem in reading.problems]}
        )

    @extend_schema(request=SyncWish, responses=SyncJobSerializer)
    @action(detail=True, methods=["post"])
    def sync(self, request: Request, pk: str) -> Response:
        """Read the document now. 409 while it is being read."""
        wish = self.given(SyncWish)
        wish.setdefault("correlation_id", request.headers.get("X-Request-ID", "")[:64])
        job = documents.read(self.get_object(), by=request.user, **wish)
        return self.answer(job, serializer=SyncJobSerializer)

    @extend_schema(responses=ProblemsSerializer, filters=False)
    @action(detail=True, pagination_class=None)
    def problems(self, request: Request, pk: str) -> Response:
        """What is wrong in the text as it was last read, by line."""
        last = self.get_object().snapshots.defer("raw", "blocks").first()
        found = last.problems if last else []
        return Response({"snapshot_id": str(last.pk) if last else None, "results": found})

    @extend_schema(responses=SnapshotSerializer(many=True), filters=False)
    @action(detail=True, filter_backends=())
    def snapshots(self, request: Request, pk: str) -> Response:
        """Every complete fetch, newest first."""
        rows = Snapshot.objects.filter(document=self.get_object()).defer("raw", "blocks")
        return self.listing(rows, SnapshotSerializer)


def _bytes(wish: dict[str, Any]) -> tuple[bytes, str]:
    """Take text or file out of a validated body: its bytes and the file's name. Raises Invalid."""
    file, text = wish.pop("file", None), wish.pop("text", None)
    if file is not None:
        return file.read(), str(file.name)
    if text is None:
        message = "Give the text: `text`, or a `file` as multipart/form-data."
        raise Invalid([Problem("required", message, attr="text")])
    return text.encode(), ""
