"""The board of a release over the API."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from halcytone.lib.api.parsing import Strict
from halcytone.lib.api.shown import Shown
from halcytone.lib.errors import WrongState
from publishing.models import BoardSignature, Rehearsal, RehearsalCheck, Release
from publishing.services import boards


class CheckSerializer(Shown):
    """`since` is when it was first found so without a break; `path` is the page where it is mended."""

    class Meta:
        model = RehearsalCheck
        fields = [
            "area",
            "name",
            "about",
            "verdict",
            "what",
            "since",
            "who",
            "path",
            "can_override",
        ]
        read_only_fields = fields


class SignatureSerializer(Shown):
    person = serializers.CharField(source="person.username", read_only=True)

    class Meta:
        model = BoardSignature
        fields = ["person", "at"]
        read_only_fields = fields


class OverrideSerializer(serializers.Serializer):
    reason = serializers.CharField()
    asked_by = serializers.CharField(source="asked_by.username")
    asked_at = serializers.DateTimeField()
    confirmed_by = serializers.CharField(source="confirmed_by.username", default=None)
    confirmed_at = serializers.DateTimeField(allow_null=True)


class BoardSerializer(Shown):
    """The last rehearsal: `verdict` is go, warning or no_go, the gravest of its checks."""

    id = serializers.CharField(source="pk", read_only=True)
    release_id = serializers.CharField(read_only=True, allow_null=True)
    asked_by = serializers.CharField(source="asked_by.username", read_only=True, default=None)
    checks = CheckSerializer(many=True, read_only=True)
    signatures = SignatureSerializer(many=True, read_only=True)
    override = serializers.SerializerMethodField()

    class Meta:
        model = Rehearsal
        fields = ["id", "release_id", "occasion", "verdict", "due_at", "done_at", "asked_by", "checks",
                  "signatures", "override"]  # fmt: skip
        read_only_fields = fields

    @extend_schema_field(OverrideSerializer(allow_null=True))
    def get_override(self, row: Rehearsal) -> Any:
        override = getattr(row, "override", None)
        return OverrideSerializer(override).data if override else None


class OverrideWish(Strict):
    """The first person gives the reason; another one confirms with none."""

    reason = serializers.CharField(max_length=500, allow_blank=True, default="")


def of(release: Release) -> Rehearsal:
    """Return the last rehearsal of a release. Raises WrongState while there is none."""
    row = boards.latest(release)
    if row is None:
        raise WrongState("It was not rehearsed yet.", code="not_rehearsed")
    return row


def override(release: Release, *, by: Any, reason: str) -> Rehearsal:
    """Ask to set the No-Go of the last board aside, or confirm what another person asked."""
    row = of(release)
    if reason:
        boards.ask_override(row, by=by, reason=reason)
    else:
        boards.confirm_override(row, by=by)
    return Rehearsal.objects.get(pk=row.pk)
