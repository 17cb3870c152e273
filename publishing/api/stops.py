"""Stopping the presses over the API, and asking that they start again."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from halcytone.lib.api.parsing import Strict
from halcytone.lib.api.resources import Resource, find
from halcytone.lib.api.shown import Shown
from publishing.models import Account, Release, Stop
from publishing.services import presses


class StopSerializer(Shown):
    """`lifted_at` is null while it holds; `lift_asked_by` asked that it be lifted, another lifts."""

    id = serializers.CharField(source="pk", read_only=True)
    account = serializers.CharField(source="account.key", read_only=True, default=None)
    release_id = serializers.CharField(read_only=True, allow_null=True)
    stopped_by = serializers.CharField(source="stopped_by.username", read_only=True, default=None)
    lift_asked_by = serializers.CharField(
        source="lift_asked_by.username", read_only=True, default=None
    )
    lifted_by = serializers.CharField(source="lifted_by.username", read_only=True, default=None)

    class Meta:
        model = Stop
        fields = ["id", "scope", "channel", "account", "release_id", "reason", "stopped_by", "stopped_at",
                  "lift_asked_by", "lifted_by", "lifted_at"]  # fmt: skip
        read_only_fields = fields


class StopWish(Strict):
    """One of channel, account (its key) and release_id; none of them stops everything."""

    reason = serializers.CharField(max_length=300)
    channel = serializers.CharField(max_length=40, required=False, default="")
    account = serializers.CharField(max_length=50, required=False, default="")
    release_id = serializers.CharField(max_length=18, required=False, default="")


class LiftStopWish(Strict):
    stop_id = serializers.CharField(max_length=18)


class Stops(Resource):
    """Stops of the presses, open ones and earlier ones."""

    sees = ("publishing.view_release",)
    queryset = Stop.objects.none()
    serializer_class = StopSerializer
    filterset_fields = ("scope", "channel", "release")
    ordering_fields = ("id", "stopped_at")

    def get_queryset(self) -> QuerySet[Stop]:
        return Stop.objects.select_related("account", "stopped_by", "lift_asked_by", "lifted_by")

    @extend_schema(request=StopWish, responses={201: StopSerializer})
    def stop(self, request: Request) -> Response:
        """Stop everything, or one channel, account or release; holds from the next claim on."""
        wish = self.given(StopWish)
        scope: dict[str, Any] = {"channel": wish["channel"]}
        if wish["release_id"]:
            scope["release"] = find(Release.objects.all(), wish["release_id"], attr="release_id")
        if wish["account"]:
            known = Account.objects.filter(key=wish["account"])
            ids = known.values_list("pk", flat=True)
            scope["account"] = find(known, str(ids.first() or ""), attr="account")
        return self.created(presses.stop(by=request.user, reason=wish["reason"], **scope))

    @extend_schema(request=LiftStopWish, responses=StopSerializer)
    def lift(self, request: Request) -> Response:
        """Ask that a stop be lifted; when another person has asked, lift it."""
        row = find(self.get_queryset(), self.given(LiftStopWish)["stop_id"], attr="stop_id")
        service = presses.lift if row.lift_asked_by_id else presses.ask_lift
        return self.answer(service(row, by=request.user))
