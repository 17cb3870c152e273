"""Releases with their books."""

from collections.abc import Callable
from typing import Any

from django.db.models import QuerySet
from django.http.response import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from content.services import drafts
from halcytone.lib import zones
from halcytone.lib.api.filters import is_on
from halcytone.lib.api.limits import PUBLISH
from halcytone.lib.api.parsing import Strict, Why
from halcytone.lib.api.resources import Resource, find
from halcytone.lib.api.shown import Shown
from halcytone.lib.errors import Invalid, Problem
from publishing import answers, books
from publishing.api import boards, costs, rollouts
from publishing.models import Canary, Rehearsal, Release, ReleaseEvent, ReleasePart
from publishing.services import boards as board_services
from publishing.services import (
    canary,
    canary_watch,
    deliveries,
    rehearsals,
    release_costs,
    releases,
)
from publishing.services import rollouts as services


class PartSerializer(Shown):
    """`refusal` says why it does not leave; with `waits_for_page` it goes by itself once its page is up."""

    rendition_id = serializers.CharField(read_only=True)
    account = serializers.CharField(source="account.key", read_only=True)
    seal = serializers.CharField(source="seal.sha256", read_only=True)

    class Meta:
        model = ReleasePart
        fields = [
            "format",
            "rendition_id",
            "account",
            "seal",
            "refusal",
            "refused_at",
            "waits_for_page",
            "due_at",
            "window_until",
        ]
        read_only_fields = fields


class ReleaseEventSerializer(Shown):
    by = serializers.CharField(source="by.username", read_only=True, default=None)

    class Meta:
        model = ReleaseEvent
        fields = ["kind", "by", "detail", "at"]
        read_only_fields = fields


class ReleaseSerializer(Shown):
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
        fields = ["id", "draft_id", "title", "status", "slot_wall", "zone", "due_at", "begins_at", "due_local", "grace_min",
                  "lateness", "is_dry", "is_late", "note", "left_out", "parts", "prepared_at", "finished_at",
                  "planned_by", "version", "created_at"]  # fmt: skip
        read_only_fields = fields

    def get_due_local(self, release: Release) -> str:
        return zones.local(release.due_at, release.zone).isoformat()


class CanarySerializer(Shown):
    """How its mail begins with a few. `seen` counts what became of those; `why` says what stopped it."""

    decided_by = serializers.CharField(source="decided_by.username", read_only=True, default=None)

    class Meta:
        model = Canary
        fields = [
            "status",
            "steps",
            "history",
            "seen",
            "looked_at",
            "why",
            "stopped_at",
            "decided_by",
            "decided_at",
        ]
        read_only_fields = fields


class ReleaseDetailSerializer(ReleaseSerializer):
    """`rollout` is how it is spread over time, with what to know about when it leaves."""

    events = ReleaseEventSerializer(many=True, read_only=True)
    rollout = serializers.SerializerMethodField()
    canary = serializers.SerializerMethodField()

    class Meta(ReleaseSerializer.Meta):
        fields = [*ReleaseSerializer.Meta.fields, "events", "rollout", "canary"]
        read_only_fields = fields

    @extend_schema_field(rollouts.RolloutSerializer)
    def get_rollout(self, release: Release) -> dict[str, Any]:
        return rollouts.shown(release.draft)

    @extend_schema_field(CanarySerializer(allow_null=True))
    def get_canary(self, release: Release) -> Any:
        row = canary.of(release)
        return CanarySerializer(row).data if row else None


class LineSerializer(serializers.Serializer):
    """One number; `filters` of `/deliveries` list exactly its rows."""

    format = serializers.CharField()
    state = serializers.CharField()
    reason = serializers.CharField()
    count = serializers.IntegerField()
    filters = serializers.DictField()


class BooksSerializer(serializers.Serializer):
    """`status` is success, partial, failed, pending or preview; sums are counts of rows, made now.

    `failures` says for each format what failed, and why the first of it did.
    """

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
    prepared = serializers.IntegerField()
    is_balanced = serializers.BooleanField()
    to_resolve = serializers.IntegerField()
    lines = LineSerializer(many=True)
    by_format = serializers.DictField(child=serializers.DictField(child=serializers.IntegerField()))
    by_reason = serializers.DictField(child=serializers.IntegerField())
    refused = serializers.DictField(child=serializers.CharField())
    failures = serializers.ListField(child=serializers.CharField())


class PlanWish(Strict):
    draft_id = serializers.CharField(max_length=18)
    slot_wall = serializers.CharField(max_length=16, required=False)


class LateWish(Strict):
    choice = serializers.ChoiceField(["send_now", "next_slot", "new_time", "drop"])
    slot_wall = serializers.CharField(max_length=16, allow_blank=True, default="")


class ContinueWish(Strict):
    format = serializers.CharField(max_length=20)
    reason = serializers.CharField(max_length=500)


class PartWish(Strict):
    format = serializers.CharField(max_length=20)
    choice = serializers.ChoiceField(list(deliveries.PART_ACTS))
    reason = serializers.CharField(max_length=500, allow_blank=True, default="")


