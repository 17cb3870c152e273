"""Releases with their books."""

from collections.abc import Callable
from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from content.services import drafts
from halcytone.lib import zones
from halcytone.lib.api.parsing import Strict, Why
from halcytone.lib.api.resources import Resource, find
from publishing import books
from publishing.models import Release, ReleaseEvent, ReleasePart
from publishing.services import releases


class PartSerializer(serializers.ModelSerializer):
    rendition_id = serializers.CharField(read_only=True)
    account = serializers.CharField(source="account.key", read_only=True)
    seal = serializers.CharField(source="seal.sha256", read_only=True)

    class Meta:
        model = ReleasePart
        fields = ["format", "rendition_id", "account", "seal", "refusal", "refused_at"]
        read_only_fields = fields


class ReleaseEventSerializer(serializers.ModelSerializer):
    by = serializers.CharField(source="by.username", read_only=True, default=None)

    class Meta:
        model = ReleaseEvent
        fields = ["kind", "by", "detail", "at"]
        read_only_fields = fields


class ReleaseSerializer(serializers.ModelSerializer):
    """`left_out` names formats without a part, and why; `due_local` is the slot in its own zone."""

    id = serializers.CharField(source="pk", read_only=True)
    draft_id = serializers.CharField(read_only=True)
    title = serializers.CharField(source="draft.title", read_only=True)
    due_local = serializers.SerializerMethodField()
    left_out = serializers.DictField(child=serializers.CharField(), read_only=True)
    planned_by = serializers.CharField(source="planned_by.username", read_only=True, default=None)
    parts = PartSerializer(many=True, read_only=True)

    class Meta:
        model = Release
        fields = ["id", "draft_id", "title", "status", "slot_wall", "zone", "due_at", "due_local", "grace_min",
                  "lateness", "is_dry", "is_late", "note", "left_out", "parts", "prepared_at", "finished_at",
                  "planned_by", "version", "created_at"]  # fmt: skip
        read_only_fields = fields

    def get_due_local(self, release: Release) -> str:
        return zones.local(release.due_at, release.zone).isoformat()


class ReleaseDetailSerializer(ReleaseSerializer):
    events = ReleaseEventSerializer(many=True, read_only=True)

    class Meta(ReleaseSerializer.Meta):
        fields = [*ReleaseSerializer.Meta.fields, "events"]
        read_only_fields = fields


class LineSerializer(serializers.Serializer):
    """One number; `filters` of `/deliveries` list exactly its rows."""

    format = serializers.CharField()
    state = serializers.CharField()
    reason = serializers.CharField()
    count = serializers.IntegerField()
    filters = serializers.DictField()


class BooksSerializer(serializers.Serializer):
    """`status` is success, partial, failed, pending or preview; sums are counts of rows, made now."""

    status = serializers.CharField()
    release_status = serializers.CharField()
    candidates = serializers.IntegerField()
    confirmed = serializers.IntegerField()
    excluded = serializers.IntegerField()
    failed = serializers.IntegerField()
    uncertain = serializers.IntegerField()
    planned = serializers.IntegerField()
    claimed = serializers.IntegerField()
    handed_over = serializers.IntegerField()
    is_balanced = serializers.BooleanField()
    to_resolve = serializers.IntegerField()
    lines = LineSerializer(many=True)
    by_format = serializers.DictField(child=serializers.DictField(child=serializers.IntegerField()))
    by_reason = serializers.DictField(child=serializers.IntegerField())
    refused = serializers.DictField(child=serializers.CharField())


class PlanWish(Strict):
    draft_id = serializers.CharField(max_length=18)
    slot_wall = serializers.CharField(max_length=16, required=False)


class LateWish(Strict):
    choice = serializers.ChoiceField(["send_now", "next_slot", "new_time", "drop"])
    slot_wall = serializers.CharField(max_length=16, allow_blank=True, default="")


class Releases(Resource):
    """Approved renditions of a draft at a slot."""

    sees = ("publishing.view_release",)
    queryset = Release.objects.none()
    serializer_class = ReleaseSerializer
    filterset_fields = ("status", "draft", "slot_wall", "is_dry", "is_late")
    search_fields = ("draft__title",)
    ordering_fields = ("id", "due_at", "created_at")

    def get_queryset(self) -> QuerySet[Release]:
        rows = Release.objects.select_related("draft", "planned_by")
        return rows.prefetch_related("parts__account", "parts__seal", "events__by")

    @extend_schema(responses=ReleaseDetailSerializer)
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return self._whole(self.get_object())

    @extend_schema(request=PlanWish, responses={201: ReleaseDetailSerializer})
    def create(self, request: Request) -> Response:
        """Plan the approved renditions of a draft for its slot."""
        wish = self.given(PlanWish)
        draft = find(drafts.visible_to(request.user), wish["draft_id"], attr="draft_id")
        release = releases.plan(draft, by=request.user, slot_wall=wish.get("slot_wall"))
        return self._whole(release, code=201)

    @extend_schema(responses=BooksSerializer, filters=False)
    @action(detail=True, pagination_class=None, filter_backends=())
    def books(self, request: Request, pk: str) -> Response:
        """What became of every candidate."""
        release = self.get_object()
        found = books.books(release)
        shown = BooksSerializer(_Books(found, release)).data
        return Response(shown)

    @extend_schema(request=Why, responses=ReleaseDetailSerializer)
    @action(detail=True, methods=["post"])
    def hold(self, request: Request, pk: str) -> Response:
        """Nothing of it is claimed from now on."""
        return self._act(releases.hold)

    @extend_schema(request=Why, responses=ReleaseDetailSerializer)
    @action(detail=True, methods=["post"])
    def resume(self, request: Request, pk: str) -> Response:
        """Let a held release go on."""
        return self._act(releases.resume)

    @extend_schema(request=Why, responses=ReleaseDetailSerializer)
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, pk: str) -> Response:
        """Cancel it; what had not left is withdrawn."""
        return self._act(releases.cancel)

    @extend_schema(request=LateWish, responses=ReleaseDetailSerializer)
    @action(detail=True, methods=["post"], url_path="late-decision")
    def late_decision(self, request: Request, pk: str) -> Response:
        """Decide what becomes of a release whose slot is over."""
        wish = self.given(LateWish)
        return self._whole(releases.late_decision(self.get_object(), by=request.user, **wish))

    def _act(self, service: Callable[..., Release]) -> Response:
        wish = self.given(Why)
        return self._whole(service(self.get_object(), by=self.request.user, **wish))

    def _whole(self, release: Release, code: int = 200) -> Response:
        fresh = self.get_queryset().get(pk=release.pk)
        return self.answer(fresh, code=code, serializer=ReleaseDetailSerializer)


class _Books:
    """The books with the words that the API adds."""

    def __init__(self, found: books.Books, release: Release) -> None:
        self.found = found
        self.status = books.status(release, found)
        self.release_status = release.status

    def __getattr__(self, name: str) -> Any:
        return getattr(self.found, name)
