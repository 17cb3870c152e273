"""Asking Notion: one question at a time, at its pace, every list to its end, each failure by its name.

Every question only reads, so each may be repeated; the client's own repeating is off.
"""

import logging
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Self

import httpx
import notion_client
from notion_client.errors import HTTPResponseError, RequestTimeoutError

from halcytone.lib import http
from halcytone.lib.errors import Refused, RemoteError, Unavailable
from halcytone.lib.patience import FIRST_WAIT_S, patiently

LIVE = "https://api.notion.com"
VERSION = "2025-09-03"  # the first one with data sources
PATIENCE_S = 5  # a longer wait that Notion asks for is left to the caller
PAGE = 100  # the most that one answer lists
MAX_BLOCKS, MAX_DEPTH = 20_000, 50
MAX_ANSWER_BYTES = 10_485_760
#: A silent logger: the client would write addresses and messages of the other side to its own.
_SILENT = logging.getLogger("halcytone.notion_client")
_SYNCED, _BELOW = "synced_block", ("child_page", "child_database")

Json = Mapping[str, Any]
Ask = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Access:
    """The key of an integration, the version of the API that is spoken, and where."""

    token: str
    version: str = VERSION
    base_url: str = LIVE


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds between two questions, before the first repeat of one that failed, and for all of them."""

    between_s: float = 1 / 3  # three requests a second, Notion's published limit
    first_wait_s: float = FIRST_WAIT_S
    whole_s: float = 540.0  # a worker's task ends at 600 s


CALM = Pace()


class Api(AbstractContextManager["Api"]):
    """A conversation with Notion, for one reading of one document. Used by one thread."""

    def __init__(self, access: Access, pace: Pace) -> None:
        self.pace = pace
        self.has_sources = access.version >= VERSION
        self.end = time.monotonic() + pace.whole_s
        self.next_at = 0.0
        self.has_answered = False
        self.blocks_read = 0
        self.http = httpx.Client(transport=_Bounded(), trust_env=False)
        self.client = notion_client.Client(
            client=self.http,
            auth=access.token,
            base_url=access.base_url,
            notion_version=access.version,
            retry=False,
            logger=_SILENT,
            log_level=logging.CRITICAL,
        )
        self.http.timeout = http.TIMEOUT

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.http.close()

    def database(self, id: str) -> Json:
        return self._ask(self.client.databases.retrieve, database_id=id)

    def source(self, id: str) -> Json:
        return self._ask(self.client.data_sources.retrieve, data_source_id=id)

    def page(self, id: str) -> Json:
        return self._ask(self.client.pages.retrieve, page_id=id)

    def rows(self, id: str, *, since: str = "") -> Iterator[Json]:
        """Yield the rows of a data source (of a database, under older versions), the newest first.

        With `since`, those alone that were edited at this moment or later. Rows in the trash never come.
        """
        body: dict[str, Any] = {
            "sorts": [{"timestamp": "created_time", "direction": "descending"}],
            "page_size": PAGE,
        }
        if since:
            edited = {"on_or_after": since}
            body["filter"] = {"timestamp": "last_edited_time", "last_edited_time": edited}
        if self.has_sources:
            found = self._every(self.client.data_sources.query, data_source_id=id, **body)
        else:
            found = self._every(self._query_older, id=id, **body)
        return (row for row in found if row.get("object") == "page" and not is_trashed(row))

    def blocks(self, id: str, above: tuple[str, ...] = ()) -> list[Json]:
        """Return all blocks of a page or block, in order; those they contain are their `children`."""
        if len(above) > MAX_DEPTH:
            raise truncated(f"Blocks stand inside each other more than {MAX_DEPTH} deep.")
        found: list[Json] = []
        for block in self._every(self.client.blocks.children.list, block_id=id, page_size=PAGE):
            self.blocks_read += 1
            if self.blocks_read > MAX_BLOCKS:
                raise truncated(f"The document has more than {MAX_BLOCKS:,} blocks.")
            if not is_trashed(block):
                found.append({**block, **self._inside(block, (*above, id))})
        return found

    def _inside(self, block: Json, above: tuple[str, ...]) -> Json:
        """Return what a block contains; for a synced copy, what its original contains."""
        origin = ((block.get(_SYNCED) or {}).get("synced_from") or {}).get("block_id")
        if block.get("type") in _BELOW or not (block.get("has_children") or origin):
            return {}
        target = str(origin or block["id"])
        if target in above:
            return {}
        try:
            return {"children": self.blocks(target, above)}
        except Refused as error:
            if origin and error.code in ("not_found", "forbidden"):
                return {"is_hidden": True}
            raise

    def _query_older(self, id: str, **body: Any) -> Any:
        return self.client.request(
            path=f"databases/{id}/query",
            method="POST",
            body={name: value for name, value in body.items() if value is not None},
        )

    def _every(self, ask: Ask, **question: Any) -> Iterator[Json]:
        """Yield every result of a list. A list that cannot be followed to its end is an error."""
        cursor, seen = None, set()
        while True:
            answer = self._ask(ask, **question, start_cursor=cursor)
            results = answer.get("results")
            if not isinstance(results, list) or not all(map(_is_named, results)):
                raise _endless("Notion gave a list that cannot be read.")
            yield from results
            if (answer.get("request_status") or {}).get("type") == "incomplete":
                raise _endless("Notion gave a part of a list only.")
            if not answer.get("has_more"):
                return
            cursor = answer.get("next_cursor")
            if not cursor or cursor in seen:
                message = (
                    "Notion names no next part of a list that has one, so its end was not read."
                )
                raise Unavailable(message, code="source_truncated")
            seen.add(cursor)

    def _ask(self, ask: Ask, **question: Any) -> Json:
        try:
            answer = patiently(
                lambda: self._answered(ask, question),
                first_wait_s=self.pace.first_wait_s,
                most_wait_s=PATIENCE_S,
            )
        except Unavailable as error:
            raise self._under_way(error) from error
        self.has_answered = True
        return answer

    def _answered(self, ask: Ask, question: Mapping[str, Any]) -> Json:
        self._keep_pace()
        try:
            answer = ask(**question)
        except HTTPResponseError as error:
            raise _failure(error.status, http.retry_after_s(error.headers)) from error
        except (RequestTimeoutError, httpx.TimeoutException) as error:
            raise Unavailable("Notion did not answer in time.", code="timeout") from error
        except httpx.ConnectError as error:
            raise Unavailable("Notion cannot be reached.", code="unreachable") from error
        except httpx.HTTPError as error:
            said = "Notion's answer broke off before its end."
            raise Unavailable(said, code="source_truncated") from error
        except ValueError as error:
            raise _unreadable() from error
        if not isinstance(answer, dict):
            raise _unreadable()
        return answer

    def _keep_pace(self) -> None:
        now = time.monotonic()
        if now > self.end:
            raise truncated("The document is too large to be read in one go at Notion's pace.")
        if self.next_at > now:
            time.sleep(self.next_at - now)
        self.next_at = max(now, self.next_at) + self.pace.between_s

    def _under_way(self, error: Unavailable) -> Unavailable:
        """Say that a text was cut short when its reading had begun."""
        if not self.has_answered or error.code in ("rate_limited", "source_truncated"):
            return error
        message = f"{error} What was read before is a part only, so it is not used."
        return Unavailable(message, code="source_truncated", retry_after_s=error.retry_after_s)


class _Bounded(http.Transport):
    """Ends an answer that is too long, or comes too slowly."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        response = super().handle_request(request)
        assert isinstance(response.stream, httpx.SyncByteStream)  # noqa: S101 - a transport gives no other
        response.stream = _Measured(response.stream)
        return response


