"""Lists: `{"results", "next", "previous"}`, and `count` only when it is asked for."""

from typing import Any

from django.db.models import QuerySet
from rest_framework.filters import OrderingFilter
from rest_framework.pagination import CursorPagination
from rest_framework.request import Request
from rest_framework.response import Response


class Cursor(CursorPagination):
    """Pages by position: stable while rows are added, and the last page costs what the first does.

    `limit` is 50, at most 200. `count=true` adds the number of rows, which costs a count.
    """

    page_size = 50
    page_size_query_param = "limit"
    max_page_size = 200
    ordering = "-pk"
    invalid_cursor_message = "The cursor is not one of ours; start again without it."
    total: int | None = None

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> Any:
        self.total = queryset.count() if request.query_params.get("count") == "true" else None
        return super().paginate_queryset(queryset, request, view)

    def get_paginated_response(self, data: Any) -> Response:
        links = {"next": self.get_next_link(), "previous": self.get_previous_link()}
        count = {} if self.total is None else {"count": self.total}
        return Response({"results": data, **links, **count})

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        link = {"type": "string", "format": "uri", "nullable": True}
        count = {"type": "integer", "description": "Only with count=true"}
        properties = {
            "results": {"type": "array", "items": schema},
            "next": link,
            "previous": link,
            "count": count,
        }
        return {
            "type": "object",
            "required": ["results", "next", "previous"],
            "properties": properties,
        }


class Ordering(OrderingFilter):
    """`ordering=name` or `-name`, of the fields a view names; the id decides among equals."""

    def get_ordering(self, request: Request, queryset: QuerySet[Any], view: Any) -> Any:
        given = super().get_ordering(request, queryset, view) or ["-pk"]
        chosen = ["pk" if name == "id" else "-pk" if name == "-id" else name for name in given]
        return (
            chosen
            if "pk" in chosen[-1]
            else [*chosen, "-pk" if chosen[0].startswith("-") else "pk"]
        )
