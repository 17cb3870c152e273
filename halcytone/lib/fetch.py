"""Getting a page or a picture that somebody else's address names, without being led astray.

https alone, public addresses alone, judged after the name was looked up and at every redirect; the
connection goes to the address that was judged. Limits on redirects, bytes and time: of what is unpacked
as much as of what comes, and however slowly it comes. In `sandbox` and `off` the outbound guard holds
here too.
"""

import ipaddress
import re
import ssl
import time
import zlib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import httpcore
import httpx

from halcytone.lib import http, outbound
from halcytone.lib.errors import Refused, Unavailable

MAX_REDIRECTS = 5
MAX_BYTES = 10_485_760
TIMEOUT = httpx.Timeout(30, connect=5)
WHOLE_ANSWER_S = 60.0  # with all its redirects; time-outs alone count between two bytes
MAX_ADDRESSES = 3  # of a host that are tried
AGENT = "Halcytone (reads documents for its editors)"
_HOST = re.compile(r"[\w.-]+|[0-9a-fA-F:.]+")
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
#: Networks inside which an IPv4 address of somebody else's choice is wrapped.
_WRAPPERS = tuple(
    map(ipaddress.ip_network, ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32"))
)


@dataclass(frozen=True, slots=True)
class Page:
    """A complete answer: 200 with its bytes, or 304 without. `url` is where the redirects led."""

    status: int
    headers: Mapping[str, str]
    data: bytes
    url: str

    @property
    def media_type(self) -> str:
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()


def get(
    url: str,
    *,
    headers: Mapping[str, str] | None = None,
    trusted: Collection[str] = (),
    max_bytes: int = MAX_BYTES,
    within_s: float = WHOLE_ANSWER_S,
) -> Page:
    """Return what this address holds.

    `trusted` are origins (`https://wiki.example`) that may be plain http and lie anywhere, as the stand-ins
    may outside of live. Raises Refused (`address_refused`, `too_large`, the codes of an answer) or
    Unavailable (`unreachable`, `timeout`, `source_truncated`, `rate_limited` …).
    """
    address, end = _parsed(url), time.monotonic() + within_s
    for _ in range(MAX_REDIRECTS + 1):
        transport = http.Transport(_Backend(end, is_free=_judge(address, trusted)))
        answer = _ask(address, headers or {}, transport, max_bytes)
        target = answer.headers.get("location", "")
        if answer.status not in _REDIRECTS or not target:
            return _judged(answer)
        address = _parsed(target, address)
    raise Refused(
        f"The address leads on more than {MAX_REDIRECTS} times.", code="too_many_redirects"
    )


def judged(url: str, trusted: Collection[str] = ()) -> str:
    """Return an address as it would be asked for. Raises Refused (`address_refused`); asks nobody."""
    address = _parsed(url)
    _judge(address, trusted)
    return str(address)


def transport(url: str, *, within_s: float, trusted: Collection[str] = ()) -> http.Transport:
    """Return a transport to an address of somebody else's choice: as judged as `get`, and as short of time.

    `within_s` counts from now. Raises Refused (`address_refused`), here or when it connects.
    """
    is_free = _judge(_parsed(url), trusted)
    return http.Transport(_Backend(time.monotonic() + within_s, is_free=is_free))


def _parsed(url: str, base: httpx.URL | None = None) -> httpx.URL:
    """Read an address the way it will be asked; what is judged must be what is reached."""
    try:
        return (base.join(url) if base else httpx.URL(url)).copy_with(fragment=None)
    except (httpx.InvalidURL, ValueError, TypeError) as error:
        raise _no_address() from error


def _judge(address: httpx.URL, trusted: Collection[str]) -> bool:
    """Return whether the origin is trusted; raise Refused when it may not be asked."""
    if address.userinfo or not _HOST.fullmatch(address.host) or not _is_port(address.port):
        said = "An address needs a host and a port that exists, and may carry no user name."
        raise Refused(said, code="address_refused")
    if f"{address.scheme}://{address.netloc.decode('ascii')}" in outbound.stand_ins().union(
        trusted
    ):
        return True
    if address.scheme != "https":
        raise Refused("Only https addresses are read.", code="address_refused")
    if address.port is not None and address.port < 1024:  # None is 443
        raise Refused("Pages are read at port 443, or at one above 1023.", code="address_refused")
    if _is_here(address.host):
        raise _private()
    return False


def _is_here(host: str) -> bool:
    """Tell whether a host is plainly no public one; names are judged when they are looked up."""
    try:
        return not is_public(host)
    except ValueError:
        return host == "localhost" or host.endswith((".localhost", ".local", ".internal"))


def _is_port(port: int | None) -> bool:
    return port is None or 0 < port < 65_536


def _ask(
    address: httpx.URL, headers: Mapping[str, str], transport: httpx.BaseTransport, max_bytes: int
) -> Page:
    sent = {"User-Agent": AGENT, "Accept-Encoding": "gzip", **headers}
    try:
        with (
            httpx.Client(transport=transport, timeout=TIMEOUT, trust_env=False) as client,
            client.stream("GET", address, headers=sent) as response,
        ):
            data = _body(response, max_bytes)
            return Page(response.status_code, response.headers, data, str(address))
    except (httpx.UnsupportedProtocol, httpx.LocalProtocolError, UnicodeError) as error:
        raise _no_address() from error  # a name that no resolver takes is a UnicodeError
    except httpx.ConnectError as error:
        said = "The host cannot be reached, or has no certificate that is valid for it."
        raise Unavailable(said, code="unreachable") from error
    except httpx.TimeoutException as error:
        raise Unavailable("The host did not answer in time.", code="timeout") from error
    except (httpx.HTTPError, zlib.error) as error:
        raise _truncated() from error


def _body(response: httpx.Response, max_bytes: int) -> bytes:
    if response.status_code in _REDIRECTS or response.status_code >= 400:
        return b""
    packing = response.headers.get("content-encoding", "").strip().lower()
    if packing not in ("", "identity", "gzip", "x-gzip"):
        raise Refused(f"It comes packed as {packing[:20]}; gzip is read.", code="no_page")
    body, unpack = bytearray(), _Gunzip() if packing.endswith("gzip") else None
    for chunk in response.iter_raw():
        body += unpack(chunk, max_bytes + 1 - len(body)) if unpack else chunk
        if len(body) > max_bytes:
            message = f"It has more than {max_bytes:,} bytes; that is the most that is read."
            raise Refused(message, code="too_large")
    if unpack and not unpack.is_done:
        raise _truncated()
    return bytes(body)


class _Gunzip:
    """Unpacks gzip, and never more than was asked for: a small answer may hold a huge one."""

    def __init__(self) -> None:
        self.member, self.is_done = zlib.decompressobj(31), True

    def __call__(self, packed: bytes, most: int) -> bytes:
        out = bytearray()
        while packed and len(out) < most:
            if self.member.eof:
                self.member = zlib.decompressobj(31)
            out += self.member.decompress(packed, most - len(out))
            packed = self.member.unconsumed_tail or self.member.unused_data
        self.is_done = self.member.eof
        return bytes(out)


def _judged(page: Page) -> Page:
    if page.status in (200, 304):
        return page
    wait_s = http.retry_after_s(page.headers)
    if page.status in (429, 503):
        code = "rate_limited" if page.status == 429 else "unavailable"
        raise Unavailable(
            f"The host asks to wait ({page.status}).", code=code, retry_after_s=wait_s
        )
    if page.status in (401, 403):
        raise Refused(f"The host does not show it to us ({page.status}).", code="not_shown")
    if page.status in (404, 410):
        raise Refused(f"There is nothing at this address ({page.status}).", code="not_found")
    if page.status >= 500 or page.status == 408:
        raise Unavailable(f"The host failed ({page.status}).", code=f"status_{page.status}")
    raise Refused(f"The host gave no page ({page.status}).", code="no_page")


def _no_address() -> Refused:
    return Refused("This is no address of a page.", code="address_refused")


def _private() -> Refused:
    return Refused("The address leads into a private network.", code="address_refused")


def _truncated() -> Unavailable:
    return Unavailable("The answer broke off before its end.", code="source_truncated")


def is_public(address: str) -> bool:
    """Tell whether this literal IP address is one of the open internet."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped:
            return is_public(str(ip.ipv4_mapped))
        if ip.is_site_local or any(ip in network for network in _WRAPPERS):
            return False
    return ip.is_global and not ip.is_multicast and not ip.is_reserved


class _Backend(http.Backend):
    """Connects to public addresses alone unless it is free to go anywhere, and only until `end`."""

    def __init__(self, end: float, *, is_free: bool) -> None:
        self.end, self.is_free = end, is_free

    def addresses(self, host: str, port: int) -> list[str]:
        found = outbound.addresses(host, port)
        if not self.is_free and not all(map(is_public, found)):
            raise _private()
        return found[:MAX_ADDRESSES]

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        wait_s = _left(self.end, timeout)
        stream = super().connect_tcp(host, port, wait_s, local_address, socket_options)
        return _Timed(stream, self.end)


class _Timed(httpcore.NetworkStream):
    """A connection that ends at a moment, however slowly the other side drips."""

    def __init__(self, stream: httpcore.NetworkStream, end: float) -> None:
        self.stream, self.end = stream, end

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self.stream.read(max_bytes, _left(self.end, timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self.stream.write(buffer, _left(self.end, timeout))

    def close(self) -> None:
        self.stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        wait_s = _left(self.end, timeout)
        return _Timed(self.stream.start_tls(ssl_context, server_hostname, wait_s), self.end)

    def get_extra_info(self, info: str) -> Any:
        return self.stream.get_extra_info(info)


def _left(end: float, timeout: float | None) -> float:
    left = end - time.monotonic()
    if left <= 0:
        raise httpcore.ReadTimeout("the time for the whole answer is over")
    return left if timeout is None else min(left, timeout)


__all__ = ["MAX_BYTES", "Page", "get", "is_public", "judged", "transport"]
