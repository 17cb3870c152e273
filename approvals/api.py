"""The REST API of approval: submitting, reviews, decisions, seals."""

from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.urls import path
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.routers import SimpleRouter

from approvals import seals
from approvals.models import Decision, Review, Stage
from approvals.services import access, boards, deadlines, exports, queue, reviews, timeline
from content.services import drafts, renditions
from halcytone.lib.api.parsing import Strict, Why
from halcytone.lib.api.resources import Resource
from halcytone.lib.api.shown import Shown
from halcytone.lib.audit.api import EntrySerializer

SUBMIT = "approvals.submit_review"
SEES = ("approvals.view_review", SUBMIT)


class DecisionSerializer(Shown):
    id = serializers.CharField(source="pk", read_only=True)
    person = serializers.CharField(source="person.username", read_only=True, default=None)
    delegate_of = serializers.CharField(
        source="delegate_of.username", read_only=True, default=None, help_text="Whom she spoke for"
    )
    policy = serializers.CharField(source="policy_row", read_only=True)
    link_id = serializers.CharField(read_only=True, allow_null=True)
    format = serializers.CharField(source="seal.format", read_only=True)
    seal = serializers.CharField(source="seal.sha256", read_only=True)

    class Meta:
        model = Decision
        fields = ["id", "person", "delegate_of", "policy", "link_id", "role", "format", "seal", "verdict", "reason", "comment",
                  "round", "shown_sha256", "decided_at"]  # fmt: skip
        read_only_fields = fields


class PlaceSerializer(serializers.Serializer):
    roles = serializers.CharField()
    decision = DecisionSerializer(allow_null=True)
    is_waiting = serializers.BooleanField()
    away = serializers.CharField(help_text="Who of them is away, until when, and who acts for her")


class StandingSerializer(serializers.Serializer):
    format = serializers.CharField()
    places = PlaceSerializer(many=True)
    is_complete = serializers.BooleanField()
    is_in_turn = serializers.BooleanField()


class StageSerializer(Shown):
    light = serializers.CharField(
        read_only=True,
        allow_null=True,
        help_text="green, amber, red or overdue; null without a time",
    )

    class Meta:
        model = Stage
        fields = ["position", "name", "status", "mode", "quorum", "sla_h", "clock", "checklists", "entered_stage_at",
                  "due_at", "light", "hears_links"]  # fmt: skip
        read_only_fields = fields


class StageProgressSerializer(serializers.Serializer):
    stage = StageSerializer()
    renditions = StandingSerializer(many=True)


class ReviewSerializer(Shown):
    id = serializers.CharField(source="pk", read_only=True)
    draft_id = serializers.CharField(read_only=True)
    title = serializers.CharField(source="draft.title", read_only=True)
    policy = serializers.CharField(source="policy.__str__", read_only=True)
    submitted_by = serializers.CharField(source="submitted_by.username", read_only=True)
    matched = serializers.JSONField(read_only=True)
    auto = serializers.JSONField(read_only=True)

    class Meta:
        model = Review
        fields = ["id", "draft_id", "title", "status", "level", "round", "policy", "matched", "auto", "note",
                  "submitted_by", "submitted_at", "approved_at", "version"]  # fmt: skip
        read_only_fields = fields


class ReviewDetailSerializer(ReviewSerializer):
    """`seals` are as everything stands now; `shown` what a decision must name; `mine` what waits for you."""

    facts = serializers.JSONField(read_only=True)
    stages = serializers.SerializerMethodField()
    decisions = serializers.SerializerMethodField()
    seals = serializers.SerializerMethodField()
    shown = serializers.SerializerMethodField()
    mine = serializers.SerializerMethodField()

    class Meta(ReviewSerializer.Meta):
        fields = [
            *ReviewSerializer.Meta.fields,
            "facts",
            "stages",
            "decisions",
            "seals",
            "shown",
            "mine",
        ]
        read_only_fields = fields

    def to_representation(self, instance: Review) -> Any:
        self.board = boards.read(instance)
        return super().to_representation(instance)

    @extend_schema_field(StageProgressSerializer(many=True))
    def get_stages(self, review: Review) -> Any:
        found = queue.progress(review)
        deadlines.add_lights([row.stage for row in found])
        return StageProgressSerializer(found, many=True).data

    @extend_schema_field(DecisionSerializer(many=True))
    def get_decisions(self, review: Review) -> Any:
        ordered = sorted(self.board.decisions.values(), key=lambda one: (one.decided_at, one.pk))
        return DecisionSerializer(ordered, many=True).data

    def get_seals(self, review: Review) -> dict[str, str]:
        return {format: content.sha256 for format, content in self.board.seals.items()}

    def get_shown(self, review: Review) -> dict[str, str]:
        return self.get_seals(review)

    def get_mine(self, review: Review) -> list[str]:
        return queue.mine(self.board, self.context["request"].user)


class DecidedSerializer(serializers.Serializer):
    """The decisions that were written, and where the review stands now."""

    status = serializers.ChoiceField(Review.Status.choices)
    results = DecisionSerializer(many=True)


class SealSerializer(serializers.Serializer):
    """The seal a rendition has now, the canonical content behind it, and who approved exactly this."""

    sha256 = serializers.CharField()
    content = serializers.JSONField()
    is_approved = serializers.BooleanField()
    decisions = DecisionSerializer(many=True)


