"""Who holds which approval role, and the versions of policies. Reviews have the desk's own pages."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from approvals.models import Level, Policy, RoleHolder
from halcytone.lib.rows import RowAdmin
from halcytone.lib.ruled import ReadOnlyAdmin


@admin.register(RoleHolder)
class RoleHolderAdmin(RowAdmin):
    list_display = ("person", "role")
    list_filter = ("role",)
    list_select_related = ("person",)


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
