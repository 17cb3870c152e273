"""Fetching what an address names, against servers on loopback."""

import gzip
import socket
import threading
import time
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import repeat

import pytest

from halcytone.lib import fetch
from halcytone.lib.errors import Refused, Unavailable


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.asked.append(self.path)
        status, headers, body = self.server.pages.get(self.path, (404, {}, b""))
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


@pytest.fixture
def site():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.pages, server.asked = {}, []
    server.origin = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def get(site, path, **rest):
    return fetch.get(site.origin + path, trusted={site.origin}, **rest)


def refusal(call, kind=Refused):
    with pytest.raises(kind) as caught:
        call()
    assert str(caught.value).endswith(".")
    return caught.value.code


def test_a_page_comes_with_its_type_and_where_it_was(site):
    site.pages["/old"] = (302, {"Location": "/new"}, b"")
    site.pages["/new"] = (200, {"Content-Type": "Text/HTML; charset=utf-8"}, b"<p>hello</p>")
    page = get(site, "/old")
    assert (page.data, page.media_type, page.url) == (
        b"<p>hello</p>",
        "text/html",
        site.origin + "/new",
    )


@pytest.mark.parametrize(
    "address",
    ["http://example.com/", "ftp://example.com/x", "file:///etc/passwd", "https://user:pw@example.com/",
     "https:///nothing", "//example.com", "https://[::1", "data:text/plain,hello", "",
     "https://example.com:22/", "https://example.com:0/", "https://example.com:80443/",
     "https://exa\nmple.com/", "https://１２７.０.０.１/"],
)  # fmt: skip
def test_only_https_addresses_of_hosts_are_asked(address):
    assert refusal(lambda: fetch.get(address)) == "address_refused"


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "169.254.169.254", "10.0.0.8", "192.168.1.1", "172.16.0.1", "100.64.0.1", "0.0.0.0",
     "[::1]", "[::ffff:127.0.0.1]", "[fe80::1]", "[fc00::1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]",
     "[fec0::1]", "2130706433", "0x7f.1", "localhost"],
)  # fmt: skip
def test_private_addresses_are_refused_before_a_byte_is_sent(settings, host):
    settings.OUTBOUND = "live"
    assert refusal(lambda: fetch.get(f"https://{host}/latest/meta-data")) == "address_refused"


@pytest.mark.parametrize("host", ["10.0.0.8", "[::1]", "localhost", "db.internal", "printer.local"])
def test_what_is_plainly_private_is_refused_whatever_may_be_reached(host):
    assert refusal(lambda: fetch.get(f"https://{host}/")) == "address_refused"
    assert refusal(lambda: fetch.judged(f"https://{host}/")) == "address_refused"


def test_a_redirect_into_the_private_network_is_refused(site, settings):
    settings.OUTBOUND = "live"
    site.pages["/out"] = (302, {"Location": "https://169.254.169.254/latest"}, b"")
    site.pages["/plain"] = (302, {"Location": "http://127.0.0.2:1/"}, b"")
    assert refusal(lambda: get(site, "/out")) == "address_refused"
    assert refusal(lambda: get(site, "/plain")) == "address_refused"
    assert site.asked == ["/out", "/plain"]


def test_a_host_whose_name_no_resolver_takes_is_refused(settings):
    settings.OUTBOUND = "live"
    assert refusal(lambda: fetch.get(f"https://{'a' * 70}.example/")) == "address_refused"


def test_an_address_that_only_looks_trusted_is_judged(site, settings):
    settings.OUTBOUND = "live"
    port = site.server_port
    for address in (f"http://127.0.0.1:{port}@127.0.0.2/", f"http://127.0.0.1:{port}\\@127.0.0.2/",
                    f"http://127.0.0.1:{port}.example/", f"http://127.0.0.2:{port}/"):  # fmt: skip
        assert refusal(lambda: fetch.get(address, trusted={site.origin})) == "address_refused"  # noqa: B023
    assert site.asked == []


def test_the_stand_ins_are_trusted_outside_of_live_alone(site, settings):
    settings.SANDBOX_PORTS = {"sources": site.server_port}
    site.pages["/page"] = (200, {}, b"hello")
    assert fetch.get(site.origin + "/page").data == b"hello"
    settings.OUTBOUND = "live"
    assert refusal(lambda: fetch.get(site.origin + "/page")) == "address_refused"


def test_in_the_sandbox_no_other_host_is_reached():
    with pytest.raises(Unavailable) as caught:
        fetch.get("https://93.184.216.34/")
    assert caught.value.code == "outbound_closed"


def test_endless_redirects_end(site):
    site.pages["/a"] = (301, {"Location": "/a"}, b"")
    assert refusal(lambda: get(site, "/a")) == "too_many_redirects"
    assert len(site.asked) == fetch.MAX_REDIRECTS + 1


