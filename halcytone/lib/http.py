"""The one way to speak HTTP to the outside: time-outs, size caps, and what each answer means.

The classes follow the publishing specification, "Failures". A POST or PATCH is asked once: whatever may
have been taken is Unclear. A GET changes nothing and is asked again a few times. Errors name the place and
the status; never an address, a token or a body.
"""

import json
import ssl
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache
from http import HTTPStatus
from typing import Any, Self

import httpcore
import httpx

from halcytone.lib import outbound
from halcytone.lib.errors import Refused, RemoteError, Unavailable, Unclear

TIMEOUT = httpx.Timeout(30, connect=outbound.CONNECT_TIMEOUT_S)
WHOLE_ANSWER_S = 60.0  # time-outs count between two bytes; this ends a server that drips
MAX_ANSWER_BYTES = 4 * 2**20
ATTEMPTS, PAUSE_S = 3, 0.5  # of a GET
MAX_RETRY_AFTER_S = 86_400
RESET_HEADERS = ("x-rate-limit-reset", "x-ratelimit-reset")  # Unix time
REFUSALS = {
    400: ("bad_request", "cannot read what was sent"),
    401: ("unauthorized", "does not accept the credentials of this account; renew them"),
    403: ("forbidden", "does not allow this account to do it"),
    404: ("not_found", "does not know what was asked for"),
    409: ("conflict", "already holds something in this place"),
    413: ("too_large", "finds it too large"),
    422: ("unprocessable", "found a mistake in what was sent"),
    426: ("version_retired", "no longer speaks this version of its API"),
}
UNREADABLE = object()


@dataclass(frozen=True, slots=True)
class Answer:
    """A complete answer. `data` is its JSON, or UNREADABLE."""

    status: int
    headers: Mapping[str, str]
    data: Any


@dataclass(frozen=True, slots=True)
class File:
    """One file of a form, under the name of its field."""

    field: str
    name: str
    data: bytes
    media_type: str


