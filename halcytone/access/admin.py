"""People, keys, and the schedule of periodic tasks."""

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group
from django.http import HttpRequest
from django_celery_beat.admin import PeriodicTaskAdmin as BeatAdmin
from django_celery_beat.models import (
    ClockedSchedule,
    CrontabSchedule,
    IntervalSchedule,
    PeriodicTask,
    SolarSchedule,
)
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from halcytone.access.models import ApiKey, User
from halcytone.lib.rows import RowAdmin

admin.site.unregister(Group)


@admin.register(Group)
class GroupAdmin(DjangoGroupAdmin, RowAdmin):
    """The rights of the groups stand in code; they are shown here, not edited."""

    readonly_fields = ("name", "permissions")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(User)
class UserAdmin(DjangoUserAdmin, RowAdmin):
    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    """What somebody may do stands in the groups; nobody has rights of her own beside them."""

    list_display = ("username", "first_name", "last_name", "email", "is_active", "is_staff")
    fieldsets = (
        (None, {"fields": ("username", "password")}),
        ("Person", {"fields": ("first_name", "last_name", "email", "zone")}),
        ("Access", {"fields": ("is_active", "is_staff", "is_superuser", "is_service", "groups")}),
        ("Dates", {"fields": ("last_login", "date_joined")}),
    )
    readonly_fields = ("last_login", "date_joined")
    filter_horizontal = ()

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Nobody makes a superuser, of herself or of anybody, who is not one."""
        fields = super().get_readonly_fields(request, obj)
        return fields if request.user.is_superuser else (*fields, "is_superuser")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A superuser's row, with the password to sign in as her, is changed by superusers."""
        is_above = obj is not None and obj.is_superuser and not request.user.is_superuser
        return not is_above and super().has_change_permission(request, obj)


@admin.register(ApiKey)
class ApiKeyAdmin(RowAdmin):
    """Keys are made by the API or `manage.py api_key`, and revoked by deleting them here."""

    list_display = ("name", "owner", "prefix", "created_at", "expires_at", "last_used_at")
    list_select_related = ("owner",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


for model in (PeriodicTask, IntervalSchedule, CrontabSchedule, SolarSchedule, ClockedSchedule):
    admin.site.unregister(model)


@admin.register(PeriodicTask)
class PeriodicTaskAdmin(BeatAdmin, RowAdmin):
    """When beat wakes the workers. What is due stands in the tables, not here."""

    list_display = ("name", "enabled", "interval", "last_run_at")
    list_filter = ("enabled",)
    date_hierarchy = None
    fieldsets = (
        (None, {"fields": ("name", "regtask", "task", "enabled", "description")}),
        ("Schedule", {"fields": ("interval", "crontab", "expire_seconds", "last_run_at")}),
        ("Arguments", {"fields": ("args", "kwargs", "queue", "priority")}),
    )
    readonly_fields = ("last_run_at",)
    change_form_template = None


@admin.register(IntervalSchedule, CrontabSchedule, SolarSchedule, ClockedSchedule)
class ScheduleAdmin(RowAdmin):
    pass
