"""The one reading of OUTBOUND: where an account's calls go, and which addresses a socket may reach.

`live` reaches the world. `sandbox` sends every account to the stand-in servers on loopback. `off` sends
nothing. In `sandbox` and `off` a connection to any other host cannot be made, whatever asks for it.
"""

import ipaddress
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from django.conf import settings

from halcytone.lib.errors import Unavailable

LIVE, SANDBOX, OFF = "live", "sandbox", "off"
SCHEMES = {"smtp": "smtp"}  # every other stand-in speaks HTTP
#: Channels whose stand-in has another name than they have.
STAND_INS = {"facebook": "meta", "instagram": "meta", "webhook": "receivers"}
CONNECT_TIMEOUT_S = 5.0
#: The code of what a rehearsal comes to instead of a socket.
REHEARSAL = "rehearsal"
_is_rehearsal: ContextVar[bool] = ContextVar("is_rehearsal", default=False)


@contextmanager
def reaching_nobody() -> Iterator[None]:
    """Let no socket be opened in this block: whatever asks for one gets Unavailable, code `rehearsal`.

    So the real way of a message is walked up to its very end. It holds for this thread alone.
    """
    token = _is_rehearsal.set(True)
    try:
        yield
    finally:
        _is_rehearsal.reset(token)


def require_reach() -> None:
    """Raise Unavailable with the code `rehearsal` inside `reaching_nobody`."""
    if _is_rehearsal.get():
        raise Unavailable("A rehearsal reaches nobody", code=REHEARSAL)


def endpoint(channel: str, endpoint: str) -> str:
    """Return the URL that this channel must use now: the account's own only in `live`.

    Raises Unavailable with the code `outbound_off`, or `no_stand_in` when the sandbox has no server for
    this channel.
    """
    if settings.OUTBOUND == LIVE:
        return endpoint
    if settings.OUTBOUND != SANDBOX:
        raise Unavailable("Outbound is off: nothing leaves this installation", code="outbound_off")
    server = STAND_INS.get(channel, channel)
    if server not in settings.SANDBOX_PORTS:
        raise Unavailable(f"The sandbox has no stand-in for {channel}", code="no_stand_in")
    scheme = SCHEMES.get(server, "http")
    return f"{scheme}://127.0.0.1:{settings.SANDBOX_PORTS[server]}"


def stand_ins() -> frozenset[str]:
    """Return the origins of the stand-ins, which may be plain http on loopback; none in `live`."""
    if settings.OUTBOUND == LIVE:
        return frozenset()
    return frozenset(f"http://127.0.0.1:{port}" for port in settings.SANDBOX_PORTS.values())


def addresses(host: str, port: int) -> list[str]:
    """Return the IP addresses that may be connected to for this host, in the resolver's order.

    Every transport asks here at connect time and connects to the address itself, so that what was judged
    is what is reached. Unless OUTBOUND is `live`, only loopback passes, and no name but `localhost` is
    looked up. Raises OSError when the name has none, Unavailable with the code `outbound_closed` or
    `rehearsal`.
    """
    require_reach()
    if settings.OUTBOUND != LIVE and host != "localhost" and not is_loopback(host):
        raise _closed()
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    ips = list(dict.fromkeys(str(address[0]) for *_, address in found))
    if settings.OUTBOUND != LIVE and not all(is_loopback(ip) for ip in ips):
        raise _closed()
    return ips


def connect(host: str, port: int, *, timeout_s: float = CONNECT_TIMEOUT_S) -> socket.socket:
    """Open a TCP connection to the first address that answers. Raises as `addresses`, or OSError."""
    *others, last = addresses(host, port)
    for ip in others:
        try:
            return socket.create_connection((ip, port), timeout=timeout_s)
        except OSError:
            continue
    return socket.create_connection((last, port), timeout=timeout_s)


def is_loopback(address: str) -> bool:
    """Tell whether this literal IP address stays on this machine; any other text does not."""
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    mapped = ip.ipv4_mapped if isinstance(ip, ipaddress.IPv6Address) else None
    return (mapped or ip).is_loopback


def _closed() -> Unavailable:
    return Unavailable(
        f"Outbound is {settings.OUTBOUND}: only this machine can be reached", code="outbound_closed"
    )
