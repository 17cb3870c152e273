"""Configuration rows of publishing. What went out is read on the desk's own pages."""

from calendar import day_name
from functools import partial
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.db.models import DateField
from django.forms import DateInput
from django.http import HttpRequest
from unfold.admin import ModelAdmin

from content.models import FormatName
from halcytone.lib.ruled import RuledAdmin, RuledForm
from publishing import timing
from publishing.models import Account, Cadence, ClosedDay, Kpi, Offset, Scanner, WeeklyTarget
from publishing.services import accounts, rhythm_rows, rhythms


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
            "is_standard": "Of a network: at level 1 the policy itself may sign what goes there.",
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


class RhythmRowForm(RuledForm):
    rules = staticmethod(rhythm_rows.problems)


class RhythmRowAdmin(RuledAdmin):
    """Rows of the rhythm: who may change a rhythm changes them."""

    form = RhythmRowForm
    change = staticmethod(rhythm_rows.change)
    readonly_fields = ("version",)
    # the browser's own calendar, which needs no script of ours
    formfield_overrides = {DateField: {"widget": DateInput(attrs={"type": "date"})}}

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.has_perm("publishing.view_cadence"))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm(rhythm_rows.RIGHT))

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.has_perm(rhythm_rows.RIGHT))

    has_delete_permission = has_change_permission

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        rhythm_rows.remove(obj, by=request.user)

    def delete_queryset(self, request: HttpRequest, queryset: Any) -> None:
        for row in queryset:
            rhythm_rows.remove(row, by=request.user)


@admin.register(Offset)
class OffsetAdmin(RhythmRowAdmin):
    create = staticmethod(partial(rhythm_rows.create, Offset))
    choices = {"kind": lambda: [(kind, kind) for kind in timing.WEEKLY]}
    list_display = ("kind", "cadence", "after_s", "window_s")
    list_select_related = ("cadence",)


@admin.register(ClosedDay)
class ClosedDayAdmin(RhythmRowAdmin):
    create = staticmethod(partial(rhythm_rows.create, ClosedDay))
    list_display = ("name", "kind", "first", "last")


@admin.register(WeeklyTarget)
class WeeklyTargetAdmin(RhythmRowAdmin):
    create = staticmethod(partial(rhythm_rows.create, WeeklyTarget))
    list_display = ("type", "least", "most")


class Rows(ModelAdmin):
    """Rows that whoever manages accounts may change; nobody else sees them here."""

    right = "publishing.change_account"

    def has_module_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(self.right)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm(self.right)

    has_change_permission = has_add_permission = has_delete_permission = has_view_permission


@admin.register(Kpi)
class KpiAdmin(Rows):
    """What the team wants to reach."""

    list_display = ("name", "group", "words", "is_enabled")
    list_filter = ("group",)
    fields = ("key", "name", "group", "direction", "value", "unit", "definition", "is_enabled")


@admin.register(Scanner)
class ScannerAdmin(Rows):
    """What marks openings and clicks as a machine's."""

    list_display = ("pattern", "kind", "verdict", "note", "is_enabled")
    list_filter = ("kind", "verdict", "is_enabled")
    search_fields = ("pattern", "note")
    fields = ("kind", "pattern", "verdict", "note", "is_enabled")
