"""Channels over the API: passports, checks, connecting, and what a place would say to a content."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from halcytone.lib import rights
from halcytone.lib.api.parsing import Strict
from halcytone.lib.api.resources import Guarded, Resource
from halcytone.lib.errors import Invalid, NotAllowed, Problem
from publishing.models import Account, PassportValue
from publishing.services import account_board, adapters, connections, passports, renewals


class AccountFindingSerializer(serializers.Serializer):
    """`verdict` is go, warning or no_go; `who` can mend it, at the page `path` of the desk."""

    name = serializers.CharField()
    verdict = serializers.CharField()
    said = serializers.CharField()
    who = serializers.CharField()
    path = serializers.CharField()


class AccountValueSerializer(serializers.Serializer):
    """`level` says where `value` comes from: default, channel or account."""

    name = serializers.CharField()
    value = serializers.JSONField()
    default = serializers.JSONField()
    level = serializers.CharField()
    reason = serializers.SerializerMethodField()
    review_on = serializers.SerializerMethodField()
    version = serializers.SerializerMethodField()

    def get_reason(self, value: account_board.Value) -> str:
        return value.row.reason if value.row else ""

    def get_review_on(self, value: account_board.Value) -> str | None:
        return value.row.review_on.isoformat() if value.row else None

    def get_version(self, value: account_board.Value) -> int | None:
        return value.row.version if value.row else None


class AccountPassportSerializer(serializers.Serializer):
    account_id = serializers.CharField()
    channel = serializers.CharField()
    values = AccountValueSerializer(many=True)
    findings = AccountFindingSerializer(many=True)


class AccountPaceSerializer(serializers.Serializer):
    """What is used of a window; `anew_at` is when it begins anew."""

    name = serializers.CharField()
    limit = serializers.IntegerField()
    used = serializers.IntegerField()
    anew_at = serializers.DateTimeField()


class AccountStandingSerializer(serializers.Serializer):
    """One account of a channel. Money is a string in `currency`; `token_ends_at` null: it has no end."""

    account_id = serializers.CharField(source="account.pk")
    key = serializers.CharField(source="account.key")
    channel = serializers.CharField(source="account.channel")
    is_enabled = serializers.BooleanField(source="account.is_enabled")
    status = serializers.CharField()
    said = serializers.CharField()
    is_breaker_open = serializers.SerializerMethodField()
    api_version = serializers.CharField(source="passport.api_version")
    sunset_on = serializers.DateField(source="passport.sunset_on", allow_null=True)
    token_ends_at = serializers.SerializerMethodField()
    pace = AccountPaceSerializer(source="spent", many=True)
    cost_this_month = serializers.CharField(source="month")
    monthly_budget = serializers.SerializerMethodField()
    currency = serializers.CharField(source="passport.currency")
    findings = AccountFindingSerializer(many=True)

    def get_is_breaker_open(self, line: account_board.Line) -> bool:
        return line.breaker is not None

    def get_token_ends_at(self, line: account_board.Line) -> str | None:
        row = line.token
        return row.ends_at.isoformat() if row and row.ends_at and not row.is_lasting else None

    def get_monthly_budget(self, line: account_board.Line) -> str | None:
        budget = line.passport.monthly_budget
        return None if budget is None else str(budget)


class AccountStandingsSerializer(serializers.Serializer):
    results = AccountStandingSerializer(many=True)


class AccountCheckSerializer(serializers.Serializer):
    name = serializers.CharField()
    verdict = serializers.CharField()
    said = serializers.CharField()
    ends_at = serializers.DateTimeField(allow_null=True)


class AccountChecksSerializer(serializers.Serializer):
    checks = AccountCheckSerializer(many=True)
    findings = AccountFindingSerializer(many=True)


class AccountStatusSerializer(serializers.Serializer):
    status = serializers.CharField()
    said = serializers.CharField()


class AccountWaySerializer(serializers.Serializer):
    """Where a person signs in; she comes back to the desk, signed in as who asked."""

    authorize_url = serializers.CharField()


class NewValue(Strict):
    """`for_channel`: it holds for all accounts of the channel. `version`: that of the value you read."""

    name = serializers.CharField(max_length=60)
    value = serializers.JSONField(allow_null=True)
    reason = serializers.CharField(max_length=300)
    review_on = serializers.DateField()
    for_channel = serializers.BooleanField(default=False)
    version = serializers.IntegerField(required=False, min_value=1)


class OldValue(Strict):
    """The value that goes: the channel's own holds again."""

    name = serializers.CharField(max_length=60)
    for_channel = serializers.BooleanField(default=False)


class Given(Strict):
    content = serializers.DictField()


class AccountIssueSerializer(serializers.Serializer):
    severity = serializers.CharField()
    message = serializers.CharField()
    field = serializers.CharField(allow_null=True)
    code = serializers.CharField(allow_null=True)


class AccountValidationSerializer(serializers.Serializer):
    is_valid = serializers.BooleanField()  # type: ignore[assignment]  # the contract's word
    issues = AccountIssueSerializer(many=True)
    metadata = serializers.DictField()


