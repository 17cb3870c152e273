"""Who holds which approval role, versions of policies, lists, competitors. Reviews have the desk's pages."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from approvals.models import ChecklistItem, Competitor, Level, Policy, RoleHolder
from approvals.services import roles
from halcytone.lib.rows import RowAdmin
from halcytone.lib.ruled import HistoryAdmin, ReadOnlyAdmin


@admin.register(RoleHolder)
class RoleHolderAdmin(RowAdmin):
    list_display = ("person", "role")
    list_filter = ("role",)
    list_select_related = ("person",)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        roles.give(obj, by=request.user)

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        roles.take(obj, by=request.user)

    def delete_queryset(self, request: HttpRequest, queryset: Any) -> None:
        for holder in queryset:
            roles.take(holder, by=request.user)


@admin.register(Policy)
class PolicyAdmin(ReadOnlyAdmin):
    list_display = ("preset", "version", "is_active", "note")


@admin.register(Level)
class LevelAdmin(ReadOnlyAdmin):
    """The rows of a policy: whoever may see the policy sees them."""

    list_display = ("name", "policy", "number", "is_auto")
    list_filter = ("policy",)
    list_select_related = ("policy",)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("approvals.view_policy")


class _OfPolicies(HistoryAdmin):
    """Rows that whoever may change policies changes; whoever may see them looks at these too."""

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("approvals.view_policy")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("approvals.change_policy")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("approvals.change_policy")

    def has_module_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("approvals.view_policy")


@admin.register(Competitor)
class CompetitorAdmin(_OfPolicies):
    """Names that, in a text, make counsel look at it."""

    list_display = ("name", "note")
    search_fields = ("name",)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("approvals.change_policy")


@admin.register(ChecklistItem)
class ChecklistItemAdmin(_OfPolicies):
    """What is looked at. An item that was ticked is retired, never removed."""

    list_display = ("text", "checklist", "position", "is_active")
    list_filter = ("checklist", "is_active")
    list_select_related = ("checklist",)
    fields = ("checklist", "position", "text", "is_active")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
