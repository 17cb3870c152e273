"""The REST API of what went out: releases with their books, deliveries, accounts, cadences."""

from collections.abc import Callable
from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.urls import path
from django.utils import timezone
from django_filters import CharFilter, FilterSet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.routers import SimpleRouter

from content.models import FormatName
from content.services import drafts
from halcytone.lib import zones
from halcytone.lib.api.parsing import Strict, Why
from halcytone.lib.api.resources import Resource, find
from publishing import books
from publishing.models import Account, Cadence, Delivery, Release, ReleaseEvent, ReleasePart
from publishing.services import accounts, cadences, deliveries, releases

NEXT = 5  # turns shown


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


class DeliverySerializer(serializers.ModelSerializer):
    id = serializers.CharField(source="pk", read_only=True)
    release_id = serializers.CharField(read_only=True)
    format = serializers.CharField(source="part_of.format", read_only=True)
    account = serializers.CharField(source="account.key", read_only=True)
    contact_id = serializers.CharField(read_only=True, allow_null=True)
    settled_by = serializers.CharField(source="settled_by.username", read_only=True, default=None)

    class Meta:
        model = Delivery
        fields = ["id", "release_id", "format", "account", "target", "contact_id", "part", "state", "reason",
                  "due_at", "attempts", "handed_over_at", "confirmed_at", "provider_id", "url", "settled_by",
                  "error_code", "error", "idempotency_key", "changed_at"]  # fmt: skip
        read_only_fields = fields


class AccountSerializer(serializers.ModelSerializer):
    """`has_credential`: whether a secret is named; the secret itself is never here."""

    id = serializers.CharField(source="pk", read_only=True)
    has_credential = serializers.SerializerMethodField()

    class Meta:
        model = Account
        fields = ["id", "key", "channel", "name", "format", "endpoint", "from_email", "reply_to", "profile_id",
                  "has_credential", "can_read_back", "is_default", "is_enabled", "version"]  # fmt: skip
        read_only_fields = fields

    def get_has_credential(self, account: Account) -> bool:
        return bool(account.credential)


class AccountChange(Strict):
    """Only what is given changes. `credential` names a secret, which stays in the environment."""

    key = serializers.SlugField(max_length=50, required=False)
    channel = serializers.CharField(max_length=40, required=False)
    name = serializers.CharField(max_length=100, required=False)
    format = serializers.ChoiceField(FormatName.choices, required=False)
    endpoint = serializers.CharField(max_length=300, allow_blank=True, required=False)
    from_email = serializers.CharField(max_length=254, allow_blank=True, required=False)
    reply_to = serializers.CharField(max_length=254, allow_blank=True, required=False)
    profile_id = serializers.CharField(max_length=100, allow_blank=True, required=False)
    credential = serializers.CharField(
        max_length=100, allow_blank=True, required=False, write_only=True
    )
    can_read_back = serializers.BooleanField(required=False)
    is_default = serializers.BooleanField(required=False)
    is_enabled = serializers.BooleanField(required=False)


class NewAccount(AccountChange):
    key = serializers.SlugField(max_length=50)
    channel = serializers.CharField(max_length=40)
    name = serializers.CharField(max_length=100)
    format = serializers.ChoiceField(FormatName.choices)


class CadenceSerializer(serializers.ModelSerializer):
    id = serializers.CharField(source="pk", read_only=True)
    recipe = serializers.CharField(source="recipe.key", read_only=True)
    segment_id = serializers.CharField(read_only=True, allow_null=True)
    owner = serializers.CharField(source="owner.username", read_only=True)
    documents: Any = serializers.ManyRelatedField(
        child_relation=serializers.PrimaryKeyRelatedField(
            read_only=True, pk_field=serializers.CharField()
        ),
        read_only=True,
    )

    class Meta:
        model = Cadence
        fields = ["id", "key", "name", "zone", "weekday", "at", "read_days_before", "read_at",
                  "assemble_days_before", "assemble_at", "grace_min", "lateness", "recipe", "segment_id",
                  "documents", "owner", "is_enabled", "version"]  # fmt: skip
        read_only_fields = fields


class TurnSerializer(serializers.Serializer):
    """One turn: its slot on the wall clock, and the instants of its steps."""

    wall = serializers.CharField()
    zone = serializers.CharField()
    offset = serializers.CharField()
    read_at = serializers.DateTimeField()
    assemble_at = serializers.DateTimeField()
    release_at = serializers.DateTimeField()


