"""Items: what was found in documents, and the frozen texts of each."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from content.models import Item, Revision
from content.services import items
from halcytone.lib.api.parsing import Strict
from halcytone.lib.api.resources import Resource


class RevisionSerializer(serializers.ModelSerializer):
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


class ItemSerializer(serializers.ModelSerializer):
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

    @extend_schema(methods=["GET"], responses=RevisionSerializer(many=True), filters=False)
    @extend_schema(methods=["POST"], request=Edit, responses={201: RevisionSerializer})
    @action(detail=True, methods=["get", "post"], filter_backends=())
    def revisions(self, request: Request, pk: str) -> Response:
        """GET: every text, newest first. POST: an edit makes the next; one that changes nothing, none."""
        item = self.get_object()
        if request.method == "GET":
            return self.listing(item.revisions.select_related("author"), RevisionSerializer)
        before = item.head_id
        head = items.edit(item, by=request.user, **self.given(Edit))
        code = status.HTTP_200_OK if head.pk == before else status.HTTP_201_CREATED
        return self.answer(head, code=code, serializer=RevisionSerializer)

    @extend_schema(request=Choice, responses=RevisionSerializer)
    @action(detail=True, methods=["post"])
    def choose(self, request: Request, pk: str) -> Response:
        """Settle an edit against a changed source."""
        head = items.choose(self.get_object(), by=request.user, **self.given(Choice))
        return self.answer(head, serializer=RevisionSerializer)
