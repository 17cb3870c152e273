"""How releases are spread over time, over the API."""

from typing import Any

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from content.models import Draft
from content.services import access
from halcytone.lib import zones
from halcytone.lib.api.parsing import Strict
from halcytone.lib.api.resources import Resource, etag
from publishing.models import Rollout
from publishing.services import outlook, rollouts


class RolloutWish(Strict):
    """Only what is given changes. `windows` is {format: ["09:00", "17:30"]} on the slot's clock."""

    is_staged = serializers.BooleanField(required=False)
    stagger_min = serializers.IntegerField(
        min_value=0, max_value=rollouts.MOST_STAGGER_MIN, required=False
    )
    by_reader_zone = serializers.BooleanField(required=False)
    windows = serializers.DictField(
        child=serializers.ListField(child=serializers.CharField(max_length=8), max_length=2),
        required=False,
    )
    canary = serializers.ChoiceField(Rollout.Canary.choices, required=False)


class DueSerializer(serializers.Serializer):
    at = serializers.DateTimeField()
    at_local = serializers.CharField()
    until = serializers.DateTimeField(allow_null=True)


class WarnedSerializer(serializers.Serializer):
    code = serializers.CharField()
    text = serializers.CharField()


class RolloutSerializer(serializers.Serializer):
    """`due` is when each format leaves as things stand; `words` says what was chosen."""

    draft_id = serializers.CharField()
    is_staged = serializers.BooleanField()
    stagger_min = serializers.IntegerField()
    by_reader_zone = serializers.BooleanField()
    windows = serializers.DictField()
    canary = serializers.CharField()
    words = serializers.CharField()
    zone = serializers.CharField()
    due = serializers.DictField(child=DueSerializer())
    warnings = WarnedSerializer(many=True)


def shown(draft: Draft) -> dict[str, Any]:
    """Return the roll-out of a draft as the API tells it."""
    row = rollouts.of(draft)
    dues = outlook.due(draft) if draft.slot_wall else {}
    values = {name: getattr(row, name) for name in rollouts.FIELDS}
    told = {
        format: {
            "at": due.at,
            "at_local": zones.local(due.at, draft.zone).isoformat(),
            "until": due.until,
        }
        for format, due in dues.items()
    }
    warned = outlook.warnings(draft)
    frame = {"draft_id": str(draft.pk), "zone": draft.zone, "words": rollouts.words(row)}
    return dict(RolloutSerializer({**values, **frame, "due": told, "warnings": warned}).data)


class Rollouts(Resource):
    """When each format of a draft leaves, and how people chose it. The id is the draft's."""

    sees = ("publishing.view_release",)
    queryset = Draft.objects.none()
    serializer_class = RolloutSerializer
    pagination_class = None
    filter_backends = ()

    @extend_schema(responses=RolloutSerializer)
    def retrieve(self, request: Request, pk: str) -> Response:
        return self._told(self._draft(pk))

    @extend_schema(request=RolloutWish, responses=RolloutSerializer)
    def partial_update(self, request: Request, pk: str) -> Response:
        """Choose how the release is spread; the slot and every byte stay what was approved."""
        draft = self._draft(pk)
        self.expected_version(rollouts.of(draft))
        rollouts.change(draft, by=request.user, **self.given(RolloutWish))
        return self._told(draft)

    def _told(self, draft: Draft) -> Response:
        return Response(shown(draft), headers={"ETag": etag(rollouts.of(draft))})

    def _draft(self, pk: str) -> Draft:
        return get_object_or_404(access.drafts(self.request.user), pk=pk)
