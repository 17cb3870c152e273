"""Items: what was found in documents, and the frozen texts of each."""

from collections.abc import Iterable, Mapping
from typing import Any
from zoneinfo import available_timezones

from django.conf import settings
from django.db.models import Q, QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from content import validation
from content.models import Item, Revision
from content.services import items, resemblances, revisions
from halcytone.lib.api.parsing import Strict
from halcytone.lib.api.resources import Guarded, Resource
from halcytone.lib.api.shown import Shown
from halcytone.lib.errors import Invalid, Problem


class RevisionSerializer(Shown):
    id = serializers.CharField(source="pk", read_only=True)
    item_id = serializers.CharField(read_only=True)
    date = serializers.DateField(source="on", read_only=True)
    author = serializers.CharField(source="author.username", read_only=True, default=None)
    fields_ = serializers.JSONField(source="fields", read_only=True)

    class Meta:
        model = Revision
        fields = ["id", "item_id", "number", "origin", "author", "reason", "title", "content", "section",
                  "type", "date", "priority", "is_featured", "is_weekly", "fields_", "line_start",
                  "line_end", "sha256", "created_at"]  # fmt: skip
        read_only_fields = fields

    def to_representation(self, instance: Revision) -> dict[str, Any]:
        shown = super().to_representation(instance)
        shown["fields"] = shown.pop("fields_")  # `fields` is a serializer's own word
        return dict(shown)


class VersionSerializer(RevisionSerializer):
    """A revision with its version record: where it went out, and the source's own version of it.

    A page of rows is given `channels` in its context (`channels_in`), so that the ledger is asked once.
    """

    version_id = serializers.CharField(source="pk", read_only=True)
    content_hash = serializers.CharField(source="sha256", read_only=True)
    channels_published = serializers.SerializerMethodField()
    source_document_version = serializers.CharField(
        source="snapshot.source_version", read_only=True, default=None
    )

    class Meta(RevisionSerializer.Meta):
        fields = [*RevisionSerializer.Meta.fields, "version_id", "content_hash", "channels_published",
                  "source_document_version"]  # fmt: skip
        read_only_fields = fields

    @extend_schema_field(serializers.DictField(child=serializers.DateTimeField()))
    def get_channels_published(self, revision: Revision) -> dict[str, Any]:
        known = self.context.get("channels") or revisions.channels_published([revision])
        shown = serializers.DateTimeField().to_representation
        return {channel: shown(at) for channel, at in known[revision.pk].items()}


def with_versions(rows: QuerySet[Revision]) -> QuerySet[Revision]:
    """Return the rows with what a version record needs, without the bytes of their snapshots."""
    heavy = ("raw", "text", "blocks", "media", "problems")
    return rows.select_related("author", "snapshot").defer(*(f"snapshot__{one}" for one in heavy))


def channels_in(page: Iterable[Revision]) -> Mapping[str, Any]:
    """Return the context of a page of version records."""
    return {"channels": revisions.channels_published(page)}


class ItemSerializer(Shown):
    id = serializers.CharField(source="pk", read_only=True)
    document_id = serializers.CharField(read_only=True)
    duplicate_of_id = serializers.CharField(read_only=True, allow_null=True)
    head = RevisionSerializer(read_only=True, allow_null=True)
    incoming = RevisionSerializer(read_only=True, allow_null=True)

    class Meta:
        model = Item
        fields = ["id", "document_id", "key", "position", "is_present", "is_blocked", "duplicate_of_id",
                  "head", "incoming", "created_at"]  # fmt: skip
        read_only_fields = fields


class Edit(Strict):
    title = serializers.CharField(max_length=500, required=False, allow_blank=True)
    content = serializers.CharField(required=False, allow_blank=True, trim_whitespace=False)
    reason = serializers.CharField(max_length=300, required=False, default="", allow_blank=True)
    changed_fields = serializers.DictField(required=False)

    def get_fields(self) -> Any:
        declared = super().get_fields()
        declared["fields"] = declared.pop("changed_fields")
        return declared


class Choice(Strict):
    choice = serializers.ChoiceField(["source", "edit", "merged"])
    title = serializers.CharField(max_length=500, required=False)
    content = serializers.CharField(required=False, trim_whitespace=False)


class DuplicateSerializer(serializers.Serializer):
    kind = serializers.ChoiceField(["exact", "near"])
    item_id = serializers.CharField()
    title = serializers.CharField()
    document_id = serializers.CharField()
    revision_id = serializers.CharField()
    why = serializers.CharField()


class DuplicatesSerializer(serializers.Serializer):
    results = DuplicateSerializer(many=True)


class JudgedPiece(Strict):
    """A piece to be judged; the other fields are those of a document's directives."""

    title = serializers.CharField(max_length=500, required=False, allow_blank=True)
    content = serializers.CharField(required=False, allow_blank=True, trim_whitespace=False)
    content_type = serializers.CharField(max_length=40, required=False)
    section = serializers.CharField(max_length=40, required=False, default="breathscape")
    date = serializers.CharField(max_length=40, required=False)
    tags = serializers.ListField(child=serializers.CharField(max_length=200), required=False)
    excerpt = serializers.CharField(required=False, allow_blank=True)
    seo_description = serializers.CharField(required=False)
    category = serializers.CharField(required=False)
    urgency = serializers.CharField(required=False)
    priority = serializers.IntegerField(required=False)
    channels = serializers.ListField(child=serializers.CharField(max_length=40), required=False)
    published = serializers.BooleanField(required=False)
    featured = serializers.BooleanField(required=False)
    scheduled_for = serializers.CharField(max_length=40, required=False)
    zone = serializers.CharField(max_length=64, required=False, default="")
    strict_mode = serializers.BooleanField(required=False, default=False)


