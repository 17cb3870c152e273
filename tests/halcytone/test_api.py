"""The conventions that every route of the API keeps."""

import json
import os
import subprocess
import sys

import pytest
from django.test import Client
from django.urls import URLPattern, get_resolver

from halcytone.access.models import IdempotentRequest
from segmentation.models import Contact, Segment
from tests.api import Api, problem
from tests.factories import PersonFactory
from tests.factories.segmentation import make_segment

pytestmark = pytest.mark.django_db
RULE = {"all": []}


def routes(patterns=None, prefix=""):
    """Yield every path under /api/v1/ with an id in the place of each parameter."""
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        path = prefix + str(pattern.pattern)
        if isinstance(pattern, URLPattern):
            yield path, pattern
        else:
            yield from routes(pattern.url_patterns, path)


def api_paths():
    found = set()
    for path, pattern in routes():
        if path.startswith("api/v1/") and pattern.callback:
            for word in ("^", "$", "\\Z", "(?P<pk>[0-9]{1,18})", "<int:pk>"):
                path = path.replace(word, "1" if "pk" in word else "")
            found.add(path)
    return sorted(found)


def test_every_route_answers_a_stranger_with_401_and_how_to_sign_in():
    paths = api_paths()
    assert len(paths) > 40
    for path in [*paths, "api/v1/no-such-thing"]:
        for method in ("get", "post", "patch", "delete"):
            response = getattr(Client(), method)(f"/{path}")
            assert response.status_code == 401, (method, path)
            assert response["WWW-Authenticate"] == 'Api-Key realm="Halcytone"'
            assert response["Content-Type"] == "application/problem+json"


def test_an_address_that_does_not_exist_is_404_in_the_same_shape():
    problem(Api.of("viewer").get("no-such-thing"), 404, "not_found")
    problem(Api.of("viewer").get("drafts/999999"), 404, "not_found")
    problem(Api.of("viewer").get("drafts/999999999999999999"), 404, "not_found")


def test_a_method_that_a_route_lacks_is_405():
    problem(Api.of("viewer").delete("me"), 405, "method_not_allowed")


def test_a_request_id_is_echoed_and_junk_is_replaced():
    api = Api.of("viewer")
    assert api.get("me", X_Request_ID="order-2026.11_a")["X-Request-ID"] == "order-2026.11_a"
    for junk in ("short", "x" * 65, "with space in it", "new\tline-id"):
        echoed = api.get("me", X_Request_ID=junk)["X-Request-ID"]
        assert echoed != junk
        assert len(echoed) == 32


def test_every_answer_says_how_far_outbound_reaches(settings):
    settings.OUTBOUND = "off"
    assert Api.of("viewer").get("me")["X-Outbound-Mode"] == "off"


def test_an_unknown_field_is_refused_by_name():
    body = problem(
        Api.of("editor").post("segments", {"key": "a", "name": "A", "rule": RULE, "colour": 1}),
        400,
        "invalid",
    )
    assert [(each["attr"], each["code"]) for each in body["errors"]] == [
        ("colour", "unknown_field")
    ]


def test_each_wrong_field_has_an_entry_of_its_own():
    body = problem(
        Api.of("editor").post("segments", {"key": "not a slug", "rule": RULE}), 400, "invalid"
    )
    assert {each["attr"] for each in body["errors"]} == {"key", "name"}


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"\xff\xfe{}",
        b"NaN",
        b'{"name": Infinity}',
        b'{"name": "\\u0000"}',
        b'{"name": "\\ud800"}',
        b"[" * 100_000,
        b'{"days": ' + b"9" * 5000 + b"}",
    ],
)
def test_unreadable_json_is_400(body):
    problem(Api.of("editor").post("segments", body), 400, "parse_error")


@pytest.mark.parametrize("body", [b"[]", b'"text"', b"null", b"1"])
def test_json_of_another_shape_is_400(body):
    problem(Api.of("editor").post("segments", body), 400, "invalid")


def test_a_body_over_one_megabyte_is_413_before_it_is_read():
    body = json.dumps({"name": "x" * 1_048_577})
    problem(Api.of("editor").post("segments", body), 413, "too_large")