class TurnsSerializer(serializers.Serializer):
    results = TurnSerializer(many=True)


class PlanWish(Strict):
    draft_id = serializers.CharField(max_length=18)
    slot_wall = serializers.CharField(max_length=16, required=False)


class LateWish(Strict):
    choice = serializers.ChoiceField(["send_now", "next_slot", "new_time", "drop"])
    slot_wall = serializers.CharField(max_length=16, allow_blank=True, default="")


class SettleWish(Strict):
    answer = serializers.ChoiceField(list(deliveries.ANSWERS))
    url = serializers.CharField(max_length=500, allow_blank=True, default="")
    reason = serializers.CharField(max_length=500)


class DeliveryFilter(FilterSet):  # type: ignore[misc]  # the library has no types
    format = CharFilter(field_name="part_of__format")
    account = CharFilter(field_name="account__key")

    class Meta:
        model = Delivery
        fields = ["release", "state", "reason", "format", "account", "contact", "part"]


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


class Deliveries(Resource):
    """Acts towards the outside."""

    sees = ("publishing.view_delivery",)
    queryset = Delivery.objects.none()
    serializer_class = DeliverySerializer
    filterset_class = DeliveryFilter
    ordering_fields = ("id", "changed_at")

    def get_queryset(self) -> QuerySet[Delivery]:
        return _rows()

    @extend_schema(request=SettleWish, responses=DeliverySerializer)
    @action(detail=True, methods=["post"])
    def settle(self, request: Request, pk: str) -> Response:
        """Say what you found out about an uncertain delivery: live, never_sent (sends it), failed."""
        row = self.get_object()
        return self.answer(deliveries.settle(row, by=request.user, **self.given(SettleWish)))


class DeliveriesOfRelease(Resource):
    """The rows behind the books of one release; the filters of a line open exactly its rows."""

    sees = Deliveries.sees
    serializer_class = DeliverySerializer
    filterset_class = DeliveryFilter
    ordering_fields = Deliveries.ordering_fields
    queryset = Delivery.objects.none()

    def get_queryset(self) -> QuerySet[Delivery]:
        release = get_object_or_404(Release, pk=self.kwargs["pk"])
        return _rows().filter(release=release)


class Accounts(Resource):
    """Senders and profiles."""

    sees = ("publishing.view_account",)
    queryset = Account.objects.all()
    serializer_class = AccountSerializer
    filterset_fields = ("key", "channel", "format", "is_enabled", "is_default")
    search_fields = ("key", "name")
    ordering_fields = ("id", "key")

    @extend_schema(request=NewAccount, responses={201: AccountSerializer})
    def create(self, request: Request) -> Response:
        """Add a sender or profile."""
        return self.created(accounts.create(by=request.user, **self.given(NewAccount)))

    @extend_schema(request=AccountChange, responses=AccountSerializer)
    def partial_update(self, request: Request, pk: str) -> Response:
        """Change it; what was approved for another sender is asked about again."""
        account = self.get_object()
        self.expected_version(account)
        return self.answer(accounts.change(account, by=request.user, **self.given(AccountChange)))


class Cadences(Resource):
    """Weekly rhythms."""

    sees = ("publishing.view_cadence",)
    queryset = Cadence.objects.select_related("recipe", "owner").prefetch_related("documents")
    serializer_class = CadenceSerializer
    filterset_fields = ("key", "is_enabled")
    search_fields = ("key", "name")
    ordering_fields = ("id", "name")

    @extend_schema(responses=TurnsSerializer, filters=False)
    @action(detail=True, pagination_class=None, filter_backends=())
    def next(self, request: Request, pk: str) -> Response:
        """The next five turns, with the offset of the zone at each."""
        turns = cadences.next_slots(self.get_object(), timezone.now(), NEXT)
        return Response({"results": TurnSerializer(turns, many=True).data})


def _rows() -> QuerySet[Delivery]:
    return Delivery.objects.select_related("part_of", "account", "settled_by")


router = SimpleRouter(trailing_slash=False)
router.register("releases", Releases, "release")
router.register("deliveries", Deliveries, "delivery")
router.register("accounts", Accounts, "account")
router.register("cadences", Cadences, "cadence")
urlpatterns = [
    path(
        "releases/<int:pk>/deliveries",
        DeliveriesOfRelease.as_view({"get": "list"}),
        name="release-deliveries",
    ),
    *router.urls,
]
