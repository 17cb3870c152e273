"""Who holds which approval role. Reviews and policies have the desk's own pages."""

from django.contrib import admin

from approvals.models import RoleHolder
from halcytone.lib.rows import RowAdmin


@admin.register(RoleHolder)
class RoleHolderAdmin(RowAdmin):
    list_display = ("person", "role")
    list_filter = ("role",)
    list_select_related = ("person",)
