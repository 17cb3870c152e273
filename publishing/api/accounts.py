"""Senders and profiles, and the rhythm."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from content.models import FormatName
from halcytone.lib.api.parsing import Strict
from halcytone.lib.api.resources import Resource
from halcytone.lib.api.shown import Shown
from publishing.api.channels import AccountActs
from publishing.models import Account, Cadence
from publishing.services import accounts, cadences

NEXT = 5  # turns shown


class AccountSerializer(Shown):
    """`has_credential`: whether a secret is named; the secret itself is never here."""

    id = serializers.CharField(source="pk", read_only=True)
    has_credential = serializers.SerializerMethodField()

    class Meta:
        model = Account
        fields = ["id", "key", "channel", "name", "format", "endpoint", "from_email", "reply_to", "profile_id",
                  "has_credential", "can_read_back", "is_default", "is_standard", "is_enabled",
                  "version"]  # fmt: skip
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
    is_standard = serializers.BooleanField(required=False)
    is_enabled = serializers.BooleanField(required=False)


class NewAccount(AccountChange):
    key = serializers.SlugField(max_length=50)
    channel = serializers.CharField(max_length=40)
    name = serializers.CharField(max_length=100)
    format = serializers.ChoiceField(FormatName.choices)


class CadenceSerializer(Shown):
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


class Accounts(AccountActs):
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

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, pk: str) -> Response:
        """Delete an account that nothing was planned for; another one is switched off."""
        accounts.delete(self.get_object(), by=request.user)
        return Response(status=status.HTTP_204_NO_CONTENT)


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
