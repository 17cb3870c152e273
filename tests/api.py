"""A program that speaks to the API as somebody, with an API key."""

import json

from django.test import Client

from halcytone.access import services
from tests.factories import PersonFactory


class Api:
    """`Api(person)` or `Api.of("editor")`; `Api(None)` is a stranger."""

    def __init__(self, person):
        self.person = person
        self.client = Client(SERVER_NAME="localhost")
        self.headers = {}
        if person is not None:
            _, key = services.create_key(person, by=None, name="test")
            self.headers = {"Authorization": f"Api-Key {key}"}

    @classmethod
    def of(cls, group, **changes):
        return cls(PersonFactory(group=group, **changes))

    def get(self, path, query=None, **headers):
        return self.client.get(f"/api/v1/{path}", query or {}, headers=self._all(headers))

    def post(self, path, body=None, **headers):
        return self._write("post", path, {} if body is None else body, headers)

    def patch(self, path, body, etag="", **headers):
        return self._write("patch", path, body, {"If-Match": etag, **headers} if etag else headers)

    def delete(self, path, **headers):
        return self.client.delete(f"/api/v1/{path}", headers=self._all(headers))

    def _write(self, method, path, body, headers):
        content = body if isinstance(body, bytes | str) else json.dumps(body)
        kind = headers.pop("content_type", "application/json")
        send = getattr(self.client, method)
        return send(f"/api/v1/{path}", content, content_type=kind, headers=self._all(headers))

    def _all(self, headers):
        return self.headers | {name.replace("_", "-"): value for name, value in headers.items()}


def problem(response, status, code):
    """Assert the one shape of errors and return its body."""
    assert response.status_code == status, response.content
    assert response["Content-Type"] == "application/problem+json"
    body = response.json()
    assert body["code"] == code
    assert body["status"] == status
    assert body["request_id"] == response["X-Request-ID"]
    assert {"type", "title", "detail", "instance", "errors", "timestamp"} <= set(body)
    return body
