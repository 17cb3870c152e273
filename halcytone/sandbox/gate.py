"""What every HTTP call to a stand-in passes through: faults, keys, repeats, the journal."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from sqlite3 import Connection
from typing import Any

from aiohttp import web

from halcytone.sandbox import journal
from halcytone.sandbox.faults import Call, Faults, Kind
from halcytone.sandbox.options import Options

Next = Callable[[web.Request], Awaitable[web.StreamResponse]]
GARBAGE = b"\x00\x1f<<<this is not an answer"
KEPT_BODY_BYTES = 1_000_000


@dataclass(frozen=True, slots=True)
class World:
    """What all servers of one sandbox share. `ports` are the real ones, known after binding."""

    options: Options
    db: Connection
    faults: Faults
    ports: dict[str, int]

    def url(self, server: str) -> str:
        return f"http://127.0.0.1:{self.ports[server]}" if server in self.ports else ""


@dataclass(frozen=True, slots=True)
class Dialect:
    """How one stand-in words what the gate answers.

    `problem(status, detail)` is its error body, `limits(wait_s)` its rate-limit headers;
    `is_authorised` judges the headers when keys are asked for; `silent` are paths for people.
    """

    server: str
    problem: Callable[[int, str], dict[str, Any]]
    is_authorised: Callable[[Mapping[str, str]], bool]
    limits: Callable[[int], dict[str, str]]
    duplicate: tuple[int, str]
    silent: tuple[str, ...]
    open: tuple[str, ...] = ()


class Problem(Exception):
    """A refusal in the words of the outside; the dialect makes the body."""

    def __init__(self, status: int, detail: str) -> None:
        self.status, self.detail = status, detail


WORLD = web.AppKey("world", World)


def answer(data: Any, status: int = 200, **headers: str) -> web.Response:
    return web.json_response(data, status=status, headers=headers)


def wait(request: web.Request, seconds: float) -> None:
    """Have the answer held back; what was asked for is done at once."""
    request["wait_s"] = seconds


def is_acceptable_key(key: str) -> bool:
    """Judge a credential when keys are checked: 16 characters or more, not marked as a bad one."""
    return len(key) >= 16 and not any(word in key.lower() for word in ("invalid", "expired"))


def gate(dialect: Dialect) -> Any:
    """Return the aiohttp middleware of one server."""

    @web.middleware
    async def middleware(request: web.Request, handler: Next) -> web.StreamResponse:
        is_front = request.path == "/" and request.method in ("GET", "HEAD")
        if is_front or request.path.startswith(("/_sandbox/", *dialect.silent)):
            return await handler(request)
        return await _Passage(request, handler, dialect, await request.read()).go()

    return middleware


class _Passage:
    """One call on its way through."""

    def __init__(self, request: web.Request, handler: Next, dialect: Dialect, body: bytes) -> None:
        self.request, self.handler, self.dialect = request, handler, dialect
        self.world = request.app[WORLD]
        self.entry = journal.Entry(
            dialect.server,
            request.method,
            request.path_qs,
            dict(request.headers),
            body[:KEPT_BODY_BYTES],
        )
        self.body = body

    async def go(self) -> web.StreamResponse:
        kind, unreadable = self._fault()
        if kind:
            self.entry.fault = str(kind)
        if kind and not kind.takes:
            response: web.Response | None = self._refusal(kind)
        else:
            response = unreadable or await self._taken()
        wait_s = self.world.options.delay_ms / 1000 + float(self.request.get("wait_s", 0))
        if kind and kind.name == "slow":
            wait_s += kind.number / 1000
        if kind and kind.name == "accept_then_drop":
            response = None
        self.entry.status = response.status if response else None
        journal.write(self.world.db, self.entry)
        await asyncio.sleep(wait_s)
        return await self._given(response, kind)

    def _fault(self) -> tuple[Kind | None, web.Response | None]:
        if header := self.request.headers.get("X-Sandbox-Fault"):
            try:
                return Kind.parse(header), None
            except ValueError as error:
                return None, self._problem(400, f"X-Sandbox-Fault: {error}")
        entry = self.entry
        return self.world.faults.strike(
            Call(entry.server, entry.method, entry.path, self.body)
        ), None

    def _refusal(self, kind: Kind) -> web.Response | None:
        """Return the answer of a fault that keeps nothing; None cuts the connection."""
        self.entry.taken = False
        if kind.name == "drop_before":
            return None
        if kind.name == "rate_limit":
            limits = {"Retry-After": str(kind.number)} | self.dialect.limits(kind.number)
            return self._problem(429, "Too Many Requests", limits)
        if kind.name == "expired_token":
            bearer = {"WWW-Authenticate": 'Bearer error="invalid_token"'}
            return self._problem(401, "The token has expired", bearer)
        if kind.name == "duplicate":
            return self._problem(*self.dialect.duplicate)
        return self._problem(kind.number, f"The sandbox was told to answer {kind.number}")

    async def _taken(self) -> web.Response:
        """Do what is asked; a repeated X-Request-ID gets the first answer again."""
        if self._needs_key():
            self.entry.taken = False
            return self._problem(401, "Unauthorized")
        first = self._first_answer()
        if first:
            self.entry.replayed, self.entry.taken = True, False
            return first
        response = await self._handled()
        if response.status < 300:
            self._keep(response)
        else:
            self.entry.taken = False
        return response

    async def _handled(self) -> web.Response:
        try:
            response = await self.handler(self.request)
        except Problem as problem:
            return self._problem(problem.status, problem.detail)
        except web.HTTPException as error:
            return self._problem(error.status, error.reason)
        except (ValueError, TypeError, AttributeError, KeyError) as error:
            return self._problem(400, f"The request could not be read: {error}")
        assert isinstance(response, web.Response)  # noqa: S101 - no stand-in streams
        return response

    def _needs_key(self) -> bool:
        if not self.world.options.require_auth or self.request.path.startswith(self.dialect.open):
            return False
        return not self.dialect.is_authorised(self.request.headers)

    def _call_name(self) -> str:
        key = self.request.headers.get("X-Request-ID", "")
        is_write = self.request.method not in ("GET", "HEAD")
        return f"{key} {self.request.method} {self.request.path}" if key and is_write else ""

    def _first_answer(self) -> web.Response | None:
        row = self.world.db.execute(
            "SELECT * FROM answers WHERE server = ? AND call = ?",
            (self.dialect.server, self._call_name()),
        ).fetchone()
        if row is None:
            return None
        return web.Response(
            body=bytes(row["body"]), status=row["status"], headers=json.loads(row["headers"])
        )

    def _keep(self, response: web.Response) -> None:
        if name := self._call_name():
            body = response.body if isinstance(response.body, bytes) else b""
            headers = {k: v for k, v in response.headers.items() if k.lower() != "content-length"}
            self.world.db.execute(
                "INSERT OR IGNORE INTO answers VALUES (?, ?, ?, ?, ?)",
                (self.dialect.server, name, response.status, json.dumps(headers), body),
            )

    def _problem(
        self, status: int, detail: str, headers: Mapping[str, str] | None = None
    ) -> web.Response:
        body = self.dialect.problem(status, detail)
        return web.json_response(body, status=status, headers=headers)

    async def _given(self, response: web.Response | None, kind: Kind | None) -> web.StreamResponse:
        if response is None:
            return _cut(self.request)
        if kind and kind.name == "garbage":
            return web.Response(body=GARBAGE, status=response.status)
        if kind and kind.name == "empty":
            return web.Response(status=response.status)
        if kind and kind.name == "truncate":
            return await _half(self.request, response)
        return response


def _cut(request: web.Request) -> web.StreamResponse:
    if request.transport is not None:
        request.transport.abort()
    return web.Response()


async def _half(request: web.Request, whole: web.Response) -> web.StreamResponse:
    """Promise the whole body, send half of it, hang up."""
    body = whole.body if isinstance(whole.body, bytes) else b"{}"
    half = web.StreamResponse(status=whole.status, headers={"Content-Length": str(len(body))})
    half.content_type = whole.content_type
    await half.prepare(request)
    await half.write(body[: len(body) // 2])
    if request.transport is not None:
        request.transport.close()
    return half


def unix_in(wait_s: int) -> str:
    """Return the Unix time that many seconds from now, as rate-limit headers carry it."""
    return str(int(time.time()) + wait_s)
