"""How much may be asked for in a minute: counted together, said in every answer, refused with the way on."""

import os
import subprocess
import sys
import threading
import time

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import Client
from prometheus_client import REGISTRY

from halcytone import configuration
from halcytone.access.groups import GROUPS
from halcytone.lib.api import limits
from publishing.api import Releases
from tests.api import Api, problem
from tests.conftest import REDIS
from tests.factories import PersonFactory
from tests.factories.segmentation import make_segment

pytestmark = pytest.mark.django_db
RULE = {"all": []}


def left(response):
    return {
        name.lower(): int(response[f"X-RateLimit-{name}"])
        for name in ("Limit", "Remaining", "Reset")
    }


def set_limits(settings, **changes):
    settings.API_LIMITS = settings.API_LIMITS | changes


def test_each_read_takes_one_of_the_minute():
    api = Api.of("viewer")
    first, second = left(api.get("me")), left(api.get("drafts"))
    assert (first["limit"], first["remaining"], second["remaining"]) == (50, 49, 48)
    assert 0 < first["reset"] - time.time() <= 61
    assert second["reset"] == first["reset"]


def test_every_answer_says_what_is_left(settings):
    editor, stranger = Api.of("editor"), Api(None)
    spoilt = stranger.get("me", X_API_Key="hk_00000000.junk")
    huge = Client().post("/api/v1/segments", "{}", "application/json", CONTENT_LENGTH="99999999")
    for status, response in (
        (200, editor.get("me")),
        (201, editor.post("segments", {"key": "a", "name": "A", "rule": RULE})),
        (400, editor.post("segments", {})),
        (401, stranger.get("me")),
        (401, spoilt),
        (403, Api.of("viewer").get("contacts")),
        (404, editor.get("nothing")),
        (405, editor.delete("me")),
        (413, huge),
        (415, editor.post("segments", "<a/>", content_type="text/xml")),
        (428, editor.patch(f"segments/{make_segment().pk}", {})),
        (200, Client().get("/api/schema")),
    ):
        assert response.status_code == status
        assert left(response)["limit"] > 0


def test_beyond_the_limit_the_answer_is_429_with_the_way_on(settings):
    set_limits(settings, viewer=2)
    api = Api.of("viewer")
    before = REGISTRY.get_sample_value("throttled_total", {"scope": "read"}) or 0
    assert [api.get("me").status_code for _ in range(2)] == [200, 200]
    refused = api.get("me")
    body = problem(refused, 429, "throttled")
    assert 1 <= body["retry_after"] <= 61
    assert refused["Retry-After"] == str(body["retry_after"])
    assert left(refused)["remaining"] == 0
    assert "More than 2" in body["detail"]
    assert "API_LIMITS" in body["detail"]
    assert REGISTRY.get_sample_value("throttled_total", {"scope": "read"}) == before + 1


def test_a_person_is_counted_whatever_key_she_uses(settings):
    set_limits(settings, viewer=1)
    person = PersonFactory(group="viewer")
    assert Api(person).get("me").status_code == 200
    problem(Api(person).get("me"), 429, "throttled")
    assert Api.of("viewer").get("me").status_code == 200


def test_writes_and_reads_have_minutes_of_their_own(settings):
    set_limits(settings, write=1)
    api = Api.of("editor")
    body = {"key": "a", "name": "A", "rule": RULE}
    assert api.post("segments?dry_run=true", body).status_code == 201
    problem(api.post("segments", body), 429, "throttled")
    assert api.get("segments").json()["results"] == []


@pytest.mark.parametrize("group", GROUPS)
def test_reads_are_limited_by_group(group, settings):
    expected = {"admin": 6000, "marketing_manager": 1000, "senior_editor": 500, "editor": 500}
    fewer = {"contributor": 50, "viewer": 50}
    assert left(Api.of(group).get("me"))["limit"] == (expected | fewer).get(group, 100)


def test_the_most_generous_group_counts_and_no_group_is_the_least(settings):
    person = PersonFactory(group="viewer")
    assert limits.allowance(PersonFactory(), "read") == ("read", 50)
    assert limits.allowance(person, "read") == ("read", 50)
    PersonFactory(group="editor").groups.first().user_set.add(person)
    assert limits.allowance(person, "read") == ("read", 500)
    assert limits.allowance(person, "publish") == ("publish", 30)
    assert limits.allowance(PersonFactory(is_superuser=True), "publish") == ("global", 6000)


def test_publishing_and_generating_have_limits_of_their_own():
    api = Api.of("editor")
    assert left(api.post("releases", {}))["limit"] == 30
    assert left(api.post("drafts/assemble", {}))["limit"] == 20
    assert left(api.post("releases/1/hold", {}))["limit"] == 60


