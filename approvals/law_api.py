"""The REST API of what a draft carries to its reviewers: checklists, impact, legal matters."""

from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.urls import path
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.routers import SimpleRouter

from approvals.models import (
    Checklist,
    ChecklistItem,
    ImpactAssessment,
    LegalReview,
    LegalTrigger,
    Review,
    Tick,
)
from approvals.services import access, checklists, clearing, impact
from content.services import drafts
from halcytone.lib.api.parsing import Strict, Why
from halcytone.lib.api.resources import Resource
from halcytone.lib.api.shown import Shown

SEES = ("approvals.view_review", "approvals.submit_review")
LISTS = ("approvals.view_policy", "approvals.change_policy")
DRAFTS = ("content.view_draft", "content.view_own_draft")


class TriggerSerializer(Shown):
    id = serializers.CharField(source="pk", read_only=True)
    disputed_by = serializers.CharField(source="disputed_by.username", read_only=True, default=None)
    cleared_by = serializers.CharField(source="cleared_by.username", read_only=True, default=None)

    class Meta:
        model = LegalTrigger
        fields = ["id", "kind", "passage", "place", "round", "found_at", "disputed_by", "disputed_at",
                  "dispute", "cleared_by", "cleared_at", "clearing_reason", "effect"]  # fmt: skip
        read_only_fields = fields


class LegalReviewSerializer(Shown):
    counsel = serializers.CharField(source="counsel.username", read_only=True)
    frames = serializers.ListField(child=serializers.CharField(), read_only=True)

    class Meta:
        model = LegalReview
        fields = ["risk", "frames", "comments", "approval", "monitor_on", "counsel", "changed_at"]
        read_only_fields = fields


class LegalSerializer(serializers.Serializer):
    """The triggers of a review, and counsel's record (null until there is one)."""

    triggers = TriggerSerializer(many=True)
    record = LegalReviewSerializer(allow_null=True)


class LegalWish(Strict):
    risk = serializers.ChoiceField(LegalReview.Risk.choices)
    frames = serializers.ListField(
        child=serializers.ChoiceField(LegalReview.Frame.choices), default=list, max_length=10
    )
    comments = serializers.CharField(max_length=10_000, allow_blank=True, default="")
    approval = serializers.CharField(max_length=10_000, allow_blank=True, default="")
    monitor_on = serializers.DateField(allow_null=True, default=None)


class OneReview(Resource):
    """What belongs to one review that the reader may see."""

    sees = SEES
    pagination_class = None
    filter_backends = ()

    def review(self, pk: str) -> Review:
        rows = access.reviews(self.request.user)
        return get_object_or_404(rows.select_related("draft__author"), pk=pk)


class LegalMatters(OneReview):
    """Legal triggers of a review, and counsel's record."""

    serializer_class = LegalSerializer

    @extend_schema(operation_id="reviews_legal")
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return self._shown(self.review(kwargs["pk"]))

    @extend_schema(
        request=LegalWish, responses={201: LegalSerializer}, operation_id="reviews_legal_record"
    )
    def create(self, request: Request, pk: str) -> Response:
        """Write counsel's record. Only a holder of the approval role legal may."""
        review = self.review(pk)
        clearing.record(review, by=request.user, **self.given(LegalWish))
        return self._shown(review, code=status.HTTP_201_CREATED)

    def _shown(self, review: Review, code: int = status.HTTP_200_OK) -> Response:
        rows = review.triggers.select_related("disputed_by", "cleared_by")
        record = LegalReview.objects.filter(review=review).select_related("counsel").first()
        return Response(LegalSerializer({"triggers": rows, "record": record}).data, code)


class Triggers(Resource):
    """Legal triggers: disputed by anybody who works on the draft, cleared by counsel alone."""

    sees = SEES
    queryset = LegalTrigger.objects.none()
    serializer_class = TriggerSerializer

    def get_queryset(self) -> QuerySet[LegalTrigger]:
        rows = LegalTrigger.objects.filter(review__draft__in=drafts.visible_to(self.request.user))
        return rows.select_related("review__draft__author", "disputed_by", "cleared_by")

    @extend_schema(request=Why, responses=TriggerSerializer)
    @action(detail=True, methods=["post"])
    def dispute(self, request: Request, pk: str) -> Response:
        """Say why it is none. It stands until counsel clears it."""
        row = self.get_object()
        clearing.dispute(row, by=request.user, **self.given(Why))
        return self.answer(row)

    @extend_schema(request=Why, responses=TriggerSerializer)
    @action(detail=True, methods=["post"])
    def clear(self, request: Request, pk: str) -> Response:
        """Clear it, as counsel; `effect` says what that took away."""
        row = self.get_object()
        clearing.clear(row, by=request.user, **self.given(Why))
        return self.answer(row)


class TickSerializer(Shown):
    item = serializers.CharField(source="item_id", read_only=True)
    person = serializers.CharField(source="person.username", read_only=True)

    class Meta:
        model = Tick
        fields = ["item", "person", "ticked_at", "evidence"]
        read_only_fields = fields


class TicksSerializer(serializers.Serializer):
    """All items that are ticked now."""

    results = TickSerializer(many=True)