@pytest.mark.parametrize(
    "kind", ["application/xml", "text/plain", "application/x-www-form-urlencoded"]
)
def test_another_media_type_is_415(kind):
    problem(
        Api.of("editor").post("segments", "<a/>", content_type=kind), 415, "unsupported_media_type"
    )


class TestLists:
    @pytest.fixture
    def api(self):
        for number in range(5):
            make_segment(key=f"s{number}")
        return Api.of("viewer")

    def test_a_list_is_walked_by_its_links_without_a_gap(self, api):
        seen, path = [], "/api/v1/segments?limit=2&ordering=id"
        while path:
            page = api.client.get(path, headers=api.headers).json()
            seen += [row["key"] for row in page["results"]]
            path = page["next"]
        assert seen == ["s0", "s1", "s2", "s3", "s4"]

    def test_a_count_is_given_only_when_it_is_asked_for(self, api):
        assert "count" not in api.get("segments").json()
        assert api.get("segments", {"count": "true", "limit": 1}).json()["count"] == 5

    def test_at_most_two_hundred_rows_are_given(self, api):
        Segment.objects.bulk_create(
            [Segment(key=f"b{number}", name="B", rule=RULE) for number in range(200)]
        )
        assert len(api.get("segments", {"limit": 1000}).json()["results"]) == 200
        assert len(api.get("segments").json()["results"]) == 50

    def test_rows_can_be_searched_filtered_and_ordered(self, api):
        assert [row["key"] for row in api.get("segments", {"search": "s3"}).json()["results"]] == [
            "s3"
        ]
        assert len(api.get("segments", {"key": "s1"}).json()["results"]) == 1
        first = api.get("segments", {"ordering": "-name"}).json()["results"][0]
        assert first["key"] == "s4"

    def test_ids_are_strings(self, api):
        assert isinstance(api.get("segments").json()["results"][0]["id"], str)


class TestEntityTags:
    @pytest.fixture
    def api(self):
        return Api.of("editor")

    @pytest.fixture
    def path(self):
        return f"segments/{make_segment().pk}"

    def test_a_change_needs_the_tag_of_the_version_it_changes(self, api, path):
        problem(api.patch(path, {"name": "New"}), 428, "precondition_required")
        problem(api.patch(path, {"name": "New"}, etag='"segment-1-99"'), 412, "version_mismatch")
        tag = api.get(path)["ETag"]
        changed = api.patch(path, {"name": "New"}, etag=tag)
        assert changed.status_code == 200
        assert changed["ETag"] != tag
        problem(api.patch(path, {"name": "Newer"}, etag=tag), 412, "version_mismatch")

    def test_a_star_stands_for_any_version(self, api, path):
        assert api.patch(path, {"name": "New"}, etag="*").status_code == 200


class TestDryRun:
    def test_a_dry_run_answers_and_leaves_nothing_behind(self):
        api = Api.of("editor")
        body = {"key": "dry", "name": "Dry", "rule": RULE}
        response = api.post("segments?dry_run=true", body)
        assert response.status_code == 201
        assert response["X-Dry-Run"] == "true"
        assert not Segment.objects.exists()
        assert api.post("segments", body).status_code == 201

    def test_a_dry_run_takes_no_idempotency_key(self):
        api = Api.of("editor")
        body = {"key": "dry", "name": "Dry", "rule": RULE}
        api.post("segments?dry_run=true", body, Idempotency_Key="k")
        assert not IdempotentRequest.objects.exists()


