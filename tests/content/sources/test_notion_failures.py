"""What the source does when Notion refuses, fails, or gives what cannot be used."""

import json
import threading
import time
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from content.sources.base import Known, Ref
from content.sources.notion import Notion
from content.sources.notion_api import Pace
from halcytone.lib.errors import Refused, Unavailable
from tests.content.sources.notion_forms import block
from tests.content.sources.notion_outside import AT_ONCE, BASE, KEY, PAGE, Outside, row


@pytest.fixture
def outside(sandbox_settings):
    return Outside(sandbox_settings)


@pytest.mark.parametrize(
    ("status", "error", "code"),
    [
        (401, Refused, "unauthorized"),
        (403, Refused, "forbidden"),
        (404, Refused, "not_found"),
        (400, Refused, "bad_request"),
        (500, Unavailable, "status_500"),
        (503, Unavailable, "status_503"),
        (409, Unavailable, "status_409"),
    ],
)
def test_each_failure_has_its_name(outside, status, error, code):
    ref = outside.page()
    outside.fault(f"status:{status}", times=None)
    with pytest.raises(error) as caught:
        outside.source().fetch(ref, Known())
    assert caught.value.code == code
    assert str(status) in str(caught.value)
    assert str(caught.value).endswith((".", "id."))
    assert KEY not in str(caught.value)


@pytest.mark.parametrize(
    ("kind", "code"),
    [("garbage", "unreadable"), ("empty", "unreadable"), ("drop_before", "source_truncated")],
)
def test_an_answer_that_cannot_be_read_is_asked_for_again(outside, kind, code):
    ref = outside.page(block("paragraph", "Words."))
    outside.fault(kind, times=2)
    assert "Words." in outside.source().fetch(ref, Known()).text.markdown
    outside.fault(kind, times=None)
    with pytest.raises(Unavailable) as caught:
        outside.source().fetch(ref, Known())
    assert caught.value.code == code


def test_a_short_wait_is_waited_and_a_long_one_is_left_to_the_caller(outside):
    ref = outside.page(block("paragraph", "Words."))
    outside.fault("rate_limit:1", match={"path": "/children"})
    before = time.monotonic()
    assert outside.source().fetch(ref, Known()) is not None
    assert time.monotonic() - before >= 1
    outside.fault("rate_limit:90", match={"path": "/children"}, times=None)
    with pytest.raises(Unavailable) as caught:
        outside.source().fetch(ref, Known())
    assert (caught.value.code, caught.value.retry_after_s) == ("rate_limited", 90)


def test_a_page_is_restored_from_the_trash_by_a_person(outside):
    ref = outside.page(in_trash=True)
    with pytest.raises(Refused, match="trash"):
        outside.source().fetch(ref, Known())


def test_questions_keep_the_pace_that_notion_asks_for(outside):
    ref = outside.page(block("paragraph", "Words."))
    before = time.monotonic()
    outside.source(pace=Pace(between_s=0.2)).fetch(ref, Known())
    calls = len(outside.asked())
    assert time.monotonic() - before >= 0.2 * (calls - 1)


def test_without_a_key_nothing_is_asked_of_notion_itself(outside, settings):
    ref = outside.page(block("paragraph", "Words."))
    assert Notion(pace=AT_ONCE).fetch(ref, Known()) is not None, "the stand-in takes any key"
    settings.OUTBOUND = "live"
    outside.forget_calls()
    with pytest.raises(Refused) as caught:
        Notion(base_url=outside.sandbox.url("sources")).fetch(ref, Known())
    assert caught.value.code == "credentials_missing"
    assert outside.asked() == []


def test_nothing_leaves_while_outbound_is_off(outside, settings):
    settings.OUTBOUND = "off"
    with pytest.raises(Unavailable) as caught:
        outside.source().fetch(Ref(PAGE), Known())
    assert caught.value.code == "outbound_off"


def test_a_database_beyond_the_limit_is_told_to_be_divided(outside):
    ref = outside.base(*(row(number) for number in range(501)))
    with pytest.raises(Refused, match="more than 500 rows") as caught:
        outside.source().fetch(ref, Known())
    assert caught.value.code == "source_truncated"


def nested(depth):
    inside = block("paragraph", "The innermost words.")
    for _ in range(depth):
        inside = block("toggle", "Open me", children=[inside])
    return inside


def test_blocks_are_read_fifty_deep_and_no_deeper(outside):
    fetched = outside.source().fetch(outside.page(nested(50)), Known())
    assert "The innermost words." in fetched.text.markdown
    with pytest.raises(Refused, match="50 deep") as caught:
        outside.source().fetch(outside.page(nested(51)), Known())
    assert caught.value.code == "source_truncated"


def test_a_synced_block_inside_its_own_original_ends(outside):
    copy = block("synced_block", synced_from={"type": "block_id", "block_id": PAGE})
    fetched = outside.source().fetch(outside.page(block("paragraph", "Words."), copy), Known())
    assert fetched.text.markdown == "# A page\n\nWords.\n"


def test_a_synced_block_whose_original_is_not_shared_is_told(outside):
    copy = block("synced_block", synced_from={"type": "block_id", "block_id": BASE})
    fetched = outside.source().fetch(outside.page(block("paragraph", "Words."), copy), Known())
    (remark,) = fetched.text.remarks
    assert (remark.code, remark.line) == ("block_left_out", 3)


def test_a_reading_ends_before_its_worker_is_stopped(outside):
    ref = outside.page(block("paragraph", "Words."))
    with pytest.raises(Refused, match="in one go") as caught:
        outside.source(pace=Pace(between_s=0.01, whole_s=0.01)).fetch(ref, Known())
    assert caught.value.code == "source_truncated"


@pytest.fixture
def odd(settings):
    """A place that answers every question with what stands in this list, the last one for ever."""
    answers = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            body = json.dumps(answers.pop(0) if len(answers) > 1 else answers[0]).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_POST(self):
            self.do_GET()

        def log_message(self, *args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    with closing(server.socket):
        settings.SANDBOX_PORTS = {"sources": server.server_address[1]}
        yield answers
        server.shutdown()
        thread.join()


DATABASE = {"object": "database", "id": BASE, "title": [], "data_sources": [{"id": BASE}]}


@pytest.mark.parametrize(
    "listed",
    [
        {"results": [], "has_more": True, "next_cursor": "again"},
        {"results": [], "has_more": True, "next_cursor": None},
        {"results": [], "has_more": False, "request_status": {"type": "incomplete"}},
        {"results": None},
        {"results": [1, 2]},
        {"results": [{"object": "page"}]},
        [],
        "words",
    ],
)
def test_a_list_without_an_end_is_no_snapshot(odd, listed):
    odd += [DATABASE, listed]
    with pytest.raises(Unavailable) as caught:
        Notion(KEY, pace=AT_ONCE).fetch(Ref(BASE), Known())
    assert caught.value.code == "source_truncated"


def test_an_answer_beyond_10_mb_is_not_read_to_its_end(odd):
    odd.append({"object": "database", "id": BASE, "title": "x" * 10_485_760})
    with pytest.raises(Refused, match="10 MB") as caught:
        Notion(KEY, pace=AT_ONCE).fetch(Ref(BASE), Known())
    assert caught.value.code == "source_truncated"
