"""What a list is asked for: named filters, `search`, `ordering`. A wrong name or value is 400 and named.

An unknown filter is refused and not passed over: whoever misspelt it would act on every row.
"""

from collections.abc import Iterable
from functools import cache
from typing import Any

from django import forms
from django.db import models
from django.db.models import QuerySet
from django_filters import rest_framework as framework
from rest_framework import filters
from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.request import Request

PAGING = ("limit", "cursor", "count", "ordering", "dry_run")
LONGEST_SEARCH = 200  # characters


def refuse(name: str, message: str, code: str = "invalid") -> ValidationError:
    """Return the refusal of one parameter of the query."""
    return ValidationError({name: [ErrorDetail(message, code)]})


def is_on(request: Any, name: str) -> bool:
    """Return whether a switch of the query (`count`, `dry_run`) is on. Raises ValidationError."""
    value = request.GET.get(name, "false").lower()
    if value not in ("true", "false"):
        raise refuse(name, "Say true or false.")
    return bool(value == "true")


class YesNo(forms.Field):
    """`true` or `false`; anything else is refused instead of being taken for "does not matter"."""

    def to_python(self, value: Any) -> bool | None:
        known = {"true": True, "false": False, "": None}
        try:
            return known[str(value or "").lower()]
        except KeyError:
            raise forms.ValidationError("Say true or false.") from None


class YesNoFilter(framework.BooleanFilter):  # type: ignore[misc]  # the library has no types
    field_class = YesNo

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"widget": forms.TextInput, **kwargs})


class Named(framework.FilterSet):  # type: ignore[misc]  # the library has no types
    """The filters of one kind of row."""

    FILTER_DEFAULTS = framework.FilterSet.FILTER_DEFAULTS | {
        models.BooleanField: {"filter_class": YesNoFilter}
    }


class Filters(framework.DjangoFilterBackend):  # type: ignore[misc]  # the library has no types
    """The filters that a view names, made once for each view and only run when one is asked for."""

    filterset_base = Named

    def get_filterset_class(self, view: Any, queryset: Any = None) -> Any:
        return _filterset(view.__class__, queryset.model)

    def filter_queryset(self, request: Request, queryset: Any, view: Any) -> Any:
        given = request.query_params.keys()
        if not given:
            return queryset
        known = _filterset(view.__class__, queryset.model)
        names = known.base_filters.keys() if known else ()
        if view.action == "list":
            searched = ("search",) if view.search_fields else ()
            _refuse_unknown(given, (*names, *searched, *PAGING))
        if given.isdisjoint(names):
            return queryset
        return super().filter_queryset(request, queryset, view)


class Search(filters.SearchFilter):
    """`search`: words that all must be found, each in one of the fields that a view names."""

    def get_search_terms(self, request: Request) -> Any:
        given = request.query_params.get(self.search_param, "")
        if len(given) > LONGEST_SEARCH:
            raise refuse(self.search_param, f"At most {LONGEST_SEARCH} characters.", "max_length")
        try:
            return super().get_search_terms(request)
        except ValidationError as error:
            raise ValidationError({self.search_param: error.detail}) from error


class Ordering(filters.OrderingFilter):
    """`ordering=name` or `-name`, of the fields a view names; the id decides among equals."""

    def get_ordering(self, request: Request, queryset: QuerySet[Any], view: Any) -> Any:
        given = request.query_params.get(self.ordering_param)
        if given is None:
            return ["-pk"]
        names = [name.strip() for name in given.split(",")]
        if wrong := [name for name in names if name.removeprefix("-") not in view.ordering_fields]:
            known = ", ".join(view.ordering_fields)
            message = (
                f"Rows cannot be ordered by {wrong[0][:50]!r}. Known: {known}; “-” turns it round."
            )
            raise refuse(self.ordering_param, message)
        chosen = ["pk" if name == "id" else "-pk" if name == "-id" else name for name in names]
        return _until_unique(chosen)


def _until_unique(names: list[str]) -> list[str]:
    for place, name in enumerate(names):
        if name in ("pk", "-pk"):
            return names[: place + 1]
    return [*names, "-pk" if names[0].startswith("-") else "pk"]


def _refuse_unknown(given: Iterable[str], known: Iterable[str]) -> None:
    if unknown := sorted(set(given) - set(known)):
        message = f"There is no such filter. Known: {', '.join(known)}."
        raise ValidationError({name: [ErrorDetail(message, "unknown_field")] for name in unknown})


@cache
def _filterset(view: Any, model: type[models.Model]) -> Any:
    """Return the filters of a view's class; None when it has none."""
    if view.filterset_class is not None or not view.filterset_fields:
        return view.filterset_class
    backend: Any = super(Filters, Filters())
    return backend.get_filterset_class(view, model._default_manager.none())
