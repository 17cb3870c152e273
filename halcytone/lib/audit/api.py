"""The REST API of the audit chain: reading it, and asking whether it is whole."""

import json
from typing import Any

from django.db.models import QuerySet
from django.urls import path
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.routers import SimpleRouter

from halcytone.lib.api.filters import Named
from halcytone.lib.api.resources import Resource
from halcytone.lib.api.shown import Shown
from halcytone.lib.audit import reading, signing
from halcytone.lib.audit.models import Entry
from halcytone.lib.audit.verify import verify

MOST_WALKED = 50_000  # rows of one answer; `manage.py verify_audit` walks them all


class EntrySerializer(Shown):
    """One row of the chain. `facts` is what `data` says; the digest is made of the text,
    and of `actor_id` as a number."""

    id = serializers.CharField(source="pk", read_only=True)
    actor_id = serializers.CharField(read_only=True, allow_null=True)
    facts = serializers.SerializerMethodField()

    class Meta:
        model = Entry
        fields = ["id", "seq", "at", "actor_id", "actor", "kind", "subject_type", "subject_id",
                  "subject_label", "trail", "facts", "data", "previous", "sha256"]  # fmt: skip
        read_only_fields = fields

    @extend_schema_field(serializers.DictField())
    def get_facts(self, entry: Entry) -> Any:
        return json.loads(entry.data)


class EntryFilters(Named):
    since = filters.IsoDateTimeFilter(field_name="at", lookup_expr="gte")
    until = filters.IsoDateTimeFilter(field_name="at", lookup_expr="lt")
    actor_id = filters.NumberFilter()

    class Meta:
        model = Entry
        fields = ("kind", "actor_id", "subject_type", "subject_id", "trail", "since", "until")


class BreakSerializer(serializers.Serializer):
    """The first row that is not what was written, as it stands now; `at` and `kind` of a missing one are empty."""

    seq = serializers.IntegerField()
    kind = serializers.CharField()
    at = serializers.DateTimeField(allow_null=True)
    what = serializers.CharField()


class ChainSerializer(serializers.Serializer):
    """Whether the rows that were walked, the last ones, are whole up to the signed head."""

    is_whole = serializers.BooleanField()
    rows = serializers.IntegerField()
    first = serializers.IntegerField(help_text="The row at which the walk began")
    seq = serializers.IntegerField()
    sha256 = serializers.CharField()
    public_key = serializers.CharField(help_text="Ed25519; signs the head and exported evidence")
    found = BreakSerializer(allow_null=True)


class Audit(Resource):
    """Who did what: all of it, or one's own acts."""

    sees = (reading.ALL, reading.OWN)
    queryset = Entry.objects.none()
    serializer_class = EntrySerializer
    filterset_class = EntryFilters
    ordering_fields = ("id",)

    def get_queryset(self) -> QuerySet[Entry]:
        return reading.visible_to(self.request.user)


class Verification(Resource):
    """Whether the chain is whole."""

    sees = (reading.VERIFY,)
    serializer_class = ChainSerializer
    pagination_class = None  # one answer
    filter_backends = ()

    @extend_schema(responses=ChainSerializer, operation_id="audit_verify")
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Walk the last 50,000 rows up to the head; the command line walks them all."""
        verdict = verify(most=MOST_WALKED)
        shown = {
            "is_whole": verdict.found is None,
            "rows": verdict.rows,
            "first": verdict.seq - verdict.rows + 1,
            "seq": verdict.seq,
            "sha256": verdict.sha256,
            "public_key": signing.public_key(),
            "found": verdict.found,
        }
        return Response(ChainSerializer(shown).data)


router = SimpleRouter(trailing_slash=False)
router.register("audit", Audit, "audit")
urlpatterns = [
    path("audit/verify", Verification.as_view({"get": "retrieve"}), name="audit-verify"),
    *router.urls,
]
