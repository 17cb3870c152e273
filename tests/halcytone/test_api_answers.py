"""What every route answers alike, walked over one row of everything."""

import re

import pytest
from drf_spectacular.generators import SchemaGenerator

from approvals.models import Review
from publishing.models import Release
from publishing.services import rehearsals
from tests.api import Api, problem
from tests.factories.publishing import approve, make_draft
from tests.test_rights import calls, told, world

pytestmark = pytest.mark.django_db
__all__ = ["world"]
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?")
#: Walls of slots and turns: a clock without an instant.
WALLS = ("slot_wall", "wall")


def members(value, path=""):
    """Yield (path, name, value) of every member of every object in an answer."""
    if isinstance(value, dict):
        for name, member in value.items():
            yield f"{path}.{name}", name, member
            yield from members(member, f"{path}.{name}")
    elif isinstance(value, list):
        for member in value:
            yield from members(member, f"{path}[]")


@pytest.fixture
def api():
    return Api.of("admin")


@pytest.fixture
def answers(api, world):
    """Every answer of every reading route, as (path, name, value)."""
    world.told = told(api.person)  # nobody reads what others were told
    for release in Release.objects.all():
        rehearsals.ask(release, by=api.person)  # without which it has no board
    found = []
    for (method, _), (path, _) in calls(world).items():
        if method == "get":
            response = api.get(path)
            assert response.status_code == 200, path
            if response.streaming:  # a file to take away
                continue
            assert response["Content-Type"] == "application/json"
            found += members(response.json(), path)
    assert len(found) > 300
    return found


def test_ids_are_opaque_strings(answers):
    """A sealed content is shown as its bytes were canonised, numbers and all."""
    for path, name, value in answers:
        if (name == "id" or name.endswith("_id")) and ".content." not in path:
            assert value is None or isinstance(value, str), path


def test_times_are_utc_with_z_and_wall_clocks_say_their_zone(answers):
    for path, name, value in answers:
        if not (isinstance(value, str) and MOMENT.match(value)) or ".content." in path:
            continue
        if name.endswith("_local"):
            assert re.search(r"[+-]\d\d:\d\d$", value), path
        elif name not in WALLS:
            assert value.endswith("Z"), path


def test_money_is_a_string_with_its_currency(api, world):
    path = f"drafts/{world.draft.pk}"
    changed = api.patch(path, {"budget_usd": "1200.50"}, etag="*")
    assert changed.json()["budget_usd"] == "1200.50"


def of(world, *methods):
    for (method, _), (path, body) in calls(world).items():
        if method in methods:
            yield method, path, body


def form_routes():
    """Return the routes that take a form and no JSON, as the schema says: (method, route)."""
    schema = SchemaGenerator().get_schema(request=None, public=True)
    return {
        (method, path.removeprefix("/api/v1/"))
        for path, operations in schema["paths"].items()
        for method, operation in operations.items()
        if operation.get("requestBody", {}).get("content", {}).keys() == {"multipart/form-data"}
    }


def test_every_change_needs_the_version_it_changes(api, world):
    for _, path, body in of(world, "patch"):
        problem(api.patch(path, body), 428, "precondition_required")
        problem(api.patch(path, body, etag='"other-1-1"'), 412, "version_mismatch")
        for tag in (api.get(path)["ETag"], "*"):
            changed = api.patch(f"{path}?dry_run=true", body, etag=tag)
            assert changed.status_code not in (412, 428), path


def test_every_acting_route_refuses_an_unknown_field_by_name(api, world):
    forms = form_routes()
    for (method, route), (path, body) in calls(world).items():
        if method not in ("post", "patch"):
            continue
        given = {**(body or {}), "no_such_field": 1}
        response = getattr(api, method)(path, given, If_Match="*")
        if (method, route) in forms:
            problem(response, 415, "unsupported_media_type")
            response = getattr(api.client, method)(f"/api/v1/{path}", given, headers=api.headers)
        assert response.json().get("code") == "invalid", (path, response.content)
        entries = problem(response, 400, "invalid")["errors"]
        assert ("no_such_field", "unknown_field") in {(e["attr"], e["code"]) for e in entries}, path


def test_every_text_has_a_longest_length(api, world):
    for method, path, body in of(world, "post", "patch"):
        for name, value in (body or {}).items():
            if isinstance(value, str) and name not in ("text", "content"):
                response = getattr(api, method)(path, {**body, name: "x" * 20_000}, If_Match="*")
                entries = problem(response, 400, "invalid")["errors"]
                assert name in {entry["attr"] for entry in entries}, (path, name)


def test_every_act_can_be_tried_and_leaves_nothing_behind(api, world, django_assert_num_queries):
    for method, path, body in of(world, "post", "patch", "delete"):
        if method == "delete":
            first, again = (api.delete(f"{path}?dry_run=true") for _ in range(2))
        else:
            send = getattr(api, method)
            first, again = (send(f"{path}?dry_run=true", body, If_Match="*") for _ in range(2))
        assert first.status_code == again.status_code, path
        assert first["X-Dry-Run"] == "true"


def test_every_post_keeps_its_first_answer_for_its_key(api, world):
    for number, (_, path, body) in enumerate(of(world, "post")):
        key = f"key-{number}"
        first = api.post(path, body, Idempotency_Key=key)
        again = api.post(path, body, Idempotency_Key=key)
        if path == "auth/keys":
            problem(again, 409, "shown_once")
            continue
        assert (again.status_code, again.content) == (first.status_code, first.content), path
        assert again["Idempotent-Replay"] == "true"
        other = {**(body or {}), "more": 1}
        problem(api.post(path, other, Idempotency_Key=key), 409, "key_reused")


def test_a_reason_is_no_longer_than_its_place(api, world):
    for act, status in (("withdraw", "open"), ("recall", "approved")):
        Review.objects.filter(pk=world.review.pk).update(status=status)
        response = api.post(f"reviews/{world.review.pk}/{act}", {"reason": "x" * 301})
        assert problem(response, 400, "invalid")["errors"][0]["attr"] == "reason"


def test_a_release_needs_a_slot_that_is_a_time(api, world):
    draft = make_draft(["web"], slot_wall="")
    approve(draft)
    for wall in ("0", "2026-13-01T10:00", "tomorrow"):
        response = api.post("releases", {"draft_id": str(draft.pk), "slot_wall": wall})
        assert problem(response, 400, "invalid")["errors"][0]["attr"] == "slot_wall"
