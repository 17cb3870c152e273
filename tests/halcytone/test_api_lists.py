"""What a list is asked for, what it refuses, and what it costs."""

import base64
import json
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from drf_spectacular.generators import SchemaGenerator

from content.models import SyncJob
from segmentation.models import Contact
from tests.api import Api, problem
from tests.factories import DocumentFactory
from tests.factories.approvals import BRIEF
from tests.factories.publishing import memory_channels
from tests.factories.segmentation import make_contact, make_segment
from tests.halcytone.every_list import ADD, WHOLE, add_draft, add_sync_job

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def channels(settings, tmp_path):
    settings.HALCYTONE_HOME, settings.CHANNELS = tmp_path, memory_channels()
    settings.SANDBOX_PORTS = dict.fromkeys(settings.CHANNELS, 1)
    settings.ACCOUNT_FACTS, settings.FORMATS = "publishing.accounts.facts", BRIEF


def list_routes():
    """Return the routes whose answer the schema calls a page."""
    schema = SchemaGenerator().get_schema(request=None, public=True)
    found = set()
    for path, operations in schema["paths"].items():
        content = operations.get("get", {}).get("responses", {}).get("200", {}).get("content", {})
        answer = content.get("application/json", {}).get("schema", {}).get("$ref", "")
        if answer.rpartition("/")[2].startswith("Paginated"):
            found.add(path.removeprefix("/api/v1/"))
    return found


def test_every_list_is_measured_here():
    assert list_routes() == ADD.keys()


@pytest.mark.parametrize("route", [*ADD, *WHOLE])
def test_twenty_rows_take_the_queries_of_two(route):
    make_parent, add = (ADD | WHOLE)[route]
    parent, api = make_parent(), Api.of("admin")
    path = route.replace("{id}", str(parent and parent.pk))
    api.get(path)  # what this process remembers of permissions and content types
    costs = []
    for numbers in (range(2), range(2, 20)):
        for number in numbers:
            add(parent, number)
        with CaptureQueriesContext(connection) as queries:
            shown = api.get(path).json()["results"]
        costs.append(len(queries))
    assert len(shown) >= 20
    assert costs[0] == costs[1], [query["sql"] for query in queries]
    assert costs[0] <= 8


def test_a_list_of_drafts_takes_three_queries(django_assert_num_queries):
    """Who asks and what she may do; the drafts; their pieces."""
    add_draft(None, 0)
    api = Api.of("editor")
    api.get("drafts")
    with django_assert_num_queries(3):
        assert len(api.get("drafts").json()["results"]) == 1


class TestWrongQuestions:
    """A list says no to what it does not understand: silence would answer another question."""

    @pytest.fixture
    def api(self):
        make_segment(key="s1")
        return Api.of("marketing_manager")

    @pytest.mark.parametrize(
        ("path", "named"),
        [
            ("segments?limit=0", "limit"),
            ("segments?limit=-1", "limit"),
            ("segments?limit=ten", "limit"),
            ("segments?limit=%C2%B2", "limit"),
            ("segments?limit=", "limit"),
            ("segments?count=yes", "count"),
            ("segments?cursor=junk", "cursor"),
            ("segments?cursor=", "cursor"),
            ("segments?ordering=colour", "ordering"),
            ("segments?ordering=-", "ordering"),
            ("segments?ordering=", "ordering"),
            ("segments?ordering=name,created_by__password", "ordering"),
            ("segments?search=%00", "search"),
            (f"segments?search={'x' * 201}", "search"),
            ("segments?channel=smoke", "channel"),
            ("segments?chanel=email", "chanel"),
            ("segments?key=%00", "key"),
            ("releases?is_dry=perhaps", "is_dry"),
            ("releases?status=flown", "status"),
            ("releases?draft=1%27", "draft"),
            ("releases?draft=999999999999999999999999", "draft"),
            ("deliveries?part=one", "part"),
            ("deliveries?part=1e400", "part"),
            ("deliveries?search=x", "search"),
            ("items?head__is_weekly=2", "head__is_weekly"),
            ("sync-jobs?channel=smoke", "channel"),
        ],
    )
    def test_it_is_400_and_named(self, api, path, named):
        body = problem(api.get(path), 400, "invalid")
        assert {each["attr"] for each in body["errors"]} == {named}

    @pytest.mark.parametrize(
        "content",
        [
            b"", b"[]", b"{}", b"5", b'[true]', b'["false","1"]', b'[false,"x"]', b'[false,"1","2"]',
            b"[false,null]", b"[false,{}]", b'[false,"\\u0000"]', b"[" * 5_000, b"\xff",
        ],
    )  # fmt: skip
    def test_a_cursor_that_was_not_given_out_is_400(self, api, content):
        cursor = base64.urlsafe_b64encode(content).decode()
        problem(api.get("segments", {"cursor": cursor}), 400, "invalid")
        ordered = {"cursor": cursor, "ordering": "created_at"}
        problem(api.get("segments", ordered), 400, "invalid")

    def test_a_cursor_of_a_huge_number_finds_nothing(self, api):
        text = json.dumps([False, "9" * 30]).encode()
        page = api.get("segments", {"cursor": base64.urlsafe_b64encode(text).decode()})
        assert page.status_code == 200

    def test_switches_and_yes_or_no_are_read_in_any_case(self, api):
        assert api.get("segments", {"count": "True"}).json()["count"] == 1
        assert api.get("items", {"is_present": "True"}).status_code == 200

    def test_a_wrong_switch_does_not_act(self, api):
        body = {"key": "dry", "name": "Dry", "rule": {}}
        refused = problem(api.post("segments?dry_run=1", body), 400, "invalid")
        assert refused["errors"][0]["attr"] == "dry_run"
        assert api.post("segments?dry_run=True", body)["X-Dry-Run"] == "true"
        assert api.get("segments", {"key": "dry"}).json()["results"] == []