class TestIdempotency:
    body = {"key": "once", "name": "Once", "rule": RULE}

    @pytest.fixture
    def api(self):
        return Api.of("editor")

    def test_the_same_key_and_body_act_once_and_answer_twice(self, api):
        first = api.post("segments", self.body, Idempotency_Key="k1")
        again = api.post("segments", self.body, Idempotency_Key="k1")
        assert first.status_code == again.status_code == 201
        assert first.content == again.content
        assert again["ETag"] == first["ETag"]
        assert again["Idempotent-Replay"] == "true"
        assert "Idempotent-Replay" not in first
        assert Segment.objects.count() == 1

    def test_the_same_key_with_another_body_is_refused(self, api):
        api.post("segments", self.body, Idempotency_Key="k1")
        other = self.body | {"key": "twice"}
        problem(api.post("segments", other, Idempotency_Key="k1"), 409, "key_reused")

    def test_a_refusal_is_answered_again_too(self, api):
        bad = self.body | {"key": "no slug"}
        first = api.post("segments", bad, Idempotency_Key="k1")
        again = api.post("segments", bad, Idempotency_Key="k1")
        assert first.content == again.content
        assert again.status_code == 400

    def test_a_key_belongs_to_one_person(self, api):
        api.post("segments", self.body, Idempotency_Key="k1")
        other = Api.of("editor").post("segments", self.body, Idempotency_Key="k1")
        assert "Idempotent-Replay" not in other
        assert other.status_code == 400

    def test_a_key_does_not_open_what_its_owner_may_no_longer_do(self, api):
        api.post("segments", self.body, Idempotency_Key="k1")
        api.person.groups.clear()
        problem(api.post("segments", self.body, Idempotency_Key="k1"), 403, "not_allowed")

    def test_a_key_is_forgotten_after_a_day(self, api):
        api.post("segments", self.body, Idempotency_Key="k1")
        IdempotentRequest.objects.update(created_at="2026-01-01T00:00Z")
        assert api.post("segments", self.body, Idempotency_Key="k1").status_code == 400

    def test_a_key_may_have_255_characters(self, api):
        assert api.post("segments", self.body, Idempotency_Key="k" * 255).status_code == 201
        problem(api.post("segments", self.body, Idempotency_Key="k" * 256), 400, "invalid")


RACE = """
import sys, threading, django
django.setup()
from django.db import connection
from segmentation.models import Segment
from tests.api import Api
from tests.halcytone.test_api import TestIdempotency

api, answers = Api.of("editor"), []

def ask():
    response = api.post("segments", TestIdempotency.body, Idempotency_Key="race")
    answers.append((response.status_code, response.content))
    connection.close()

threads = [threading.Thread(target=ask) for _ in range(10)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
print(len(answers), len(set(answers)), answers[0][0], Segment.objects.count())
"""


@pytest.mark.postgres
@pytest.mark.slow
def test_ten_at_once_with_one_key_make_one_row_and_get_ten_equal_answers(postgres_url):
    environment = os.environ | {
        "DATABASE_URL": postgres_url,
        "DJANGO_SETTINGS_MODULE": "tests.settings",
    }

    def run(*command):
        done = subprocess.run(
            [sys.executable, *command], env=environment, capture_output=True, text=True, check=True
        )
        return done.stdout

    run("manage.py", "migrate", "--verbosity=0")
    assert run("-c", RACE).splitlines()[-1] == "10 1 201 1"


def test_a_session_works_too_and_needs_its_csrf_token():
    person = PersonFactory(group="editor")
    client = Client(enforce_csrf_checks=True)
    client.force_login(person)
    assert client.get("/api/v1/me").json()["username"] == person.username
    response = client.post("/api/v1/segments", "{}", content_type="application/json")
    problem(response, 403, "permission_denied")


def test_a_bug_is_a_500_in_the_same_shape_and_its_key_is_not_run_again(monkeypatch):
    api = Api.of("marketing_manager")
    api.client.raise_request_exception = False

    def broken(*args, **kwargs):
        raise RuntimeError("secret detail")

    monkeypatch.setattr(Contact, "save", broken)
    body = {"email": "ana@halcytone.example"}
    first = api.post("contacts", body, Idempotency_Key="k1")
    assert problem(first, 500, "server_error")
    assert b"secret detail" not in first.content
    monkeypatch.undo()
    assert api.post("contacts", body, Idempotency_Key="k1").status_code == 500
    assert not Contact.objects.exists()


def test_the_schema_and_its_page_come_from_this_installation():
    client = Client()
    assert client.get("/api/schema").status_code == 200
    page = client.get("/api/docs").content.decode()
    assert "https://" not in page.replace("https://github.com", "")
