"""Who I am, and my keys."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.routers import SimpleRouter

from halcytone.access import services
from halcytone.access.models import ApiKey, User
from halcytone.lib.api.parsing import Strict
from halcytone.lib.api.resources import Guarded, Resource
from halcytone.lib.api.shown import Shown


class MeSerializer(Shown):
    id = serializers.CharField(source="pk", read_only=True)
    name = serializers.CharField(source="__str__", read_only=True)
    groups: Any = serializers.SlugRelatedField(slug_field="name", many=True, read_only=True)
    roles = serializers.SerializerMethodField(help_text="Approval roles")
    permissions = serializers.SerializerMethodField()

    class Meta:
        model = User
        fields = [
            "id",
            "username",
            "name",
            "email",
            "zone",
            "is_service",
            "groups",
            "roles",
            "permissions",
        ]

    def get_roles(self, person: User) -> list[str]:
        return sorted(person.approval_roles.values_list("role", flat=True))

    def get_permissions(self, person: User) -> list[str]:
        return sorted(person.get_all_permissions())


class KeySerializer(Shown):
    id = serializers.CharField(source="pk", read_only=True)
    owner = serializers.CharField(source="owner.username", read_only=True)

    class Meta:
        model = ApiKey
        fields = [
            "id",
            "name",
            "prefix",
            "owner",
            "created_at",
            "expires_at",
            "last_used_at",
            "revoked_at",
        ]
        read_only_fields = fields


class NewKeySerializer(KeySerializer):
    key = serializers.CharField(read_only=True, help_text="Shown this once")

    class Meta(KeySerializer.Meta):
        fields = [*KeySerializer.Meta.fields, "key"]
        read_only_fields = fields


class KeyWish(Strict):
    name = serializers.CharField(max_length=100)
    days = serializers.IntegerField(
        min_value=1, max_value=services.MOST_DAYS, default=services.USUAL_DAYS
    )


class Me(Guarded):
    """The person this request acts as."""

    @extend_schema(responses=MeSerializer)
    def get(self, request: Request) -> Response:
        return Response(MeSerializer(request.user).data)


class Keys(Resource):
    """API keys: own ones; all for those who may see keys."""

    queryset = ApiKey.objects.none()
    serializer_class = KeySerializer
    ordering_fields = ("id", "expires_at")
    secret_actions = frozenset({"create"})

    def get_queryset(self) -> QuerySet[ApiKey]:
        return services.visible_to(self.request.user)

    @extend_schema(request=KeyWish, responses={201: NewKeySerializer})
    def create(self, request: Request) -> Response:
        person: Any = request.user
        row, key = services.create_key(person, by=person, **self.given(KeyWish))
        return Response({**KeySerializer(row).data, "key": key}, status.HTTP_201_CREATED)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, pk: str) -> Response:
        services.revoke(self.get_object(), by=request.user)
        return Response(status=status.HTTP_204_NO_CONTENT)


router = SimpleRouter(trailing_slash=False)
router.register("auth/keys", Keys, "key")