def test_jobs_are_found_by_the_channel_they_were_asked_for():
    add_sync_job(None, 1)
    SyncJob.objects.create(job_id="sync_2", document=DocumentFactory(), channels=["x", "linkedin"])
    api = Api.of("viewer")
    for channel, found in (("website", ["sync_1"]), ("twitter", ["sync_2"]), ("email", [])):
        rows = api.get("sync-jobs", {"channel": channel}).json()["results"]
        assert [row["job_id"] for row in rows] == found


class TestWalking:
    """`next` and `previous` meet each row once, whatever orders them."""

    @pytest.fixture
    def api(self):
        for number in range(7):
            make_contact(f"p{number}@halcytone.example")
        Contact.objects.update(changed_at=timezone.now())  # one statement, one instant
        return Api.of("marketing_manager")

    def walked(self, api, path, link="next"):
        seen = []
        while path:
            page = api.client.get(path, headers=api.headers).json()
            seen.append([row["id"] for row in page["results"]])
            path = page[link]
        return seen

    @pytest.mark.parametrize("ordering", ["changed_at", "-changed_at", "id", "-id", "-changed_at,created_at"])  # fmt: skip
    def test_rows_of_one_instant_are_walked_there_and_back(self, api, ordering):
        path = f"/api/v1/contacts?limit=2&ordering={ordering}"
        pages = self.walked(api, path)
        ids = [id for page in pages for id in page]
        assert sorted(ids, key=int) == [str(row.pk) for row in Contact.objects.order_by("pk")]
        assert [len(page) for page in pages] == [2, 2, 2, 1]
        last = path
        for _ in range(3):
            last = api.client.get(last, headers=api.headers).json()["next"]
        assert self.walked(api, last, "previous") == pages[::-1]

    def test_a_new_row_does_not_move_the_pages_behind_it(self, api):
        first = api.get("contacts", {"limit": 3}).json()
        make_contact("late@halcytone.example")
        second = api.client.get(first["next"], headers=api.headers).json()
        assert not {row["id"] for row in first["results"]} & {
            row["id"] for row in second["results"]
        }

    def test_links_keep_what_was_asked(self, api):
        link = api.get("contacts", {"limit": 2, "ordering": "id", "search": "p"}).json()["next"]
        asked = parse_qs(urlsplit(link).query)
        assert (asked["limit"], asked["ordering"], asked["search"]) == (["2"], ["id"], ["p"])

    def test_a_page_whose_rows_went_away_is_empty_and_ends(self, api):
        link = api.get("contacts", {"limit": 6, "ordering": "id"}).json()["next"]
        Contact.objects.last().delete()
        page = api.client.get(link, headers=api.headers).json()
        assert page["results"] == []
        assert page["next"] is page["previous"] is None


def test_the_fields_that_order_are_never_null():
    """A page begins beside a value; beside null there is no place."""
    for path, pattern in api_views():
        model = pattern.queryset.model if pattern.queryset is not None else None
        for name in pattern.ordering_fields if model else ():
            field = model._meta.pk if name == "id" else model._meta.get_field(name)
            assert not field.null, (path, name)


def api_views():
    from tests.halcytone.test_api import routes

    for path, pattern in routes():
        view = getattr(pattern.callback, "cls", None)
        if path.startswith("api/v1/") and hasattr(view, "ordering_fields"):
            yield path, view