def test_a_session_is_counted_like_a_key(settings):
    set_limits(settings, viewer=1)
    client = Client()
    client.force_login(PersonFactory(group="viewer"))
    assert client.get("/api/v1/me").status_code == 200
    problem(client.get("/api/v1/me"), 429, "throttled")


def test_strangers_read_the_schema_a_limited_number_of_times(settings):
    set_limits(settings, public=1)
    assert Client().get("/api/schema").status_code == 200
    problem(Client().get("/api/schema"), 429, "throttled")
    problem(Client().get("/api/v1/me"), 401, "not_authenticated")


def test_an_address_is_what_the_trusted_proxy_says(settings, rf):
    request = rf.get("/", headers={"X-Forwarded-For": "10.9.9.9, 192.0.2.7"})
    assert limits.address(request) == "127.0.0.1"
    settings.REST_FRAMEWORK = settings.REST_FRAMEWORK | {"NUM_PROXIES": 1}
    assert limits.address(request) == "192.0.2.7"


class TestWithoutRedis:
    """Reads go on with a tenth of the limit; publishing waits."""

    @pytest.fixture(autouse=True)
    def away(self, settings):
        settings.LIMITS_URL = "redis://127.0.0.1:1/0"

    def test_reads_go_on_with_a_tenth(self):
        api = Api.of("viewer")
        found = [api.get("me") for _ in range(6)]
        assert [response.status_code for response in found] == [200] * 5 + [429]
        assert left(found[0])["limit"] == 5

    def test_publishing_waits_and_stopping_does_not(self):
        api = Api.of("editor")
        response = api.post("releases", {"draft_id": "1"})
        assert problem(response, 503, "limits_away")["retry_after"] == limits.AWAY_S
        assert left(response)["remaining"] == 0
        problem(api.post("releases/1/hold", {"reason": "Because"}), 404, "not_found")

    def test_strangers_are_still_told_what_is_left(self):
        assert left(Api(None).get("me"))["limit"] == 3

    def test_redis_is_asked_again_after_a_while(self):
        counters = limits.counters("redis://127.0.0.1:1/0")
        assert counters.count("read", "1", 50).limit == 5
        assert counters.away_until > time.monotonic()
        counters.shared, counters.away_until = limits.Own(), time.monotonic()
        assert counters.count("read", "1", 50).limit == 50


class TestOwnCounters:
    def test_threads_that_count_at_once_are_all_counted(self):
        own, numbers = limits.Own(), []

        def count():
            numbers.extend(own.incr("read:1", 60) for _ in range(200))

        threads = [threading.Thread(target=count) for _ in range(16)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(numbers) == [*range(1, 3201)]

    def test_a_minute_ends_and_what_is_old_is_swept_out(self):
        own = limits.Own(many=1)
        assert (own.incr("a", 0), own.incr("a", 0), own.get("a")) == (1, 1, 0)
        own.incr("b", 60)
        own.incr("c", 60)
        assert own.rows.keys() == {"b", "c"}


@pytest.mark.parametrize("changes", [{"viewers": "1"}, {"viewer": "many"}, {"global": "0"}, {"write": "-1"}])  # fmt: skip
def test_a_limit_that_makes_no_sense_stops_start_up(changes):
    with pytest.raises(ImproperlyConfigured, match="API_LIMITS"):
        configuration.limits(changes)


def test_a_limit_can_be_changed_by_the_environment():
    assert configuration.limits({"viewer": "70"})["viewer"] == 70
    assert configuration.limits({}).keys() >= GROUPS.keys()


def test_what_must_never_wait_does_not_count_as_publishing():
    assert not {"hold", "cancel"} & Releases.kinds.keys()


CALLS = """
import django, multiprocessing
django.setup()
from django.db import connection
from tests.api import Api

api = Api.of("viewer")
connection.close()
connection.close_pool()

def ask(number):
    return [api.get("no-such-thing").status_code for _ in range(50)]

with multiprocessing.get_context("fork").Pool(16) as pool:
    codes = [code for each in pool.map(ask, range(16), chunksize=1) for code in each]
print(len(codes), codes.count(404), codes.count(429))
"""


@pytest.mark.redis
@pytest.mark.postgres
@pytest.mark.slow
def test_of_sixteen_processes_with_fifty_calls_each_exactly_fifty_pass(postgres_url):
    import redis

    redis.Redis.from_url(REDIS).flushdb()
    environment = os.environ | {
        "DATABASE_URL": postgres_url,
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "REDIS_URL": REDIS,
    }

    def run(*command):
        done = subprocess.run(
            [sys.executable, *command], env=environment, capture_output=True, text=True, check=True
        )
        return done.stdout

    run("manage.py", "migrate", "--verbosity=0")
    assert run("-c", CALLS).splitlines()[-1] == "800 50 750"