class _Measured(httpx.SyncByteStream):
    def __init__(self, stream: httpx.SyncByteStream) -> None:
        self.stream, self.left = stream, MAX_ANSWER_BYTES
        self.end = time.monotonic() + http.WHOLE_ANSWER_S

    def __iter__(self) -> Iterator[bytes]:
        for chunk in self.stream:
            self.left -= len(chunk)
            if self.left < 0:
                raise truncated("Notion answers with more than 10 MB.")
            if time.monotonic() > self.end:
                raise httpx.ReadTimeout("the time for the whole answer is over")
            yield chunk

    def close(self) -> None:
        self.stream.close()


def is_trashed(thing: Json) -> bool:
    return bool(thing.get("in_trash") or thing.get("archived"))


def _is_named(thing: object) -> bool:
    return isinstance(thing, dict) and isinstance(thing.get("id"), str)


def truncated(why: str) -> Refused:
    """Return the error of a document beyond a limit of the living-documents specification, §2."""
    return Refused(f"{why} Divide it into several documents.", code="source_truncated")


def _endless(why: str) -> Unavailable:
    return Unavailable(f"{why} Its end was not read.", code="source_truncated")


def _unreadable() -> Unavailable:
    return Unavailable("Notion's answer cannot be read.", code="unreadable")


def _failure(status: int, wait_s: int | None) -> RemoteError:
    if status in _REFUSALS:
        code, text = _REFUSALS[status]
        return Refused(text, code=code)
    if status == 429:
        message = "Notion asks to wait (429)."
        return Unavailable(message, code="rate_limited", retry_after_s=wait_s)
    if status in (408, 409) or status >= 500:
        message = f"Notion failed ({status})."
        return Unavailable(message, code=f"status_{status}", retry_after_s=wait_s)
    return Refused(f"Notion refused the question ({status}).", code="refused")


_REFUSALS = {
    400: ("bad_request", "Notion cannot make sense of the id, or of the version asked for (400)."),
    401: (
        "unauthorized",
        "Notion does not accept the key of this installation (401). Whoever runs it must renew"
        " NOTION_API_KEY.",
    ),
    403: (
        "forbidden",
        "Notion does not let the integration read content (403). Give it the capability to read"
        " content, or ask an owner of the workspace.",
    ),
    404: (
        "not_found",
        "Notion shows us nothing with this id (404). Share the page with the integration (••• →"
        " Connections), or mend the id.",
    ),
}
