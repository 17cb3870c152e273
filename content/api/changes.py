"""What changed: between two texts, and at a source under the renditions that used it."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from content import compare
from content.api.items import VersionSerializer, with_versions
from content.models import Drift, Revision
from content.services import drift_decisions, items
from content.services.drift_board import Line
from halcytone.lib.api.parsing import Strict
from halcytone.lib.api.resources import Resource, find
from halcytone.lib.api.shown import Shown
from halcytone.lib.errors import Invalid, Problem

DECISIONS = ("take", "keep", "correct")
WITH = OpenApiParameter("with", str, required=True, description="The id of the other, older one.")


class DiffSegmentSerializer(serializers.Serializer):
    kind = serializers.ChoiceField(["same", "added", "removed"])
    text = serializers.CharField()


class DiffPartSerializer(serializers.Serializer):
    """A paragraph, table row or image of both texts; words are marked cell by cell."""

    kind = serializers.ChoiceField(["same", "changed", "added", "removed"])
    shape = serializers.ChoiceField(["text", "row", "image"])
    cells = serializers.ListField(child=DiffSegmentSerializer(many=True))
    before = serializers.CharField()
    after = serializers.CharField()


class DiffSerializer(serializers.Serializer):
    id = serializers.CharField()
    with_ = serializers.CharField()
    is_changed = serializers.BooleanField()
    parts = DiffPartSerializer(many=True)

    def to_representation(self, instance: Any) -> dict[str, Any]:
        shown = super().to_representation(instance)
        return {("with" if name == "with_" else name): value for name, value in shown.items()}


class DriftSerializer(Shown):
    """One sentence of a rendition whose source says something else now."""

    id = serializers.CharField(source="pk", read_only=True)
    rendition_id = serializers.CharField(read_only=True)
    draft_id = serializers.CharField(source="rendition.draft_id", read_only=True)
    draft_title = serializers.CharField(source="rendition.draft.title", read_only=True)
    format = serializers.CharField(source="rendition.format", read_only=True)
    snapshot_id = serializers.CharField(source="notice.snapshot_id", read_only=True)
    decided_by = serializers.CharField(source="decided_by.username", read_only=True, default=None)

    class Meta:
        model = Drift
        fields = ["id", "rendition_id", "draft_id", "draft_title", "format", "snapshot_id", "change",
                  "is_claim", "where", "sentence", "new_sentence", "old_text", "new_text", "source_url",
                  "opened_at", "decision", "reason", "decided_by", "decided_at"]  # fmt: skip
        read_only_fields = fields


class DriftLineSerializer(serializers.Serializer):
    """The same with how far its rendition has come, and what may be done."""

    drift = DriftSerializer()
    state = serializers.ChoiceField(["draft", "in_review", "approved", "published"])
    slot = serializers.DateTimeField(allow_null=True)
    slot_wall = serializers.CharField()
    zone = serializers.CharField()
    url = serializers.CharField()
    release_id = serializers.CharField(allow_null=True)
    ways = serializers.ListField(child=serializers.CharField())

    def to_representation(self, instance: Line) -> dict[str, Any]:
        shown = super().to_representation(instance)
        return {**shown.pop("drift"), **shown}


class DriftsSerializer(serializers.Serializer):
    results = DriftLineSerializer(many=True)


class DriftWish(Strict):
    decision = serializers.ChoiceField(DECISIONS)
    reason = serializers.CharField(max_length=300, required=False, default="")


class RestoreWish(Strict):
    reason = serializers.CharField(max_length=300, required=False, default="")


def diff(row: Any, other: Any, old: str, new: str) -> Response:
    parts = compare.texts(old, new)
    return Response(
        {
            "id": str(row.pk),
            "with": str(other.pk),
            "is_changed": compare.is_changed(parts),
            "parts": [part.as_dict() for part in parts],
        }
    )


def other_of(request: Request, rows: QuerySet[Any]) -> Any:
    """Return the row that `?with=` names. Raises Invalid."""
    named = request.query_params.get("with", "")
    if not named:
        message = "Name what to compare with: ?with=<id>."
        raise Invalid([Problem("required", message, attr="with")])
    return find(rows, named, attr="with")


class Revisions(Resource):
    """The frozen texts of items."""

    sees = ("content.view_item", "content.view_own_document", "content.manage_document")
    queryset = Revision.objects.none()
    serializer_class = VersionSerializer

    def get_queryset(self) -> QuerySet[Revision]:
        rows = Revision.objects.filter(item__in=items.visible_to(self.request.user))
        return with_versions(rows).select_related("item__document")

    @extend_schema(exclude=True)
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return self.http_method_not_allowed(request)

    @extend_schema(parameters=[WITH], responses=DiffSerializer, filters=False)
    @action(detail=True, pagination_class=None, url_path="diff")
    def diff(self, request: Request, pk: str) -> Response:
        """Compare with another text of the same item, word by word."""
        row = self.get_object()
        other = other_of(request, row.item.revisions)
        old, new = (f"# {one.title}\n\n{one.content}" for one in (other, row))
        return diff(row, other, old, new)

    @extend_schema(request=RestoreWish, responses=VersionSerializer)
    @action(detail=True, methods=["post"])
    def restore(self, request: Request, pk: str) -> Response:
        """Make this text the next revision of its item."""
        wish = self.given(RestoreWish)
        return self.answer(items.restore(self.get_object(), by=request.user, **wish))


class Drifts(Resource):
    """Sentences whose sources changed."""

    sees = ("content.view_draft", "content.view_own_draft", "content.manage_draft")
    queryset = Drift.objects.none()
    serializer_class = DriftSerializer
    filterset_fields = ("decision", "is_claim", "rendition")

    def get_queryset(self) -> QuerySet[Drift]:
        rows = drift_decisions.visible_to(self.request.user)
        return rows.select_related("rendition__draft", "decided_by", "notice")

    @extend_schema(request=DriftWish, responses=DriftSerializer)
    @action(detail=True, methods=["post"])
    def decide(self, request: Request, pk: str) -> Response:
        """Take the new sentence over, keep the old one, or say that what went out must be corrected."""
        wish = self.given(DriftWish)
        row, by = self.get_object(), request.user
        if wish["decision"] == "take":
            return self.answer(drift_decisions.take_over(row, by=by))
        act = drift_decisions.keep if wish["decision"] == "keep" else drift_decisions.correct
        return self.answer(act(row, by=by, reason=wish["reason"]))
