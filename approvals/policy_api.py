"""The REST API of policies: versions, and what a draft would need under the one in force."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.routers import SimpleRouter

from approvals.models import Policy
from approvals.services import simulation, versions
from content.services import access
from halcytone.lib.api.parsing import Nothing, Strict
from halcytone.lib.api.resources import Resource, find
from halcytone.lib.api.shown import Shown

READS = ("approvals.view_policy", "approvals.change_policy")


class PolicySerializer(Shown):
    id = serializers.CharField(source="pk", read_only=True)
    created_by = serializers.CharField(source="created_by.username", read_only=True, default=None)

    class Meta:
        model = Policy
        fields = ["id", "preset", "version", "is_active", "note", "created_by", "created_at"]
        read_only_fields = fields


class PolicyDetailSerializer(PolicySerializer):
    """A version with its rows, as POST takes them."""

    rows = serializers.SerializerMethodField()

    class Meta(PolicySerializer.Meta):
        fields = [*PolicySerializer.Meta.fields, "rows"]
        read_only_fields = fields

    @extend_schema_field(serializers.ListField(child=serializers.DictField()))
    def get_rows(self, policy: Policy) -> list[dict[str, Any]]:
        return versions.rows_of(policy)


class PolicyWish(Strict):
    preset = serializers.CharField(max_length=50)
    note = serializers.CharField(max_length=300, allow_blank=True, default="")
    rows = serializers.JSONField(
        help_text="[{name, level, when, stages: [{name, mode, quorum, roles, sla_h, clock, checklists, "
        "external}], auto_approval, note}]"
    )


class SimulateWish(Strict):
    draft = serializers.CharField(required=False, help_text="A draft of yours, or")
    facts = serializers.DictField(
        required=False, help_text="routing inputs of one that is not there"
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if len(attrs) != 1:
            raise serializers.ValidationError("Give a draft or facts, one of the two.")
        return attrs


class SimulatedRowSerializer(serializers.Serializer):
    name = serializers.CharField(source="row.name")
    level = serializers.IntegerField(source="row.number")
    why = serializers.CharField()


class SimulatedStageSerializer(serializers.Serializer):
    name = serializers.CharField(source="spec.name")
    mode = serializers.CharField(source="spec.mode")
    quorum = serializers.IntegerField(source="spec.quorum", allow_null=True)
    roles = serializers.ListField(source="spec.roles")
    checklists = serializers.ListField(source="spec.checklists")
    external = serializers.BooleanField(source="spec.external")
    sla_h = serializers.FloatField(source="spec.sla_h", allow_null=True)
    clock = serializers.CharField(source="spec.clock")
    people = serializers.SerializerMethodField(help_text="Who could decide there")
    due_at = serializers.DateTimeField(allow_null=True)

    def get_people(self, asked: simulation.Asked) -> list[str]:
        return [person.username for person in asked.people]


class ConditionSerializer(serializers.Serializer):
    name = serializers.CharField()
    failure = serializers.CharField(help_text="Empty when it holds")


class SimulatedSerializer(serializers.Serializer):
    """What a draft would need, and why."""

    policy = serializers.CharField(source="rules.__str__")
    level = serializers.IntegerField(source="wanted.matched.level")
    rows = SimulatedRowSerializer(source="wanted.matched.rows", many=True)
    stages = SimulatedStageSerializer(many=True)
    policy_signs = serializers.BooleanField(source="is_signed")
    conditions = ConditionSerializer(many=True)
    open_questions = serializers.ListField(help_text="Of the impact form")
    submit_by = serializers.DateTimeField(allow_null=True)
    facts = serializers.JSONField(source="wanted.facts")


class Policies(Resource):
    """Versions of policies: which drafts need whose yes."""

    sees = READS
    queryset = Policy.objects.none()
    serializer_class = PolicySerializer
    filterset_fields = ("preset", "is_active")
    ordering_fields = ("id",)

    def get_queryset(self) -> QuerySet[Policy]:
        return Policy.objects.select_related("created_by")

    @extend_schema(responses=PolicyDetailSerializer)
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return self.answer(self.get_object(), serializer=PolicyDetailSerializer)

    @extend_schema(request=PolicyWish, responses={201: PolicyDetailSerializer})
    def create(self, request: Request) -> Response:
        """Write the next version of a preset. It is not in force before it is activated."""
        row = versions.create(by=request.user, **self.given(PolicyWish))
        return self.answer(row, code=201, serializer=PolicyDetailSerializer)

    @extend_schema(request=Nothing, responses=PolicyDetailSerializer)
    @action(detail=True, methods=["post"])
    def activate(self, request: Request, pk: str) -> Response:
        """Let new reviews follow this version; running ones keep theirs."""
        self.given(Nothing)
        row = self.get_object()
        versions.activate(row, by=request.user)
        return self.answer(row, serializer=PolicyDetailSerializer)

    @extend_schema(request=SimulateWish, responses=SimulatedSerializer)
    @action(detail=False, methods=["post"], pagination_class=None, filter_backends=())
    def simulate(self, request: Request) -> Response:
        """Say what a draft would need under the policy in force, and why. Changes nothing."""
        wish = self.given(SimulateWish)
        if "draft" in wish:
            draft = find(access.drafts(request.user), wish["draft"], attr="draft")
            answer = simulation.of_draft(draft)
        else:
            answer = simulation.of_facts(wish["facts"])
        return Response(SimulatedSerializer(answer).data)


router = SimpleRouter(trailing_slash=False)
router.register("policies", Policies, "policy")
urlpatterns = router.urls
