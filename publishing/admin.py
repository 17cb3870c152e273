"""Configuration rows of publishing. What went out is read on the desk's own pages."""

from calendar import day_name
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest

from content.models import FormatName
from halcytone.lib.ruled import RuledAdmin, RuledForm
from publishing.models import Account, Cadence
from publishing.services import accounts, rhythms


class AccountForm(RuledForm):
    rules = staticmethod(accounts.problems)
    kept_by_service = frozenset({"is_default"})

    class Meta:
        help_texts = {
            "endpoint": "Where it goes: https://…, or smtp+starttls://host:587 for mail.",
            "from_email": "For mail: news@halcytone.example, or a name with the address in &lt; and &gt;.",
            "profile_id": "The user or page id there; for mail the name it signs in with.",
            "credential": "The name of a secret: x_token for CREDENTIAL_X_TOKEN, say. The secret stays there.",
            "is_default": "What has no account of its own goes through this one.",
        }


@admin.register(Account)
class AccountAdmin(RuledAdmin):
    """Accounts are switched off, not deleted: what went out through them stays readable."""

    form = AccountForm
    create, change = staticmethod(accounts.create), staticmethod(accounts.change)
    choices = {
        "channel": lambda: [(name, name) for name in settings.CHANNELS],
        "format": lambda: [pair for pair in FormatName.choices if pair[0] in settings.FORMATS],
    }
    list_display = ("name", "channel", "format", "is_default", "is_enabled")
    list_filter = ("channel", "is_enabled")
    search_fields = ("name", "key")
    readonly_fields = ("version",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return accounts.may(request.user, "add")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return accounts.may(request.user, "change", obj.format if obj else "")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class CadenceForm(RuledForm):
    rules = staticmethod(rhythms.problems)

    class Meta:
        help_texts = {
            "zone": "Times are on the wall clock of this zone, summer and winter.",
            "owner": "The author of each edition; she does not approve it.",
        }


@admin.register(Cadence)
class CadenceAdmin(RuledAdmin):
    form = CadenceForm
    create, change = staticmethod(rhythms.create), staticmethod(rhythms.change)
    choices = {"weekday": lambda: list(enumerate(day_name))}
    list_display = ("name", "weekday", "at", "zone", "is_enabled")
    readonly_fields = ("version",)
