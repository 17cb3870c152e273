"""In `off` and `sandbox` no other host can be reached, whatever asks."""

import smtplib
import socket

import httpx
import pytest

from halcytone.lib import http, mail, outbound
from halcytone.lib.errors import Unavailable

ELSEWHERE = [
    "93.184.216.34",
    "10.0.0.8",
    "169.254.169.254",
    "halcytone.example",
    "::ffff:10.0.0.8",
    "0.0.0.0",
]


@pytest.fixture
def no_lookup(monkeypatch):
    """Count what is looked up and connected to; both are the operating system's, not ours."""
    asked = []
    real = socket.getaddrinfo
    monkeypatch.setattr(
        socket, "getaddrinfo", lambda host, *a, **k: asked.append(host) or real(host, *a, **k)
    )
    return asked


def test_live_uses_the_accounts_own_endpoint(settings):
    settings.OUTBOUND = "live"
    assert outbound.endpoint("x", "https://api.x.com") == "https://api.x.com"


@pytest.mark.parametrize(
    ("channel", "url"),
    [
        ("smtp", "smtp://127.0.0.1:9025"),
        ("platform", "http://127.0.0.1:9002"),
        ("x", "http://127.0.0.1:9003"),
    ],
)
def test_the_sandbox_sends_every_account_to_its_stand_in(settings, channel, url):
    settings.OUTBOUND = "sandbox"
    settings.SANDBOX_PORTS = {"smtp": 9025, "platform": 9002, "x": 9003}
    assert outbound.endpoint(channel, "https://live.halcytone.example") == url


def test_a_channel_without_stand_in_does_not_leave_in_the_sandbox(settings):
    settings.OUTBOUND = "sandbox"
    with pytest.raises(Unavailable) as caught:
        outbound.endpoint("fax", "https://live.halcytone.example")
    assert caught.value.code == "no_stand_in"


def test_off_has_no_endpoint(settings):
    settings.OUTBOUND = "off"
    with pytest.raises(Unavailable) as caught:
        outbound.endpoint("x", "https://api.x.com")
    assert caught.value.code == "outbound_off"


@pytest.mark.parametrize("mode", ["off", "sandbox"])
@pytest.mark.parametrize("host", ELSEWHERE)
def test_http_cannot_reach_another_host(settings, no_lookup, mode, host):
    settings.OUTBOUND = mode
    bracketed = f"[{host}]" if ":" in host else host
    client = http.Client("Somewhere", f"https://{bracketed}", headers={}, pause_s=0)
    with client, pytest.raises(Unavailable) as caught:
        client.post("/", {})
    assert caught.value.code == "outbound_closed"
    assert no_lookup == []


@pytest.mark.parametrize("mode", ["off", "sandbox"])
@pytest.mark.parametrize("security", ["smtp", "smtp+starttls", "smtps"])
@pytest.mark.parametrize("host", ELSEWHERE)
def test_smtp_cannot_reach_another_host(settings, no_lookup, mode, security, host):
    settings.OUTBOUND = mode
    line = mail.Line(mail.Server(security, host, 25, "halcytone.example"))
    with pytest.raises(Unavailable) as caught:
        line.send("a@halcytone.example", "b@halcytone.example", b"x")
    assert caught.value.code == "outbound_closed"
    assert no_lookup == []


def test_a_name_that_resolves_to_another_host_is_refused_after_its_lookup(settings, monkeypatch):
    settings.OUTBOUND = "sandbox"
    answer = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("93.184.216.34", 80))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *a, **k: answer)
    with pytest.raises(Unavailable):
        outbound.addresses("localhost", 80)


def test_a_proxy_of_the_environment_is_not_used(settings, monkeypatch):
    settings.OUTBOUND = "sandbox"
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    client = http.Client("Somewhere", "https://halcytone.example", headers={})
    with client, pytest.raises(Unavailable) as caught:
        client.post("/", {})
    assert caught.value.code == "outbound_closed"


@pytest.mark.parametrize(
    ("address", "is_here"),
    [
        ("127.0.0.1", True),
        ("127.8.9.1", True),
        ("::1", True),
        ("::ffff:127.0.0.1", True),
        ("::ffff:8.8.8.8", False),
        ("128.0.0.1", False),
        ("localhost", False),
        ("", False),
    ],
)
def test_loopback_is_told_from_everything_else(address, is_here):
    assert outbound.is_loopback(address) is is_here


def test_the_transport_really_takes_its_connections_from_the_guard():
    """httpx has no public argument for the backend; this fails when its pool moves."""
    transport = http.Transport()
    assert isinstance(transport, httpx.HTTPTransport)
    assert isinstance(transport._pool._network_backend, http.Backend)
    assert issubclass(mail._TlsSmtp, smtplib.SMTP)