def test_the_limit_of_bytes_itself_is_allowed_and_one_more_is_not(site):
    site.pages["/fits"] = (200, {}, b"x" * 1_000)
    site.pages["/over"] = (200, {}, b"x" * 1_001)
    assert len(get(site, "/fits", max_bytes=1_000).data) == 1_000
    assert refusal(lambda: get(site, "/over", max_bytes=1_000)) == "too_large"


def test_half_an_answer_is_no_answer(site):
    site.pages["/half"] = (200, {"Content-Length": "5000"}, b"x" * 100)
    assert refusal(lambda: get(site, "/half"), Unavailable) == "source_truncated"


def test_an_unchanged_page_is_told_so(site):
    site.pages["/same"] = (304, {}, b"")
    assert get(site, "/same", headers={"If-None-Match": '"1"'}).status == 304


@pytest.mark.parametrize(
    ("status", "kind", "code"),
    [(404, Refused, "not_found"), (410, Refused, "not_found"), (403, Refused, "not_shown"),
     (401, Refused, "not_shown"), (400, Refused, "no_page"), (429, Unavailable, "rate_limited"),
     (500, Unavailable, "status_500"), (503, Unavailable, "unavailable")],
)  # fmt: skip
def test_what_a_host_says_is_told(site, status, kind, code):
    site.pages["/x"] = (status, {"Retry-After": "7"}, b"<h1>internal</h1>")
    with pytest.raises(kind) as caught:
        get(site, "/x")
    assert caught.value.code == code
    assert status not in (429, 503) or caught.value.retry_after_s == 7


def test_a_host_that_does_not_answer_is_unavailable():
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        origin = f"http://127.0.0.1:{server.server_port}"
    assert refusal(lambda: fetch.get(origin + "/", trusted={origin}), Unavailable) == "unreachable"


def test_a_packed_answer_is_unpacked(site):
    text = b"words and words " * 20_000
    halves = gzip.compress(text[:1_000]) + gzip.compress(text[1_000:])
    site.pages["/packed"] = (200, {"Content-Encoding": "gzip"}, halves)
    assert get(site, "/packed").data == text


def test_a_small_answer_that_unpacks_into_a_huge_one_is_refused_on_the_way(site):
    bomb = gzip.compress(b"\0" * 60_000_000)
    assert len(bomb) < 65_536
    site.pages["/bomb"] = (200, {"Content-Encoding": "gzip"}, bomb)
    assert refusal(lambda: get(site, "/bomb", max_bytes=1_000_000)) == "too_large"


def test_a_packed_answer_that_ends_early_or_is_no_gzip_is_no_answer(site):
    whole = gzip.compress(b"words " * 50_000)
    for body in (whole[:-20], b"no gzip at all"):
        site.pages["/cut"] = (200, {"Content-Encoding": "gzip"}, body)
        assert refusal(lambda: get(site, "/cut"), Unavailable) == "source_truncated"
    site.pages["/other"] = (200, {"Content-Encoding": "br"}, b"x")
    assert refusal(lambda: get(site, "/other")) == "no_page"


@contextmanager
def talking(script):
    """A server that says what it wants to one guest, without regard to HTTP."""

    def serve():
        guest, _ = listener.accept()
        with closing(guest):
            guest.recv(65_536)
            try:
                for part in script():
                    guest.sendall(part)
            except OSError:  # the guest has gone
                pass

    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        thread = threading.Thread(target=serve)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        thread.join(10)


def dripping(start):
    def script():
        yield start
        for _ in range(40):
            time.sleep(0.05)
            yield b"x"

    return script


@pytest.mark.parametrize(
    "start",
    [b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n", b"HTTP/1.1 200 OK\r\nX-Slow: ", b"HT"],
    ids=["the body", "a header", "the first line"],
)
def test_an_answer_that_drips_ends_with_its_time(start):
    with talking(dripping(start)) as origin:
        began = time.monotonic()
        call = lambda: fetch.get(origin, trusted={origin}, within_s=0.4)  # noqa: E731
        assert refusal(call, Unavailable) == "timeout"
        assert time.monotonic() - began < 1.5


@pytest.mark.parametrize(
    "flood",
    [[b"HTTP/1.1 200 OK\r\n", *[b"X-Flood: " + b"x" * 1_000 + b"\r\n"] * 5_000],
     [b"HTTP/1.1 200 OK\r\nX-Long: ", *[b"x" * 100_000] * 20]],
    ids=["many headers", "one long header"],
)  # fmt: skip
def test_a_flood_of_headers_is_cut_off(flood):
    with talking(lambda: flood) as origin:
        call = lambda: fetch.get(origin, trusted={origin}, within_s=5)  # noqa: E731
        assert refusal(call, Unavailable) == "source_truncated"


def test_endless_news_before_the_answer_end_with_its_time():
    with talking(lambda: repeat(b"HTTP/1.1 103 Early Hints\r\n\r\n")) as origin:
        call = lambda: fetch.get(origin, trusted={origin}, within_s=0.5)  # noqa: E731
        assert refusal(call, Unavailable) == "timeout"