class AccountPreviewSerializer(serializers.Serializer):
    preview_data = serializers.DictField()
    formatted_content = serializers.CharField()
    metadata = serializers.DictField()
    estimated_reach = serializers.IntegerField(allow_null=True)
    estimated_engagement = serializers.FloatField(allow_null=True)
    character_count = serializers.IntegerField()
    word_count = serializers.IntegerField()


class AccountActs(Resource):
    """What is asked and done about one account."""

    @extend_schema(responses=AccountPassportSerializer, filters=False)
    @action(detail=True, pagination_class=None, filter_backends=())
    def passport(self, request: Request, pk: str) -> Response:
        """Every value with where it comes from, and what stands against the account now."""
        return self._passport(self.get_object())

    @extend_schema(request=NewValue, responses=AccountPassportSerializer)
    @passport.mapping.post
    def override(self, request: Request, pk: str) -> Response:
        """Put a value in place of the channel's own, with a reason and a day to look at it again."""
        account, given = self.get_object(), self.given(NewValue)
        for_channel = given.pop("for_channel")
        passports.override(
            by=request.user,
            channel=account.channel,
            account=None if for_channel else account,
            **given,
        )
        return self._passport(account)

    @extend_schema(request=OldValue, responses=AccountPassportSerializer)
    @action(detail=True, methods=["post"], url_path="passport/restore")
    def restore(self, request: Request, pk: str) -> Response:
        """Let the channel's own value hold again."""
        account, given = self.get_object(), self.given(OldValue)
        whose = None if given["for_channel"] else account
        rows = PassportValue.objects.filter(channel=account.channel, account=whose)
        row = rows.filter(name=given["name"]).first()
        if row is None:
            message = f"Nothing stands in place of the channel's own “{given['name']}”."
            raise Invalid([Problem("not_found", message, "name")])
        passports.restore(row, by=request.user)
        return self._passport(account)

    @extend_schema(responses=AccountChecksSerializer, filters=False)
    @action(detail=True, pagination_class=None, filter_backends=())
    def check(self, request: Request, pk: str) -> Response:
        """Ask the place who the account is and what it may. Nothing is kept."""
        account, now = self.get_object(), timezone.now()
        found = {
            "checks": connections.ask(account, now).checks,
            "findings": passports.standing(account, now),
        }
        return Response(AccountChecksSerializer(found).data)

    @extend_schema(request=None, responses=AccountWaySerializer)
    @action(detail=True, methods=["post"])
    def connect(self, request: Request, pk: str) -> Response:
        """Return where a person allows us to speak for this account."""
        self.given(Strict)
        way = connections.begin(self.get_object(), by=request.user)
        return Response({"authorize_url": way})

    @extend_schema(request=None, responses=AccountStatusSerializer)
    @action(detail=True, methods=["post"])
    def refresh(self, request: Request, pk: str) -> Response:
        """Renew the token of its sign-in now."""
        self.given(Strict)
        account = self.get_object()
        renewals.refresh(account, by=request.user)
        return Response(AccountStatusSerializer(connections.status_of(account)).data)

    @extend_schema(request=None, responses=AccountStatusSerializer)
    @action(detail=True, methods=["post"])
    def disconnect(self, request: Request, pk: str) -> Response:
        """Forget its token."""
        self.given(Strict)
        account = self.get_object()
        connections.disconnect(account, by=request.user)
        return Response(AccountStatusSerializer(connections.status_of(account)).data)

    @extend_schema(request=Given, responses=AccountValidationSerializer)
    @action(detail=True, methods=["post"])
    def validate(self, request: Request, pk: str) -> Response:
        """What the place would refuse of this content. Nothing is sent or kept."""
        found = adapters.validate(self.get_object(), self.given(Given)["content"])
        return Response(AccountValidationSerializer(found).data)

    @extend_schema(request=Given, responses=AccountPreviewSerializer)
    @action(detail=True, methods=["post"])
    def preview(self, request: Request, pk: str) -> Response:
        """How this content would leave. Nothing is sent or kept."""
        found = adapters.preview(self.get_object(), self.given(Given)["content"])
        return Response(AccountPreviewSerializer(found).data)

    def _passport(self, account: Any) -> Response:
        found = {
            "account_id": account.pk,
            "channel": account.channel,
            "values": account_board.values(account),
            "findings": passports.standing(account, timezone.now()),
        }
        return Response(AccountPassportSerializer(found).data)


class ChannelStatus(Guarded):
    """How every account stands."""

    @extend_schema(operation_id="channels_status", responses=AccountStandingsSerializer)
    def get(self, request: Request) -> Response:
        """Every account with status, breaker, pace used, what ends, and the cost of this month."""
        if not rights.may(request.user, "publishing.view_account"):
            who = rights.who_may("publishing.view_account")
            raise NotAllowed(f"You may not look at this. {who}")
        lines = account_board.lines(Account.objects.all(), timezone.now())
        return Response(AccountStandingsSerializer({"results": lines}).data)
