import time

import httpx
import pytest

from halcytone.sandbox.faults import Kind
from halcytone.sandbox.running import run


@pytest.fixture
def api(sandbox):
    with httpx.Client(base_url=sandbox.url("x"), timeout=10) as client:
        yield client


def post(api, text, **headers):
    return api.post("/2/tweets", json={"text": text}, headers=headers)


def test_a_fault_strikes_its_calls_so_many_times_and_is_gone(api, sandbox):
    sandbox.fault("x", "status:503", match={"method": "POST", "path": "/2/tweets"}, times=2)
    assert [post(api, "one").status_code for _ in range(3)] == [503, 503, 201]
    assert sandbox.ask("x", "GET", "/_sandbox/faults") == {"faults": []}


def test_a_fault_can_wait_for_the_nth_call_and_for_words_in_the_body(api, sandbox):
    sandbox.fault("x", "status:500", match={"body": "part", "nth": 2})
    texts = ["part 1", "other", "part 2", "part 3"]
    assert [post(api, text).status_code for text in texts] == [201, 201, 500, 201]


def test_a_header_asks_for_one_fault(api):
    assert post(api, "one", **{"X-Sandbox-Fault": "status:418"}).status_code == 418
    assert post(api, "one", **{"X-Sandbox-Fault": "nonsense"}).status_code == 400
    assert post(api, "one").status_code == 201


def test_a_rate_limit_says_when_to_come_back(api, sandbox):
    sandbox.fault("x", "rate_limit:7")
    answer = post(api, "one")
    assert answer.status_code == 429
    assert answer.headers["retry-after"] == "7"
    assert abs(int(answer.headers["x-rate-limit-reset"]) - time.time() - 7) < 3


@pytest.mark.parametrize(
    ("kind", "kept"), [("drop_before", 0), ("accept_then_drop", 1), ("truncate", 1)]
)
def test_a_cut_connection_gives_no_answer(api, sandbox, kind, kept):
    sandbox.fault("x", kind)
    with pytest.raises(httpx.RemoteProtocolError):
        post(api, "one")
    assert len(sandbox.posts()) == kept
    entry = sandbox.requests("x", method="POST")[-1]
    assert (entry["fault"], entry["taken"]) == (kind, bool(kept))


def test_after_accept_then_drop_the_same_request_id_gets_the_answer_that_was_lost(api, sandbox):
    sandbox.fault("x", "accept_then_drop")
    with pytest.raises(httpx.RemoteProtocolError):
        post(api, "one", **{"X-Request-ID": "k"})
    assert post(api, "one", **{"X-Request-ID": "k"}).status_code == 201
    assert len(sandbox.posts()) == 1


def test_garbage_and_an_empty_body_come_with_a_good_status(api, sandbox):
    sandbox.fault("x", "garbage")
    sandbox.fault("x", "empty", match={"nth": 2})
    first, second = post(api, "one"), post(api, "two")
    assert (first.status_code, second.status_code) == (201, 201)
    with pytest.raises(ValueError, match=r"decode|Expecting"):
        first.json()
    assert second.content == b""
    assert len(sandbox.posts()) == 2


def test_a_slow_answer_is_late_and_its_effect_is_not(api, sandbox):
    sandbox.fault("x", "slow:2000")
    with pytest.raises(httpx.ReadTimeout):
        api.post("/2/tweets", json={"text": "one"}, timeout=0.3)
    assert len(sandbox.posts()) == 1


def test_duplicate_and_expired_token_speak_the_dialect_of_the_server(sandbox, api):
    sandbox.fault("x", "duplicate")
    assert "duplicate content" in post(api, "one").json()["detail"]
    sandbox.fault("x", "expired_token")
    assert "invalid_token" in post(api, "one").headers["www-authenticate"]
    sandbox.fault("platform", "duplicate")
    answer = httpx.get(sandbox.url("platform") + "/api/v1/content")
    assert answer.status_code == 409


@pytest.mark.parametrize(
    "order",
    [
        {"kind": "explode"},
        {"kind": "slow"},
        {"kind": "status:999"},
        {"kind": "garbage:1"},
        {"kind": "empty", "times": 0},
        {"kind": "empty", "match": {"header": "x"}},
        ["empty"],
    ],
)
def test_an_order_that_cannot_be_read_is_refused_with_the_reason(sandbox, order):
    answer = httpx.post(sandbox.url("x") + "/_sandbox/faults", json=order)
    assert answer.status_code == 400
    assert answer.json()["error"]


def test_faults_can_be_listed_and_cleared(sandbox):
    sandbox.fault("x", "slow:1", match={"path": "/2/*"}, times=None)
    (order,) = sandbox.ask("x", "GET", "/_sandbox/faults")["faults"]
    assert (order["kind"], order["times"]) == ("slow:1", None)
    assert sandbox.ask("x", "DELETE", "/_sandbox/faults") == {"deleted": 1}


def test_the_journal_is_filtered_counted_and_keeps_keys_veiled(api, sandbox):
    post(api, "one", Authorization="Bearer very-secret-token")
    since = sandbox.requests("x")[-1]["id"]
    post(api, "two")
    found = sandbox.requests("x", since=since, path="tweets", method="post")
    assert [entry["json"]["text"] for entry in found] == ["two"]
    assert sandbox.ask("x", "GET", "/_sandbox/requests?count=1") == {"total": 2}
    assert "secret" not in str(sandbox.requests("x")[0]["headers"])


def test_an_error_rate_fails_the_same_calls_in_every_run():
    def run_once():
        with (
            run(ports={"x": 0}, error_rate=0.5) as half,
            httpx.Client(base_url=half.url("x")) as api,
        ):
            return [post(api, f"number {number}").status_code for number in range(20)]

    first = run_once()
    assert first == run_once()
    assert {201, 500} == set(first)


def test_a_delay_holds_every_answer_back():
    with run(ports={"x": 0}, delay_ms=150) as late:
        started = time.monotonic()
        httpx.get(late.url("x") + "/2/users/me")
        assert time.monotonic() - started >= 0.15


def test_only_what_is_spoilt_after_being_taken_keeps_the_call():
    assert Kind.parse("accept_then_drop").takes
    assert not Kind.parse("drop_before").takes
