"""The admin's pages of rows, as light as the desk's own."""

from typing import Any

from django import forms
from django.contrib.admin.widgets import RelatedFieldWidgetWrapper
from django.db import models
from django.forms import Field
from django.http import HttpRequest, HttpResponse
from unfold.admin import ModelAdmin
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget, UnfoldAdminTextInputWidget


class RowAdmin(ModelAdmin):  # type: ignore[misc]  # Unfold has no types
    """Rows of one table, without pop-ups, made-up keys and the scripts that these need.

    Many-to-many fields are check boxes: they work by keyboard and need no script.
    Times are typed in the browser's own field.
    """

    @property
    def media(self) -> forms.Media:
        return forms.Media()

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        scripts = {"media": forms.Media(js=["admin/js/actions.js"])}
        answer: HttpResponse = super().changelist_view(request, scripts | (extra_context or {}))
        return answer

    def formfield_for_dbfield(
        self, db_field: models.Field, request: HttpRequest, **kwargs: Any
    ) -> Field | None:
        if isinstance(db_field, models.ManyToManyField):
            kwargs["widget"] = UnfoldAdminCheckboxSelectMultipleWidget()
        elif isinstance(db_field, models.TimeField):
            kwargs["widget"] = UnfoldAdminTextInputWidget(attrs={"type": "time"})
        field: Field | None = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field and isinstance(field.widget, RelatedFieldWidgetWrapper):
            field.widget = field.widget.widget
        return field
