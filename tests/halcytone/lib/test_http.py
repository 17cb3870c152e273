"""What each answer of the outside means."""

import gzip
import socket
import threading
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import httpx
import pytest

from halcytone.lib import http
from halcytone.lib.errors import Refused, Unavailable, Unclear

NOW = datetime(2026, 12, 1, 15, tzinfo=UTC)
SECRET = "a-secret-in-a-header"


def client(answer, **options):
    return http.Client(
        "The place",
        "https://place.example",
        headers={"X-API-Key": SECRET},
        transport=httpx.MockTransport(answer if callable(answer) else lambda request: answer),
        pause_s=0,
        **options,
    )


def outcome(answer, verb="post", **options):
    """Return the answer, or the error, whose text gives nothing away."""
    body = [] if verb == "get" else [{"body": 1}]
    found = None
    with client(answer, **options) as asked:
        try:
            found = getattr(asked, verb)("/secret-path", *body)
        except (Refused, Unavailable, Unclear) as error:
            found = error
    for word in ("secret", "place.example", "body"):
        assert word not in str(found) or not isinstance(found, Exception)
    return found


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (400, "bad_request"),
        (401, "unauthorized"),
        (403, "forbidden"),
        (404, "not_found"),
        (405, "refused"),
        (409, "conflict"),
        (413, "too_large"),
        (422, "unprocessable"),
        (426, "version_retired"),
        (307, "redirected"),
        (308, "redirected"),
    ],
)
@pytest.mark.parametrize("verb", ["post", "patch", "get"])
def test_a_refusal_names_its_kind(status, code, verb):
    error = outcome(httpx.Response(status, json={}), verb)
    assert isinstance(error, Refused)
    assert error.code == code


@pytest.mark.parametrize("status", [408, 500, 501, 502, 503, 504, 520, 302, 303])
def test_an_answer_that_may_hide_a_success_is_unclear_after_a_post(status):
    assert isinstance(outcome(httpx.Response(status, json={})), Unclear)


@pytest.mark.parametrize(
    ("status", "headers", "wait_s"),
    [
        (429, {}, None),
        (429, {"Retry-After": "7"}, 7),
        (429, {"Retry-After": "99999999"}, 86_400),
        (429, {"Retry-After": "soon"}, None),
        (503, {"Retry-After": "30"}, 30),
        (503, {"Retry-After": "0"}, 0),
    ],
)
def test_a_place_that_asks_to_wait_is_unavailable(status, headers, wait_s):
    error = outcome(httpx.Response(status, headers=headers, json={}))
    assert isinstance(error, Unavailable)
    assert error.retry_after_s == wait_s


@pytest.mark.parametrize(
    ("headers", "wait_s"),
    [
        ({"retry-after": format_datetime(NOW + timedelta(seconds=90), usegmt=True)}, 90),
        ({"retry-after": format_datetime(NOW - timedelta(seconds=90), usegmt=True)}, 0),
        ({"x-rate-limit-reset": str(int(NOW.timestamp()) + 60)}, 60),
        ({"retry-after": "5", "x-rate-limit-reset": str(int(NOW.timestamp()) + 60)}, 5),
        ({"x-rate-limit-reset": "9" * 30}, None),
        ({}, None),
    ],
)
def test_the_wait_is_read_from_seconds_dates_and_resets(headers, wait_s):
    assert http.retry_after_s(headers, NOW) == wait_s


@pytest.mark.parametrize("body", [b"", b"<html>", b'{"id": 1', b"\xff\xfe"])
def test_an_unreadable_2xx_after_a_post_is_unclear(body):
    assert isinstance(outcome(httpx.Response(201, content=body)), Unclear)


def test_an_answer_over_the_cap_is_unreadable_even_when_compressed():
    huge = gzip.compress(b'"' + b"a" * (http.MAX_ANSWER_BYTES + 10) + b'"')
    answer = httpx.Response(200, content=huge, headers={"Content-Encoding": "gzip"})
    assert isinstance(outcome(answer), Unclear)


@pytest.mark.parametrize(
    ("raised", "kind"),
    [
        (httpx.ConnectError("x"), Unavailable),
        (httpx.ConnectTimeout("x"), Unavailable),
        (httpx.PoolTimeout("x"), Unavailable),
        (httpx.ReadTimeout("x"), Unclear),
        (httpx.WriteTimeout("x"), Unclear),
        (httpx.ReadError("x"), Unclear),
        (httpx.WriteError("x"), Unclear),
        (httpx.RemoteProtocolError("x"), Unclear),
        (httpx.DecodingError("x"), Unclear),
    ],
)
def test_a_lost_line_is_judged_by_whether_the_request_could_have_arrived(raised, kind):
    def fail(request):
        raise raised

    assert isinstance(outcome(fail), kind)


def test_a_post_is_asked_once_and_carries_its_id():
    seen = []

    def answer(request):
        seen.append(request)
        return httpx.Response(500, json={})

    with client(answer) as asked, pytest.raises(Unclear):
        asked.post("/a", {"ü": 1}, request_id="k" * 32)
    assert len(seen) == 1
    assert seen[0].headers["X-Request-ID"] == "k" * 32
    assert seen[0].content == '{"ü":1}'.encode()


@pytest.mark.parametrize("answers", [[500, 200], [503, 502, 200]])
def test_a_get_is_asked_again(answers):
    left = list(answers)
    found = outcome(lambda request: httpx.Response(left.pop(0), json={"ok": True}), "get")
    assert found.data == {"ok": True}


def test_a_get_gives_up_after_a_few_attempts_as_unavailable():
    seen = []
    found = outcome(lambda request: seen.append(1) or httpx.Response(500, json={}), "get")
    assert isinstance(found, Unavailable)
    assert len(seen) == http.ATTEMPTS


def test_a_get_that_is_told_to_wait_waits():
    seen = []

    def limited(request):
        seen.append(1)
        return httpx.Response(429, headers={"Retry-After": "9"}, json={})

    assert outcome(limited, "get").retry_after_s == 9
    assert len(seen) == 1


def test_the_places_own_word_for_a_refusal_wins():
    error = outcome(httpx.Response(403, json={}), code=lambda answer: "duplicate")
    assert (type(error), error.code) == (Refused, "duplicate")


@pytest.mark.parametrize("base_url", ["ftp://place.example", "", "nonsense"])
def test_an_account_without_a_usable_endpoint_is_refused(base_url):
    with http.Client("The place", base_url, headers={}) as asked, pytest.raises(Refused) as caught:
        asked.post("/", {})
    assert caught.value.code == "bad_endpoint"


@pytest.fixture
def tls_less_port():
    """A server that takes connections and speaks no TLS."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve():
        while True:
            try:
                peer, _ = listener.accept()
            except OSError:
                return
            with peer, suppress(OSError):
                peer.recv(1000)
                peer.sendall(b"HTTP/1.1 400 no TLS here\r\n\r\n")

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield listener.getsockname()[1]
    listener.close()


@pytest.mark.parametrize("is_open", [True, False])
def test_failed_tls_and_a_closed_port_are_unavailable(settings, tls_less_port, is_open):
    settings.OUTBOUND = "sandbox"
    port = tls_less_port if is_open else 1
    asked = http.Client("The place", f"https://127.0.0.1:{port}", headers={})
    with asked, pytest.raises(Unavailable) as caught:
        asked.post("/", {})
    assert caught.value.code == "unreachable"