class TickWish(Strict):
    items = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=2**53), min_length=1, max_length=100
    )
    evidence = serializers.CharField(max_length=500, allow_blank=True, default="")


class Ticks(OneReview):
    """Ticking the lists of a review."""

    serializer_class = TicksSerializer

    @extend_schema(
        request=TickWish, responses={201: TicksSerializer}, operation_id="reviews_checklist"
    )
    def create(self, request: Request, pk: str) -> Response:
        """Tick items in your name. A stage takes no approval before its own lists are ticked."""
        review = self.review(pk)
        checklists.tick(review, by=request.user, **self.given(TickWish))
        rows = review.ticks.filter(taken_back_at=None).select_related("person")
        return Response(TicksSerializer({"results": rows}).data, status.HTTP_201_CREATED)


class Declarations(Resource):
    """The creation list of a draft: the author's declaration, never a signature."""

    sees = DRAFTS
    serializer_class = TicksSerializer
    pagination_class = None
    filter_backends = ()

    @extend_schema(
        request=TickWish, responses={201: TicksSerializer}, operation_id="drafts_declaration"
    )
    def create(self, request: Request, pk: str) -> Response:
        """Tick items of the creation list."""
        draft = get_object_or_404(drafts.visible_to(request.user), pk=pk)
        checklists.declare(draft, by=request.user, **self.given(TickWish))
        rows = draft.ticks.filter(review=None, taken_back_at=None).select_related("person")
        return Response(TicksSerializer({"results": rows}).data, status.HTTP_201_CREATED)


class ListedItemSerializer(Shown):
    id = serializers.CharField(source="pk", read_only=True)

    class Meta:
        model = ChecklistItem
        fields = ["id", "text", "evidence", "is_active"]
        read_only_fields = fields


class ChecklistSerializer(serializers.ModelSerializer):
    items = ListedItemSerializer(many=True, read_only=True)

    class Meta:
        model = Checklist
        fields = ["key", "name", "items"]
        read_only_fields = fields


class Checklists(Resource):
    """The lists that stages may wait for."""

    sees = LISTS
    queryset = Checklist.objects.none()
    serializer_class = ChecklistSerializer
    ordering_fields = ("id",)

    def get_queryset(self) -> QuerySet[Checklist]:
        return Checklist.objects.prefetch_related("items")


class ImpactSerializer(Shown):
    """null is a question that nobody has answered yet."""

    stakeholders = serializers.ListField(child=serializers.CharField(), read_only=True)
    changed_by = serializers.CharField(source="changed_by.username", read_only=True, default=None)

    class Meta:
        model = ImpactAssessment
        fields = ["market_significance", "competitive_implications", "regulatory_considerations",
                  "stakeholders", "media_coordination", "crisis_preparation", "board_told_on", "note",
                  "changed_by", "changed_at"]  # fmt: skip
        read_only_fields = fields


class ImpactWish(Strict):
    market_significance = serializers.ChoiceField(
        ImpactAssessment.Significance.choices, required=False
    )
    competitive_implications = serializers.BooleanField(required=False, allow_null=True)
    regulatory_considerations = serializers.BooleanField(required=False, allow_null=True)
    stakeholders = serializers.ListField(
        child=serializers.CharField(max_length=200), required=False, max_length=50
    )
    media_coordination = serializers.BooleanField(required=False, allow_null=True)
    crisis_preparation = serializers.BooleanField(required=False, allow_null=True)
    board_told_on = serializers.DateField(required=False, allow_null=True)
    note = serializers.CharField(max_length=5_000, required=False, allow_blank=True)


class Impacts(Resource):
    """The impact form of a draft; levels 3 and 4 need all its questions answered."""

    sees = DRAFTS
    serializer_class = ImpactSerializer
    pagination_class = None
    filter_backends = ()

    @extend_schema(operation_id="drafts_impact")
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        draft = get_object_or_404(drafts.visible_to(request.user), pk=kwargs["pk"])
        row = impact.of(draft)
        return self.answer(row or ImpactAssessment(draft=draft))

    @extend_schema(
        request=ImpactWish, responses=ImpactSerializer, operation_id="drafts_impact_answer"
    )
    def create(self, request: Request, pk: str) -> Response:
        """Answer questions; those that are not named keep their answers."""
        draft = get_object_or_404(drafts.visible_to(request.user), pk=pk)
        return self.answer(impact.save(draft, by=request.user, **self.given(ImpactWish)))


router = SimpleRouter(trailing_slash=False)
router.register("checklists", Checklists, "checklist")
router.register("legal-triggers", Triggers, "legal-trigger")
urlpatterns = [
    path("reviews/<int:pk>/checklist", Ticks.as_view({"post": "create"}), name="review-checklist"),
    path(
        "reviews/<int:pk>/legal",
        LegalMatters.as_view({"get": "retrieve", "post": "create"}),
        name="review-legal",
    ),
    path(
        "drafts/<int:pk>/impact",
        Impacts.as_view({"get": "retrieve", "post": "create"}),
        name="draft-impact",
    ),
    path(
        "drafts/<int:pk>/declaration",
        Declarations.as_view({"post": "create"}),
        name="draft-declaration",
    ),
    *router.urls,
]
