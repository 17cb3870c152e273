"""What a request may carry: how much, of what type, and what is read of it at all."""

import http.client
import io
import json
import os
import subprocess
import sys
from contextlib import contextmanager

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from drf_spectacular.generators import SchemaGenerator

from halcytone.lib.bodies import Measured
from tests.api import Api, problem

pytestmark = pytest.mark.django_db
MEGABYTE = 1_048_576


def padded(size):
    """JSON of exactly so many bytes."""
    empty = json.dumps({"key": "k", "name": "", "rule": {}})
    return json.dumps({"key": "k", "name": "x" * (size - len(empty)), "rule": {}})


def writing_routes():
    """Yield (method, path) of every route that takes a body."""
    schema = SchemaGenerator().get_schema(request=None, public=True)
    for path, operations in sorted(schema["paths"].items()):
        for method in operations.keys() & {"post", "patch"}:
            yield method, path.removeprefix("/api/v1/").replace("{id}", "1")


def test_a_megabyte_is_read_and_one_byte_more_is_not():
    api = Api.of("editor")
    assert len(padded(MEGABYTE)) == MEGABYTE
    problem(api.post("segments", padded(MEGABYTE)), 400, "invalid")  # the name is too long
    problem(api.post("segments", padded(MEGABYTE + 1)), 413, "too_large")


def test_every_writing_route_refuses_a_body_that_is_too_large_or_no_json():
    api = Api.of("admin")
    routes = list(writing_routes())
    assert len(routes) > 25
    for method, path in routes:
        send = getattr(api.client, method)
        for kind, content, status in (
            ("application/json", padded(MEGABYTE + 1), 413),
            ("application/xml", "<a/>", 415),
            ("text/plain", "a", 415),
        ):
            headers = api.headers | {"If-Match": "*"}
            response = send(f"/api/v1/{path}", content, content_type=kind, headers=headers)
            assert response.status_code in (status, 404), (method, path, kind, response.content)


def test_what_no_route_takes_is_refused_before_anybody_is_asked_who_she_is():
    huge = {"CONTENT_LENGTH": str(11_000_000)}
    response = Client().post("/api/v1/segments", "{}", content_type="application/json", **huge)
    problem(response, 413, "too_large")


def test_a_negative_length_is_400():
    api = Api.of("editor")
    response = api.client.post(
        "/api/v1/segments", "{}", content_type="application/json", headers=api.headers,
        CONTENT_LENGTH="-1",
    )  # fmt: skip
    problem(response, 400, "parse_error")


def test_a_file_may_have_ten_megabytes_and_not_a_byte_more(settings):
    api = Api.of("editor")
    settings.FILE_UPLOAD_MAX_BYTES = 1_000

    def send(size):
        file = SimpleUploadedFile("notes.md", b"x" * size, "text/markdown")
        body = {"name": "Notes", "file": file}
        return api.client.post("/api/v1/documents", body, headers=api.headers)

    problem(send(1_001), 413, "too_large")
    assert send(1_000).status_code == 201


def test_nobody_is_told_406():
    api = Api.of("viewer")
    for accept in ("application/xml", "text/html", "image/*;q=0.1", "junk", "*/*", ""):
        response = api.get("me", Accept=accept)
        assert (response.status_code, response["Content-Type"]) == (200, "application/json")
        problem(api.get("drafts/99", Accept=accept), 404, "not_found")


def test_addresses_beside_the_api_are_404_in_its_shape_and_pages_in_theirs():
    problem(Client().get("/api/v2/anything"), 404, "not_found")
    page = Client().get("/no/such/page")
    assert (page.status_code, page["Content-Type"]) == (404, "text/html; charset=utf-8")


class TestWithoutALength:
    """A chunked body is read at the door, to one byte over what any route takes."""

    def asked(self, content, most, **environ):
        seen = {}

        def application(environ, start_response):
            seen["length"] = environ.get("CONTENT_LENGTH")
            seen["body"] = environ["wsgi.input"].read(int(seen["length"] or 0))
            return [b""]

        given = io.BytesIO(content)
        chunked = {"HTTP_TRANSFER_ENCODING": "chunked", "wsgi.input_terminated": True}
        Measured(application, most)({"wsgi.input": given, **chunked, **environ}, None)
        return seen | {"left": given.read()}

    def test_it_gets_the_length_it_has(self):
        seen = self.asked(b"x" * 100_000, 200_000)
        assert (seen["length"], len(seen["body"])) == ("100000", 100_000)

    def test_it_is_not_read_further_than_one_byte_over(self):
        seen = self.asked(b"x" * 100_000, 70_000)
        assert (seen["length"], len(seen["left"])) == ("70001", 29_999)

    def test_an_input_without_an_end_is_not_read(self):
        assert self.asked(b"x", 10, **{"wsgi.input_terminated": False})["length"] is None


@contextmanager
def served(database_url, tmp_path):
    """Yield a connection to a web server with a database of its own, and the headers of an editor."""
    environment = os.environ | {
        "DATABASE_URL": database_url,
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "ALLOWED_HOSTS": "localhost",
    }
    prepare = "import django; django.setup(); from tests.api import Api; print(Api.of('editor').headers['Authorization'])"  # fmt: skip
    run = {"env": environment, "capture_output": True, "text": True, "check": True}
    subprocess.run([sys.executable, "manage.py", "migrate", "--verbosity=0"], **run)
    key = subprocess.run([sys.executable, "-c", prepare], **run).stdout.split()[-1]
    socket = tmp_path / "web.sock"
    command = [sys.executable, "-m", "gunicorn", "halcytone.wsgi:application", "--log-level", "error",
               "--no-control-socket", "--bind", f"unix:{socket}"]  # fmt: skip
    with subprocess.Popen(command, env=environment) as server:
        try:
            yield UnixConnection(str(socket)), {"Authorization": f"Api-Key {key}"}
        finally:
            server.terminate()


class UnixConnection(http.client.HTTPConnection):
    """HTTP over a socket in the file system."""

    def __init__(self, path):
        super().__init__("localhost", timeout=30)
        self.path = path

    def connect(self):
        import socket
        import time

        for _ in range(300):
            try:
                self.sock = socket.socket(socket.AF_UNIX)
                self.sock.settimeout(30)
                return self.sock.connect(self.path)
            except OSError:
                time.sleep(0.1)
        raise TimeoutError("the web server did not start")


@pytest.mark.slow
def test_a_server_takes_chunked_bodies_up_to_the_limit(tmp_path):
    with served(f"sqlite:///{tmp_path}/web.sqlite3", tmp_path) as (line, headers):

        def send(content):
            pieces = (content[start : start + 60_000] for start in range(0, len(content), 60_000))
            line.request(
                "POST", "/api/v1/segments", pieces, encode_chunked=True,
                headers=headers | {"Content-Type": "application/json", "Transfer-Encoding": "chunked"},
            )  # fmt: skip
            answer = line.getresponse()
            return answer.status, json.loads(answer.read())[
                "status" if answer.status > 300 else "key"
            ]

        assert send(json.dumps({"key": "k", "name": "K", "rule": {}}).encode()) == (201, "k")
        assert send(padded(MEGABYTE).encode()) == (400, 400)
        assert send(padded(MEGABYTE + 1).encode()) == (413, 413)
