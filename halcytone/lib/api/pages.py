"""Lists: `{"results", "next", "previous"}`, and `count` only when it is asked for."""

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError as FieldError
from django.db.models import Model, Q, QuerySet
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param

from halcytone.lib.api.filters import Ordering, is_on, refuse

USUAL, MOST = 50, 200
NEWEST_FIRST = ("-pk",)


@dataclass(frozen=True, slots=True)
class Place:
    """Between which rows a page begins: beside the one with these values of the ordering's fields."""

    is_back: bool
    values: Sequence[Any]


class Cursor(BasePagination):
    """Pages by position: stable while rows are added, and the last page costs what the first does.

    `limit` is 50, at most 200. `count=true` adds the number of rows, which costs a count. The last of the
    fields that order is unique, so that a million rows of the same instant are walked without a gap.
    """

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> Any:
        self.request = request
        limit = _limit(request)
        self.total = queryset.count() if is_on(request, "count") else None
        self.order = _order(queryset, request, view)
        self.place = _read(request, queryset.model, self.order)
        is_back = self.place is not None and self.place.is_back
        order = _turned(self.order) if is_back else self.order
        rows = queryset.order_by(*order)
        if self.place:
            rows = rows.filter(_after(order, self.place.values))
        found = list(rows[: limit + 1])
        self.has_more = len(found) > limit
        self.rows = found[:limit][::-1] if is_back else found[:limit]
        return self.rows

    def get_paginated_response(self, data: Any) -> Response:
        count = {} if self.total is None else {"count": self.total}
        links = {"next": self._next(), "previous": self._previous()}
        return Response({"results": data, **links, **count})

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        limit = {"type": "integer", "minimum": 1, "maximum": MOST, "default": USUAL}
        switch = {"type": "boolean", "default": False}
        return [
            _parameter("limit", limit, "Rows of a page"),
            _parameter("cursor", {"type": "string"}, "As `next` and `previous` carry it"),
            _parameter("count", switch, "Add the number of all rows"),
        ]

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        link = {"type": "string", "format": "uri", "nullable": True}
        properties = {
            "results": {"type": "array", "items": schema},
            "next": link,
            "previous": link,
            "count": {"type": "integer", "description": "Only with count=true"},
        }
        required = ["results", "next", "previous"]
        return {"type": "object", "required": required, "properties": properties}

    def _next(self) -> str | None:
        came_back = self.place is not None and self.place.is_back
        return self._link(self.rows[-1:], is_back=False) if came_back or self.has_more else None

    def _previous(self) -> str | None:
        has_before = self.has_more if self.place and self.place.is_back else self.place is not None
        return self._link(self.rows[:1], is_back=True) if has_before else None

    def _link(self, beside: list[Model], *, is_back: bool) -> str | None:
        for row in beside:  # none when the rows went away
            text = json.dumps([is_back, *_values(row, self.order)]).encode()
            cursor = base64.urlsafe_b64encode(text).decode()
            return replace_query_param(self.request.build_absolute_uri(), "cursor", cursor)
        return None


def _limit(request: Request) -> int:
    given = request.query_params.get("limit", str(USUAL))
    if not (given.isascii() and given.isdecimal() and len(given) < 10 and int(given)):
        raise refuse("limit", f"Give a whole number from 1 to {MOST}.")
    return min(int(given), MOST)


def _order(queryset: QuerySet[Any], request: Request, view: Any) -> tuple[str, ...]:
    if Ordering in view.filter_backends:
        return tuple(Ordering().get_ordering(request, queryset, view))
    return NEWEST_FIRST


def _turned(order: Sequence[str]) -> tuple[str, ...]:
    return tuple(name[1:] if name.startswith("-") else f"-{name}" for name in order)


def _after(order: Sequence[str], values: Sequence[Any]) -> Q:
    """Return what holds for the rows behind these values; the first field alone narrows an index."""
    found, equal = Q(), Q()
    for name, value in zip(order, values, strict=True):
        field, way = name.removeprefix("-"), "lt" if name.startswith("-") else "gt"
        found |= equal & Q(**{f"{field}__{way}": value})
        equal &= Q(**{field: value})
    if len(order) == 1:
        return found
    first, way = order[0].removeprefix("-"), "lte" if order[0].startswith("-") else "gte"
    return Q(**{f"{first}__{way}": values[0]}) & found


def _values(row: Model, order: Sequence[str]) -> list[str]:
    return [_field(type(row), name).value_to_string(row) for name in order]


def _read(request: Request, model: type[Model], order: Sequence[str]) -> Place | None:
    """Return the place that the cursor names; None without one. Raises ValidationError."""
    given = request.query_params.get("cursor")
    if given is None:
        return None
    try:
        is_back, *texts = json.loads(base64.urlsafe_b64decode(given.encode()))
        if not isinstance(is_back, bool) or any("\x00" in text for text in texts):
            raise ValueError
        fields = [_field(model, name) for name in order]
        values = [field.to_python(text) for field, text in zip(fields, texts, strict=True)]
    except (ValueError, TypeError, RecursionError, FieldError) as error:
        message = "The cursor is not one of this list; start again without it."
        raise refuse("cursor", message) from error
    return Place(is_back, values)


def _field(model: type[Model], name: str) -> Any:
    name = name.removeprefix("-")
    return model._meta.pk if name == "pk" else model._meta.get_field(name)


def _parameter(name: str, schema: dict[str, Any], description: str) -> dict[str, Any]:
    return {"in": "query", "name": name, "schema": schema, "description": description}
