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

from content.api.changes import DriftsSerializer
from content.api.readings import CHANNEL_WORDS, SnapshotSerializer, SyncJobSerializer
from content.models import Document, Snapshot
from content.services import describing, documents, drift_board
from halcytone.lib.api.parsing import Json, Strict, Upload
from halcytone.lib.api.resources import Resource
from halcytone.lib.api.shown import Shown
from halcytone.lib.errors import Invalid, Problem

SEES = ("content.view_document", "content.view_own_document", "content.manage_document")


class DocumentSerializer(Shown):
    id = serializers.CharField(source="pk", read_only=True)
    owner = serializers.CharField(source="owner.username", read_only=True)
    ref = serializers.CharField(read_only=True)

    class Meta:
        model = Document
        fields = [
            "id",
            "name",
            "kind",
            "strategy",
            "zone",
            "ref",
            "source_key",
            "file_name",
            "owner",
            "is_active",
            "interval_minutes",
            "drift_policy",
            "due_at",
            "halted",
            "version",
            "created_at",
        ]
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
    file = Upload(required=False, allow_empty_file=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if "text" in attrs and "file" in attrs:
            raise serializers.ValidationError("Give `text` or `file`, not both.")
        return attrs


class NewDocument(Text):
    name = serializers.CharField(max_length=200)
    kind = serializers.CharField(max_length=20, required=False)
    zone = serializers.CharField(max_length=64, required=False, default="")
    strategy = serializers.CharField(max_length=20, required=False, default="auto")
    source_key = serializers.CharField(
        max_length=500, required=False, help_text="Its address or id."
    )
    interval_minutes = serializers.IntegerField(required=False, min_value=0, max_value=10_080)
    drift_policy = serializers.CharField(max_length=10, required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if "source_key" in attrs and ("text" in attrs or "file" in attrs):
            raise serializers.ValidationError("Give `source_key`, or a text: not both.")
        return super().validate(attrs)


class DocumentChange(Text):
    name = serializers.CharField(max_length=200, required=False)
    zone = serializers.CharField(max_length=64, required=False)
    strategy = serializers.CharField(max_length=20, required=False)
    is_active = serializers.BooleanField(required=False)
    interval_minutes = serializers.IntegerField(required=False, min_value=0, max_value=10_080)
    drift_policy = serializers.CharField(max_length=10, required=False)


class ParseWish(Text):
    name = serializers.CharField(max_length=200, required=False, default="")
    zone = serializers.CharField(max_length=64, required=False, default="")
    strategy = serializers.CharField(max_length=20, required=False, default="auto")


class SyncWish(Strict):
    correlation_id = serializers.CharField(max_length=64, required=False)
    channels = serializers.ListField(
        child=serializers.ChoiceField([*CHANNEL_WORDS]), required=False, max_length=8
    )
    scheduled_for = serializers.DateTimeField(required=False)
    metadata = serializers.DictField(required=False)


class AltWish(Strict):
    name = serializers.CharField(max_length=80)
    text = serializers.CharField(max_length=1000)


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
        if "source_key" in wish:
            return self.created(documents.link(by=request.user, key=wish.pop("source_key"), **wish))
        data, file_name = _bytes(wish)
        for name in ("interval_minutes", "drift_policy"):
            wish.pop(name, None)  # a text that was given is read when it is given
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
        reading = documents.try_parse(data, file_name=file_name, **wish)
        named = ("title", "zone", "strategy", "decided_by")
        return Response(
            {name: getattr(reading, name) for name in named}
            | {"items": [item.as_dict() for item in reading.items]}
            | {"problems": [problem.as_dict() for problem in reading.problems]}
        )

    @extend_schema(request=SyncWish, responses={200: SyncJobSerializer, 202: SyncJobSerializer})
    @action(detail=True, methods=["post"])
    def sync(self, request: Request, pk: str) -> Response:
        """Read the document now: at once where its text is here (200), else by a worker (202).

        409 while it is being read.
        """
        wish = self.given(SyncWish)
        wish.setdefault("correlation_id", request.headers.get("X-Request-ID", "")[:64])
        document = self.get_object()
        if document.is_remote or "scheduled_for" in wish:
            wish["channels"] = sorted({CHANNEL_WORDS[word] for word in wish.get("channels", [])})
            job = documents.ask(document, by=request.user, **wish)
            return self.answer(job, code=status.HTTP_202_ACCEPTED, serializer=SyncJobSerializer)
        job = documents.read(document, by=request.user, correlation_id=wish["correlation_id"])
        return self.answer(job, serializer=SyncJobSerializer)

    @extend_schema(responses=ProblemsSerializer, filters=False)
    @action(detail=True, pagination_class=None)
    def problems(self, request: Request, pk: str) -> Response:
        """What is wrong in the text as it was last read, by line."""
        last = self.get_object().snapshots.defer("raw", "blocks").first()
        found = last.problems if last else []
        return Response({"snapshot_id": str(last.pk) if last else None, "results": found})

    @extend_schema(request=AltWish, responses={200: SyncJobSerializer, 204: None})
    @action(detail=True, methods=["post"], url_path="alt-texts")
    def alt_texts(self, request: Request, pk: str) -> Response:
        """Say what an image shows (its `name` stands in a snapshot's media); the text is read anew."""
        job = describing.describe(self.get_object(), by=request.user, **self.given(AltWish))
        if job is None:
            return Response(status=status.HTTP_204_NO_CONTENT)
        return self.answer(job, serializer=SyncJobSerializer)

    @extend_schema(responses=DriftsSerializer, filters=False)
    @action(detail=True, pagination_class=None)
    def drift(self, request: Request, pk: str) -> Response:
        """Every sentence of a rendition whose source changed, nearest slot first; `?all=true` with the decided."""
        is_open = request.query_params.get("all") != "true"
        lines = drift_board.lines(self.get_object(), by=request.user, is_open=is_open)
        return Response(DriftsSerializer({"results": lines}).data)

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