class Client(AbstractContextManager["Client"]):
    """Speaks JSON to one endpoint over kept connections. Used by one thread.

    `place` is what people call the other side. `code` reads the place's own word for a refusal, which
    then replaces the general one ("duplicate"); "" when it has none, or the error that it means. `heard`
    is shown every answer, also those that become errors: what it says of limits is in its headers.
    """

    def __init__(
        self,
        place: str,
        base_url: str,
        *,
        headers: Mapping[str, str],
        code: Callable[[Answer], str | RemoteError] | None = None,
        auth: httpx.Auth | None = None,
        heard: Callable[[Answer], None] | None = None,
        transport: httpx.BaseTransport | None = None,
        pause_s: float = PAUSE_S,
    ) -> None:
        self.place, self.code, self.heard, self.pause_s = place, code, heard, pause_s
        self.http = httpx.Client(
            base_url=base_url,
            headers={"Accept": "application/json", **headers},
            timeout=TIMEOUT,
            auth=auth,
            transport=transport or Transport(),
            trust_env=False,
            follow_redirects=False,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.http.close()

    def get(
        self,
        path: str,
        params: Mapping[str, str | int] | None = None,
        *,
        timeout_s: float | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Return a readable 2xx answer. Raises Refused, or Unavailable after the last attempt."""
        asked = {"params": dict(params or {}), "headers": dict(headers or {})}
        return self._again("GET", path, timeout=_timeout(timeout_s), **asked)

    def delete(self, path: str) -> Answer:
        """Take something away. Asked again as a GET is: what is gone stays gone."""
        return self._again("DELETE", path)

    def _again(self, method: str, path: str, **request: Any) -> Answer:
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return self._ask(method, path, **request)
            except Unclear as error:
                if attempt == ATTEMPTS:
                    raise Unavailable(str(error), code=error.code) from error
            except Unavailable as error:
                if attempt == ATTEMPTS or error.retry_after_s:
                    raise
            time.sleep(self.pause_s * attempt)
        raise AssertionError("unreachable")

    def put(self, path: str, data: bytes, *, media_type: str) -> Answer:
        """Store these bytes at an address, which may be a whole one. Asked again as a GET is."""
        return self._again("PUT", path, content=data, headers={"Content-Type": media_type})

    def post(
        self,
        path: str,
        body: Any,
        *,
        request_id: str = "",
        headers: Mapping[str, str] | None = None,
        timeout_s: float | None = None,
    ) -> Answer:
        """Send this JSON once and return a readable 2xx answer. Raises Refused, Unavailable, Unclear."""
        named = {**_named(request_id), **(headers or {})}
        return self._write("POST", path, body, named, timeout=_timeout(timeout_s))

    def post_bytes(
        self, path: str, data: bytes, *, media_type: str, headers: Mapping[str, str]
    ) -> Answer:
        """As `post`, with bytes of another kind than JSON."""
        headers = {"Content-Type": media_type, **headers}
        return self._ask("POST", path, content=data, headers=headers)

    def post_form(self, path: str, fields: Mapping[str, str], *, request_id: str = "") -> Answer:
        """As `post`, with the fields of a form."""
        return self._ask("POST", path, data=dict(fields), headers=_named(request_id))

    def upload(
        self, path: str, fields: Mapping[str, str], file: File, *, request_id: str = ""
    ) -> Answer:
        """As `post`, with fields and one file as multipart/form-data."""
        files = {file.field: (file.name, file.data, file.media_type)}
        return self._ask("POST", path, data=dict(fields), files=files, headers=_named(request_id))

    def patch(self, path: str, body: Any, *, request_id: str = "") -> Answer:
        """As `post`: a change is not repeated either."""
        return self._write("PATCH", path, body, _named(request_id))

    def _write(
        self, method: str, path: str, body: Any, headers: Mapping[str, str], **request: Any
    ) -> Answer:
        headers = {"Content-Type": "application/json", **headers}
        return self._ask(method, path, content=encoded(body), headers=headers, **request)

    def _ask(self, method: str, path: str, **request: Any) -> Answer:
        try:
            with self.http.stream(method, path, **request) as response:
                answer = Answer(response.status_code, response.headers, self._data(response))
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            raise Unavailable(f"{self.place} cannot be reached", code="unreachable") from error
        except (httpx.InvalidURL, httpx.UnsupportedProtocol) as error:
            raise Refused("The account has no usable endpoint", code="bad_endpoint") from error
        except httpx.LocalProtocolError as error:
            said = "The account's settings make no request; is its credential missing?"
            raise Refused(said, code="bad_settings") from error
        except httpx.TimeoutException as error:
            raise Unclear(f"{self.place} did not answer in time", code="timeout") from error
        except httpx.HTTPError as error:
            raise Unclear(f"{self.place} was lost before its answer", code="lost_answer") from error
        return self._judged(answer)

    def _data(self, response: httpx.Response) -> Any:
        try:
            return json.loads(self._body(response))
        except ValueError:
            return UNREADABLE

    def _body(self, response: httpx.Response) -> bytes:
        """Return the body; b"", which is no JSON, of one that is too long or drips."""
        body, end = bytearray(), time.monotonic() + WHOLE_ANSWER_S
        for chunk in response.iter_bytes():
            body += chunk
            if len(body) > MAX_ANSWER_BYTES or time.monotonic() > end:
                return b""
        return bytes(body)

    def _judged(self, answer: Answer) -> Answer:
        if self.heard:
            self.heard(answer)
        if answer.status >= 300:
            own = self.code(answer) if self.code else ""
            if isinstance(own, RemoteError):
                raise own
            if own:
                raise Refused(f"{self.place} refused it: {own.replace('_', ' ')}", code=own)
            raise failure(self.place, answer.status, retry_after_s(answer.headers))
        if answer.data is UNREADABLE and answer.status != HTTPStatus.NO_CONTENT:
            raise Unclear(f"{self.place} gave an unreadable answer", code="unreadable")
        return answer


class TerseClient(Client):
    """The same for a place whose yes may have no body: what it says then stands in the headers."""

    def _data(self, response: httpx.Response) -> Any:
        body = self._body(response)
        try:
            return json.loads(body) if body else {}
        except ValueError:
            return UNREADABLE


class MuteClient(Client):
    """The same for a place whose status says everything; whatever else it says is not read."""

    def _data(self, response: httpx.Response) -> Any:
        return self._body(response).decode(errors="replace")


def encoded(body: Any) -> bytes:
    """Return the bytes of a JSON body as they are sent, for who has to sign them."""
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


def _timeout(seconds: float | None) -> httpx.Timeout:
    return httpx.Timeout(seconds, connect=outbound.CONNECT_TIMEOUT_S) if seconds else TIMEOUT


class TextClient(Client):
    """The same for a place that takes JSON and answers in plain words."""

    def _data(self, response: httpx.Response) -> Any:
        return self._body(response).decode(errors="replace") or UNREADABLE


def _named(request_id: str) -> dict[str, str]:
    return {"X-Request-ID": request_id} if request_id else {}


def failure(place: str, status: int, wait_s: int | None) -> RemoteError:
    """Return the error that a status means after a POST. `wait_s` is what the answer asks for."""
    if status == 429 or (status == 503 and wait_s is not None):
        code = "rate_limited" if status == 429 else "unavailable"
        message = f"{place} asks to wait ({status})"
        return Unavailable(message, retry_after_s=wait_s, code=code)
    if status in (307, 308):
        return Refused(f"{place} has moved ({status}); mend the endpoint", code="redirected")
    if status in REFUSALS:
        code, text = REFUSALS[status]
        return Refused(f"{place} {text} ({status})", code=code)
    if 400 <= status < 500 and status != 408:
        return Refused(f"{place} refused it ({status})", code="refused")
    return Unclear(f"{place} failed and may have taken it ({status})", code=f"status_{status}")


def retry_after_s(headers: Mapping[str, str], now: datetime | None = None) -> int | None:
    """Return the wait that an answer asks for, 0 to 86,400 s; None when it does not say.

    Retry-After holds seconds or an HTTP date (RFC 9110); a rate-limit reset holds a Unix time.
    """
    now = now or datetime.now(UTC)
    given = headers.get("retry-after", "").strip()
    if given.isdecimal():
        return min(int(given[:10]), MAX_RETRY_AFTER_S)
    moments = [_http_date(given), *(_unix(headers.get(name, "")) for name in RESET_HEADERS)]
    return next((_seconds(moment, now) for moment in moments if moment), None)


def _seconds(moment: datetime, now: datetime) -> int:
    return max(0, min(int((moment - now).total_seconds() + 0.999), MAX_RETRY_AFTER_S))


def _http_date(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _unix(text: str) -> datetime | None:
    try:
        return datetime.fromtimestamp(int(text), UTC)
    except (ValueError, OverflowError, OSError):
        return None


@lru_cache(maxsize=1)
def _tls() -> ssl.SSLContext:
    """Return what certificates are judged by; reading them takes a twentieth of a second."""
    return httpx.create_ssl_context(trust_env=False)


class Transport(httpx.HTTPTransport):
    """httpx's own transport, whose sockets pass the outbound guard."""

    def __init__(self, backend: "Backend | None" = None) -> None:
        super().__init__(verify=_tls(), trust_env=False)
        # httpx offers no argument for it; its pool takes the backend as a public one
        self._pool = httpcore.ConnectionPool(
            ssl_context=_tls(),
            max_connections=10,
            max_keepalive_connections=10,
            keepalive_expiry=5.0,
            network_backend=backend or Backend(),
        )


class Backend(httpcore.SyncBackend):
    """Connects to the addresses that the outbound guard lets pass, and to nothing else."""

    def addresses(self, host: str, port: int) -> list[str]:
        return outbound.addresses(host, port)

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        try:
            *others, last = self.addresses(host, port)
        except OSError as error:
            raise httpcore.ConnectError("the name cannot be resolved") from error
        for ip in others:
            try:
                return super().connect_tcp(ip, port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                continue
        return super().connect_tcp(last, port, timeout, local_address, socket_options)
