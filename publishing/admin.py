"""Configuration rows of publishing. What went out is read on the desk's own pages."""

from django.contrib import admin

from halcytone.lib.rows import RowAdmin
from publishing.models import Account, Cadence


@admin.register(Account)
class AccountAdmin(RowAdmin):
    list_display = ("name", "channel", "format", "is_default", "is_enabled")
    list_filter = ("channel", "is_enabled")
    search_fields = ("name", "key")
    readonly_fields = ("version",)


@admin.register(Cadence)
class CadenceAdmin(RowAdmin):
    list_display = ("name", "weekday", "at", "zone", "is_enabled")
    readonly_fields = ("version",)
