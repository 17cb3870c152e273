"""Configuration rows of publishing. What went out is read on the desk's own pages."""

from django.contrib import admin
from unfold.admin import ModelAdmin

from publishing.models import Account, Cadence


@admin.register(Account)
class AccountAdmin(ModelAdmin):
    list_display = ("name", "channel", "format", "is_default", "is_enabled")
    list_filter = ("channel", "is_enabled")
    search_fields = ("name", "key")
    prepopulated_fields = {"key": ("name",)}
    readonly_fields = ("version",)


@admin.register(Cadence)
class CadenceAdmin(ModelAdmin):
    list_display = ("name", "weekday", "at", "zone", "is_enabled")
    prepopulated_fields = {"key": ("name",)}
    filter_horizontal = ("documents",)
    readonly_fields = ("version",)