class Releases(Resource):
    """Approved renditions of a draft at a slot."""

    sees = ("publishing.view_release",)
    queryset = Release.objects.none()
    serializer_class = ReleaseSerializer
    filterset_fields = ("status", "draft", "slot_wall", "is_dry", "is_late")
    search_fields = ("draft__title",)
    ordering_fields = ("id", "due_at", "created_at")
    kinds = dict.fromkeys(
        ("create", "resume", "late_decision", "part_decision", "go_on"), PUBLISH
    )  # no stop

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

    @extend_schema(request=rollouts.RolloutWish, responses=ReleaseDetailSerializer)
    def partial_update(self, request: Request, pk: str) -> Response:
        """Choose how it is spread over time; its slot and its bytes stay what was approved."""
        release = self.get_object()
        self.expected_version(release)
        services.change(release.draft, by=request.user, **self.given(rollouts.RolloutWish))
        return self._whole(release)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, pk: str) -> Response:
        """Cancel it; the row stays, with who did it."""
        releases.cancel(self.get_object(), by=request.user, reason="Removed over the API")
        return Response(status=204)

    @extend_schema(responses=BooksSerializer, filters=False)
    @action(detail=True, pagination_class=None, filter_backends=())
    def books(self, request: Request, pk: str) -> Response:
        """What became of every candidate."""
        release = self.get_object()
        found = books.books(release)
        shown = BooksSerializer(_Books(found, release)).data
        return Response(shown)

    @extend_schema(responses=costs.CostSerializer, filters=False)
    @action(detail=True, pagination_class=None, filter_backends=())
    def cost(self, request: Request, pk: str) -> Response:
        """What it costs at its places, planned and real, by the prices of the passports."""
        return Response(costs.CostSerializer(release_costs.of(self.get_object())).data)

    @extend_schema(
        parameters=[OpenApiParameter("people", bool, description="With readers' addresses")],
        responses={(200, "application/zip"): OpenApiTypes.BINARY},
        filters=False,
    )
    @action(detail=True, pagination_class=None, filter_backends=())
    def package(self, request: Request, pk: str) -> HttpResponseBase:
        """Everything that was said, decided and sent, as a ZIP with a signed manifest."""
        release = self.get_object()
        return answers.package(release, by=request.user, with_people=is_on(request, "people"))

    @extend_schema(responses=boards.BoardSerializer, filters=False)
    @action(detail=True, pagination_class=None, filter_backends=())
    def board(self, request: Request, pk: str) -> Response:
        """The last rehearsal: one row for each check, with who can mend what."""
        return self._board(boards.of(self.get_object()))

    @extend_schema(request=None, responses=boards.BoardSerializer)
    @action(detail=True, methods=["post"])
    def rehearse(self, request: Request, pk: str) -> Response:
        """Rehearse it now; nothing leaves."""
        self.given(Strict)
        return self._board(rehearsals.ask(self.get_object(), by=request.user))

    @extend_schema(request=None, responses=boards.BoardSerializer)
    @action(detail=True, methods=["post"], url_path="board/sign")
    def sign(self, request: Request, pk: str) -> Response:
        """Sign the board of this moment, with the final decision."""
        self.given(Strict)
        row = boards.of(self.get_object())
        board_services.sign(row, by=request.user)
        return self._board(row)

    @extend_schema(request=boards.OverrideWish, responses=boards.BoardSerializer)
    @action(detail=True, methods=["post"], url_path="board/override")
    def override(self, request: Request, pk: str) -> Response:
        """Ask, with a reason, to set a No-Go aside; without one, confirm what another person asked."""
        wish = self.given(boards.OverrideWish)
        return self._board(boards.override(self.get_object(), by=request.user, **wish))

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
    @action(detail=True, methods=["post"], url_path="exclude-rest")
    def exclude_rest(self, request: Request, pk: str) -> Response:
        """Leave out whom a release that its canary stopped has not reached."""
        return self._act(canary_watch.exclude_rest)

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

    @extend_schema(
        request=ContinueWish, responses=ReleaseDetailSerializer, operation_id="continue_release"
    )
    @action(detail=True, methods=["post"], url_path="continue")
    def go_on(self, request: Request, pk: str) -> Response:
        """Go on with what failed of one part: the last confirmed id is used, never the first post again."""
        wish = self.given(ContinueWish)
        release = self.get_object()
        part = self._part(release, wish["format"])
        deliveries.continue_part(part, by=request.user, reason=wish["reason"])
        return self._whole(release)

    @extend_schema(request=PartWish, responses=ReleaseDetailSerializer)
    @action(detail=True, methods=["post"], url_path="part-decision")
    def part_decision(self, request: Request, pk: str) -> Response:
        """Decide about a part that stands still: try again what failed, take a refused one up, or leave it out."""
        wish = self.given(PartWish)
        release = self.get_object()
        part = self._part(release, wish["format"])
        deliveries.PART_ACTS[wish["choice"]](part, by=request.user, reason=wish["reason"])
        return self._whole(release)

    def _board(self, row: Rehearsal) -> Response:
        return self.answer(row, serializer=boards.BoardSerializer)

    def _part(self, release: Release, format: str) -> ReleasePart:
        rows = release.parts.select_related("account", "seal", "release")
        part = rows.filter(format=format).first()
        if part is None:
            known = ", ".join(each.format for each in release.parts.all())
            raise Invalid(
                [Problem("not_found", f"It has no such part. Parts: {known}.", attr="format")]
            )
        return part

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
        self.failures = books.failures(release)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.found, name)