class EvidenceSerializer(serializers.Serializer):
    """Two documents, each signed by itself; the first is a text of JSON, to be kept as it is."""

    json = serializers.CharField()
    markdown = serializers.CharField()


class SubmitWish(Strict):
    note = serializers.CharField(max_length=5_000, allow_blank=True, default="")


class DecideWish(Strict):
    verdict = serializers.ChoiceField(Decision.Verdict.choices)
    formats = serializers.ListField(
        child=serializers.CharField(max_length=20),
        required=False,
        max_length=20,
        help_text="Without it: all that wait for you",
    )
    reason = serializers.CharField(max_length=20, allow_blank=True, default="")
    comment = serializers.CharField(max_length=10_000, allow_blank=True, default="")
    shown = serializers.DictField(
        child=serializers.CharField(max_length=64),
        help_text="Format → seal of what you looked at, as the review shows it",
    )


class Reviews(Resource):
    """Drafts on their way through approval."""

    sees = SEES
    queryset = Review.objects.none()
    serializer_class = ReviewSerializer
    filterset_fields = ("status", "level", "draft")
    search_fields = ("draft__title",)
    ordering_fields = ("id", "submitted_at")

    def get_queryset(self) -> QuerySet[Review]:
        rows = access.reviews(self.request.user)
        return rows.select_related("draft", "policy", "submitted_by")

    @extend_schema(responses=ReviewDetailSerializer)
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return self._whole(self.get_object())

    @extend_schema(request=DecideWish, responses={201: DecidedSerializer})
    @action(detail=True, methods=["post"], pagination_class=None, filter_backends=())
    def decide(self, request: Request, pk: str) -> Response:
        """Say what you think of exactly what was shown to you. Four eyes hold here too."""
        wish = self.given(DecideWish)
        review = self.get_object()
        decided = reviews.decide(review, by=request.user, **wish)
        shown = DecidedSerializer({"status": review.status, "results": decided})
        return Response(shown.data, status.HTTP_201_CREATED)

    @extend_schema(request=Why, responses=ReviewDetailSerializer)
    @action(detail=True, methods=["post"])
    def withdraw(self, request: Request, pk: str) -> Response:
        """Take the draft out of review."""
        review = self.get_object()
        reviews.withdraw(review, by=request.user, **self.given(Why))
        return self._whole(review)

    @extend_schema(request=Why, responses=ReviewDetailSerializer)
    @action(detail=True, methods=["post"])
    def recall(self, request: Request, pk: str) -> Response:
        """Take an approval back; its release is held."""
        review = self.get_object()
        reviews.recall(review, by=request.user, **self.given(Why))
        return self._whole(review)

    @extend_schema(responses=EntrySerializer(many=True))
    @action(detail=True, methods=["get"], filter_backends=())
    def timeline(self, request: Request, pk: str) -> Response:
        """What happened to it, newest first, as the audit chain has it."""
        return self.listing(timeline.entries(self.get_object()), EntrySerializer)

    @extend_schema(responses=EvidenceSerializer)
    @action(detail=True, methods=["get"], pagination_class=None, filter_backends=())
    def evidence(self, request: Request, pk: str) -> Response:
        """Every act, seal and text of it, signed, as JSON and as Markdown."""
        review = self.get_object()
        forms = (exports.JSON, exports.MARKDOWN)
        made = {form: exports.export(review, by=request.user, form=form) for form in forms}
        return Response(EvidenceSerializer(made).data)

    def _whole(self, review: Review) -> Response:
        return self.answer(review, serializer=ReviewDetailSerializer)


class Submissions(Resource):
    """Asking for the voices that the policy wants."""

    sees = (SUBMIT,)
    serializer_class = ReviewDetailSerializer
    pagination_class = None  # one row
    filter_backends = ()

    @extend_schema(
        request=SubmitWish, responses={201: ReviewDetailSerializer}, operation_id="drafts_submit"
    )
    def create(self, request: Request, pk: str) -> Response:
        """Submit a draft; one that came back, again."""
        draft = get_object_or_404(drafts.visible_to(request.user), pk=pk)
        return self.created(reviews.submit(draft, by=request.user, **self.given(SubmitWish)))


class Seals(Resource):
    """What a decision about a rendition is bound to."""

    sees = SEES
    serializer_class = SealSerializer
    pagination_class = None  # one row
    filter_backends = ()

    @extend_schema(responses=SealSerializer, operation_id="renditions_seal")
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """The seal as everything stands now: bytes, account, audience, slot, headers."""
        rows = renditions.visible_to(request.user).select_related("draft__segment")
        rendition = get_object_or_404(rows, pk=kwargs["pk"])
        now = seals.compute(rendition)
        decided = Decision.objects.filter(seal__rendition=rendition, seal__sha256=now.sha256)
        approved = reviews.approved_seals(rendition.draft).get(rendition.format)
        shown = {
            "sha256": now.sha256,
            "content": now.content,
            "is_approved": approved is not None and approved.sha256 == now.sha256,
            "decisions": decided.select_related("seal", "person"),
        }
        return Response(SealSerializer(shown).data)


router = SimpleRouter(trailing_slash=False)
router.register("reviews", Reviews, "review")
urlpatterns = [
    path("drafts/<int:pk>/submit", Submissions.as_view({"post": "create"}), name="draft-submit"),
    path("renditions/<int:pk>/seal", Seals.as_view({"get": "retrieve"}), name="rendition-seal"),
    *router.urls,
]
