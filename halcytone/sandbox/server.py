"""Starting and stopping the stand-ins: one process, one event loop, loopback only."""

import asyncio
import contextlib
import errno
import signal
import socket
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager

from aiohttp import web

from halcytone.sandbox import (
    crm,
    esp,
    linkedin,
    mailbox,
    mastodon,
    meta,
    platform,
    receivers,
    smtp,
    sources,
    x,
)
from halcytone.sandbox.doorman import Doorman
from halcytone.sandbox.faults import Faults
from halcytone.sandbox.gate import World
from halcytone.sandbox.options import HOST, TITLES, Options, PortTaken
from halcytone.sandbox.store import connect

BUILD: Mapping[str, Callable[[World], web.Application]] = {
    "smtp": mailbox.build,
    "crm": crm.build,
    "platform": platform.build,
    "x": x.build,
    "linkedin": linkedin.build,
    "meta": meta.build,
    "sources": sources.build,
    "receivers": receivers.build,
    "esp": esp.build,
    "mastodon": mastodon.build,
}
FAREWELL_S = 0.2  # for calls that are still being answered


@asynccontextmanager
async def started(options: Options) -> AsyncIterator[World]:
    """Run the servers while the block runs. Raises PortTaken before any server answers."""
    sockets = bind(options.ports)
    ports = {name: int(sock.getsockname()[1]) for name, sock in sockets.items()}
    world = World(options, connect(options.state), Faults(options.error_rate), ports)
    async with contextlib.AsyncExitStack() as stack:
        stack.callback(world.db.close)
        for name, sock in sockets.items():
            await stack.enter_async_context(_listening(name, sock, world))
        yield world


def bind(ports: Mapping[str, int]) -> dict[str, socket.socket]:
    """Take every port on loopback, or none. Raises PortTaken."""
    sockets: dict[str, socket.socket] = {}
    try:
        for name, port in ports.items():
            sockets[name] = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
            sockets[name].setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            sockets[name].bind((HOST, port))
            sockets[name].listen(512)
    except OSError as error:
        for sock in sockets.values():
            sock.close()
        if error.errno not in (errno.EADDRINUSE, errno.EACCES):
            raise
        raise PortTaken(
            f"Port {port} on {HOST} ({TITLES[name]} of the sandbox) is taken. Stop what listens"
            " there, or move all ports of the sandbox with SANDBOX_PORT_SHIFT."
        ) from error
    return sockets


@asynccontextmanager
async def _listening(name: str, sock: socket.socket, world: World) -> AsyncIterator[None]:
    runner = web.AppRunner(
        BUILD[name](world), access_log=None, handle_signals=False, shutdown_timeout=FAREWELL_S
    )
    await runner.setup()
    loop = asyncio.get_running_loop()
    guests: set[asyncio.Transport] = set()
    http = runner.server
    assert http is not None  # noqa: S101 - set by setup()
    if name == "smtp":
        server = await loop.create_server(
            lambda: Doorman(http, lambda: smtp.protocol(world, loop), guests), sock=sock
        )
    else:
        server = await loop.create_server(http, sock=sock)
    try:
        yield
    finally:
        server.close()
        for guest in guests:
            guest.abort()
        await runner.cleanup()


async def serve(options: Options, tell: Callable[[World], None], until: asyncio.Event) -> None:
    """Run until SIGTERM, SIGINT or the event; `tell` is called once when all ports answer."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, until.set)
    async with started(options) as world:
        tell(world)
        await until.wait()
