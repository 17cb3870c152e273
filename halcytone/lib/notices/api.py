"""The REST API of notifications: one's own, and what one wants to hear."""

from typing import Any

from django.db.models import QuerySet
from django.urls import path
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.routers import SimpleRouter

from halcytone.lib.api.filters import Named, YesNoFilter
from halcytone.lib.api.parsing import Strict
from halcytone.lib.api.resources import Resource
from halcytone.lib.api.shown import Shown
from halcytone.lib.notices import channels, desk, events
from halcytone.lib.notices.models import Dispatch, Notification, Preferences


class DispatchSerializer(Shown):
    channel = serializers.CharField(read_only=True)  # mail or slack

    class Meta:
        model = Dispatch
        fields = ["channel", "state", "due_at", "sent_at", "attempts", "error"]
        read_only_fields = fields


class NotificationSerializer(Shown):
    id = serializers.CharField(source="pk", read_only=True)
    about = serializers.CharField(source="get_kind_display", read_only=True)
    dispatches = DispatchSerializer(many=True, read_only=True)

    class Meta:
        model = Notification
        fields = ["id", "event", "kind", "about", "subject", "text", "path", "actor", "is_now", "at",
                  "read_at", "dispatches"]  # fmt: skip
        read_only_fields = fields


class NotificationFilters(Named):
    is_read = YesNoFilter(field_name="read_at", lookup_expr="isnull", exclude=True)

    class Meta:
        model = Notification
        fields = ("kind", "is_read")


class ReadWish(Strict):
    ids = serializers.ListField(
        child=serializers.RegexField(r"^[0-9]{1,18}$"),
        required=False,
        max_length=200,
        help_text="Without it: all of them",
    )


class ReadSerializer(serializers.Serializer):
    read = serializers.IntegerField(help_text="How many of them were new")
    unread = serializers.IntegerField(help_text="How many are left")


class PreferencesSerializer(serializers.Serializer):
    """`choices` has every kind and channel; `channels` are those that this installation has."""

    digest = serializers.ChoiceField(Preferences.Rhythm.choices)
    choices = serializers.DictField(child=serializers.DictField(child=serializers.CharField()))
    channels = serializers.ListField(child=serializers.CharField())
    version = serializers.IntegerField()


class PreferencesWish(Strict):
    digest = serializers.CharField(max_length=10, required=False)
    choices = serializers.DictField(
        child=serializers.DictField(child=serializers.CharField(max_length=10)),
        required=False,
        help_text="Kind → channel → now, digest or off; what is not named stays",
    )


class Notifications(Resource):
    """What somebody was told: her own alone."""

    queryset = Notification.objects.none()
    serializer_class = NotificationSerializer
    filterset_class = NotificationFilters

    def get_queryset(self) -> QuerySet[Notification]:
        rows = Notification.objects.filter(person=self.request.user.pk)
        return rows.prefetch_related("dispatches")

    @extend_schema(request=ReadWish, responses=ReadSerializer)
    @action(detail=False, methods=["post"], pagination_class=None, filter_backends=())
    def read(self, request: Request) -> Response:
        """Mark notifications as read, on every channel."""
        ids = self.given(ReadWish).get("ids")
        read = desk.mark_read(request.user, None if ids is None else [int(id) for id in ids])
        shown = {"read": read, "unread": desk.unread_count(request.user)}
        return Response(ReadSerializer(shown).data)


class Choices(Resource):
    """What somebody wants to hear, where and when."""

    serializer_class = PreferencesSerializer
    pagination_class = None  # one row
    filter_backends = ()

    @extend_schema(responses=PreferencesSerializer, operation_id="notification_preferences")
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return self._whole(desk.preferences_of(request.user))

    @extend_schema(
        request=PreferencesWish,
        responses=PreferencesSerializer,
        operation_id="notification_preferences_change",
    )
    def partial_update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Change some of it. What needs you cannot be switched off everywhere."""
        version = self.expected_version(desk.preferences_of(request.user))
        row = desk.choose(request.user, version=version, **self.given(PreferencesWish))
        return self._whole(row)

    def _whole(self, row: Preferences) -> Response:
        shown = {
            "pk": row.pk,
            "digest": row.digest,
            "choices": desk.table(row),
            "channels": [events.DESK, *channels.open_ways()],
            "version": row.version,
        }
        answer = Response(PreferencesSerializer(shown).data)
        answer["ETag"] = f'"preferences-{row.pk}-{row.version}"'
        return answer


router = SimpleRouter(trailing_slash=False)
router.register("notifications", Notifications, "notification")
urlpatterns = [
    path(
        "notification-preferences",
        Choices.as_view({"get": "retrieve", "patch": "partial_update"}),
        name="notification-preferences",
    ),
    *router.urls,
]
