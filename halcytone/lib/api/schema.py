"""What the OpenAPI document says of every route alike: headers, the dry switch, problems."""

from collections.abc import Iterator
from typing import Any

from drf_spectacular.views import SpectacularAPIView

from halcytone.lib.api.resources import Guarded

TEXT = {"type": "string"}
PROBLEM = {
    "type": "object",
    "description": "RFC 9457; `code` is the same word as in the desk and the log.",
    "required": ["type", "title", "status", "detail", "instance", "code", "errors", "request_id", "timestamp"],
    "properties": {
        "type": TEXT,
        "title": TEXT,
        "status": {"type": "integer"},
        "detail": TEXT,
        "instance": TEXT,
        "code": TEXT,
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["code", "detail", "attr"],
                "properties": {
                    "code": TEXT,
                    "detail": TEXT,
                    "attr": TEXT,
                    "line": {"type": "integer"},
                    "hint": TEXT,
                },
            },
        },
        "request_id": TEXT,
        "timestamp": {"type": "string", "format": "date-time"},
        "retry_after": {"type": "integer"},
    },
}  # fmt: skip
ANSWER = {
    "description": "A problem",
    "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
}
DRY = {
    "in": "query",
    "name": "dry_run",
    "schema": {"type": "boolean"},
    "description": "Do everything, answer, and take it back",
}
KEY = {
    "in": "header",
    "name": "Idempotency-Key",
    "schema": {"type": "string", "maxLength": 255},
    "description": "The same key and body are answered with the first answer for 24 hours",
}
MATCH = {
    "in": "header",
    "name": "If-Match",
    "required": True,
    "schema": TEXT,
    "description": "The ETag of the version you change",
}
PARAMETERS = {"post": [KEY, DRY], "patch": [MATCH, DRY], "delete": [DRY]}


class Schema(Guarded, SpectacularAPIView):
    """The document itself, for everybody."""

    is_public = True


def complete(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Add to a generated schema what all routes share (a drf-spectacular hook)."""
    result["components"]["schemas"]["Problem"] = PROBLEM
    for method, operation in _operations(result):
        operation["responses"]["default"] = ANSWER
        operation.setdefault("parameters", []).extend(PARAMETERS.get(method, ()))
    return result


def _operations(result: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for operations in result["paths"].values():
        yield from operations.items()