class VerdictSerializer(serializers.Serializer):
    """`is_valid` is a serializer's own word, so its field is put in below."""

    content_type = serializers.CharField()
    issues = serializers.ListField(child=serializers.JSONField())
    warnings = serializers.ListField(child=serializers.JSONField())
    suggestions = serializers.ListField(child=serializers.JSONField())
    metadata = serializers.JSONField()

    def get_fields(self) -> Any:
        return {"is_valid": serializers.BooleanField(), **super().get_fields()}


class TypeSerializer(serializers.Serializer):
    type = serializers.CharField()
    fields_ = serializers.ListField(child=serializers.CharField())

    def get_fields(self) -> Any:
        declared = super().get_fields()
        declared["fields"] = declared.pop("fields_")
        return declared


class TypesSerializer(serializers.Serializer):
    results = TypeSerializer(many=True)


class CodeSerializer(serializers.Serializer):
    code = serializers.CharField()
    severity = serializers.ChoiceField(["info", "warning", "error", "critical"])


class RulesSerializer(serializers.Serializer):
    codes = CodeSerializer(many=True)
    limits = serializers.DictField(child=serializers.IntegerField())


class Items(Resource):
    """Publishable pieces of the documents that you may see."""

    sees = ("content.view_item", "content.view_own_document", "content.manage_document")
    queryset = Item.objects.none()
    serializer_class = ItemSerializer
    filterset_fields = {
        "document": ["exact"],
        "is_present": ["exact"],
        "is_blocked": ["exact"],
        "head__section": ["exact"],
        "head__type": ["exact"],
        "head__is_weekly": ["exact"],
        "head__is_featured": ["exact"],
    }
    search_fields = ("head__title", "head__content")
    ordering_fields = ("id", "position", "created_at")

    def get_queryset(self) -> QuerySet[Item]:
        rows = items.visible_to(self.request.user)
        return rows.select_related("head__author", "incoming__author")

    def context_of(self, page: Any) -> Mapping[str, Any]:
        more = channels_in(page) if self.action == "revisions" else {}
        return {**self.context, **more}

    @extend_schema(methods=["GET"], responses=VersionSerializer(many=True), filters=False)
    @extend_schema(methods=["POST"], request=Edit, responses={201: VersionSerializer})
    @action(detail=True, methods=["get", "post"], filter_backends=())
    def revisions(self, request: Request, pk: str) -> Response:
        """GET: every text, newest first. POST: an edit makes the next; one that changes nothing, none."""
        item = self.get_object()
        if request.method == "GET":
            return self.listing(with_versions(item.revisions.all()), VersionSerializer)
        before = item.head_id
        head = items.edit(item, by=request.user, **self.given(Edit))
        code = status.HTTP_200_OK if head.pk == before else status.HTTP_201_CREATED
        return self.answer(head, code=code, serializer=VersionSerializer)

    @extend_schema(request=Choice, responses=VersionSerializer)
    @action(detail=True, methods=["post"])
    def choose(self, request: Request, pk: str) -> Response:
        """Settle an edit against a changed source."""
        head = items.choose(self.get_object(), by=request.user, **self.given(Choice))
        return self.answer(head, serializer=VersionSerializer)

    @extend_schema(responses=DuplicatesSerializer, filters=False)
    @action(detail=True, pagination_class=None)
    def duplicates(self, request: Request, pk: str) -> Response:
        """What says the same (exact) or nearly the same (near) as this piece, in documents you may see."""
        item = self.get_object()
        seen = self.get_queryset()
        exact = seen.filter(Q(duplicate_of=item) | Q(pk=item.duplicate_of_id)).exclude(pk=item.pk)
        found = [_other("exact", other, "title and beginning are the same") for other in exact]
        found += [
            _other("near", other, why) for other, why in resemblances.seen_by(request.user, item)
        ]
        return Response(DuplicatesSerializer({"results": found}).data)


def _other(kind: str, item: Item, why: str) -> dict[str, Any]:
    return {
        "kind": kind,
        "item_id": str(item.pk),
        "title": str(item),
        "document_id": str(item.document_id),
        "revision_id": str(item.head_id or ""),
        "why": why,
    }


class Validate(Resource):
    """One piece, judged without being kept."""

    serializer_class = VerdictSerializer
    pagination_class = None  # one verdict
    filter_backends = ()

    @extend_schema(request=JudgedPiece, responses=VerdictSerializer, operation_id="validate_create")
    def create(self, request: Request) -> Response:
        piece = self.given(JudgedPiece)
        is_strict = piece.pop("strict_mode")
        zone = piece.pop("zone") or settings.DEFAULT_ZONE
        if "content_type" in piece:
            piece["type"] = piece.pop("content_type")
        if zone not in available_timezones():
            message = f"“{zone}” is no IANA time zone, such as America/New_York."
            raise Invalid([Problem("invalid_field", message, attr="zone")])
        at = timezone.now()
        return Response(validation.judge(piece, at=at, zone=zone, is_strict=is_strict))


class ContentTypes(Guarded):
    @extend_schema(responses=TypesSerializer)
    def get(self, request: Request) -> Response:
        """The types of content, and the fields that each has beside those of every piece."""
        return Response({"results": validation.types()})


class ValidationRules(Guarded):
    @extend_schema(responses=RulesSerializer)
    def get(self, request: Request) -> Response:
        """Every problem that reading tells, with its severity, and every limit."""
        return Response(validation.rules())
