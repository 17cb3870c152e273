"""Admin pages of configuration rows: their rules are a service's, and each change leaves a version."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django import forms
from django.contrib import messages
from django.db import models
from django.forms import Field
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from simple_history.admin import SimpleHistoryAdmin
from unfold.widgets import UnfoldAdminSelectWidget

from halcytone.lib.errors import HalcytoneError, Problem
from halcytone.lib.rows import RowAdmin

Choices = Sequence[tuple[Any, str]]


class HistoryAdmin(SimpleHistoryAdmin, RowAdmin):  # type: ignore[misc]  # it has no types
    """Rows whose versions can be read. Going back to one is a change like any other, made by hand."""

    object_history_template = "desk/history.html"

    def get_urls(self) -> list[Any]:
        urls: list[Any] = super(SimpleHistoryAdmin, self).get_urls()
        return urls

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        if row := context.get("original"):
            name = f"{row._meta.app_label}_{row._meta.model_name}_history"
            context["history_url"] = reverse(f"admin:{name}", args=[row.pk])
        answer: HttpResponse = super().render_change_form(request, context, *args, **kwargs)
        return answer


class ReadOnlyAdmin(HistoryAdmin):
    """Rows that are made and changed on pages of the desk; here they and their versions are read."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class RuledForm(forms.ModelForm):
    """Shows what a service would refuse beside its fields, before anything is written."""

    rules: Callable[[Any], Sequence[Problem]]
    #: Fields whose constraint the service keeps by changing other rows.
    kept_by_service: frozenset[str] = frozenset()

    def _get_validation_exclusions(self) -> set[str]:
        excluded: set[str] = super()._get_validation_exclusions()  # type: ignore[misc]
        return excluded | self.kept_by_service

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc]  # the row has the values of the form from here on
        for problem in () if self.errors else type(self).rules(self.instance):
            place = problem.attr if problem.attr in self.fields else None
            self.add_error(place, forms.ValidationError(problem.message, problem.code))


class RuledAdmin(HistoryAdmin):
    """Rows that only a service writes: `create(*, by, **values)` and `change(row, *, by, **values)`.

    `choices` gives the values to choose from for fields whose values are settings.
    """

    create: Callable[..., Any]
    change: Callable[..., Any]
    choices: Mapping[str, Callable[[], Choices]] = {}

    def formfield_for_dbfield(
        self, db_field: models.Field, request: HttpRequest, **kwargs: Any
    ) -> Field | None:
        if db_field.name in self.choices:
            return forms.TypedChoiceField(
                choices=self.choices[db_field.name],
                coerce=db_field.to_python,
                widget=UnfoldAdminSelectWidget(),
                initial=db_field.get_default(),
            )
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            answer: HttpResponse = super().changeform_view(request, *args, **kwargs)
        except HalcytoneError as error:
            messages.error(request, str(error))
            return HttpResponseRedirect(request.get_full_path())
        return answer

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        service = type(self).change if change else type(self).create
        row = service(*([obj] if change else []), by=request.user, **form.cleaned_data)
        obj.pk, obj.version = row.pk, row.version
