"""Who holds which approval role. Reviews and policies have the desk's own pages."""

from django.contrib import admin
from unfold.admin import ModelAdmin

from approvals.models import RoleHolder


@admin.register(RoleHolder)
class RoleHolderAdmin(ModelAdmin):
    list_display = ("person", "role")
    list_filter = ("role",)
    list_select_related = ("person",)
    autocomplete_fields = ("person",)
