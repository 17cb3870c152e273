"""Google's own client, spoken through our sockets, and each of its failures by its name.

Every question only reads, so each may be repeated; the client's own repeating is off.
"""

import json
import time
from collections.abc import Mapping
from contextlib import AbstractContextManager
from functools import lru_cache
from typing import Any, Self

import google_auth_httplib2
import httplib2
import httpx
from google.auth.credentials import Credentials
from google.auth.exceptions import GoogleAuthError
from google.oauth2.service_account import Credentials as Account
from googleapiclient.discovery import build
from googleapiclient.errors import HttpError

from halcytone.lib import http
from halcytone.lib.errors import Refused, RemoteError, Unavailable
from halcytone.lib.patience import FIRST_WAIT_S, patiently

MAX_BYTES = 32 * 2**20  # of an answer: Google says each word of a document with its style
PATIENCE_S = 5  # a longer wait that Google asks for is left to the caller
_LIMITS = frozenset({"RESOURCE_EXHAUSTED", "rateLimitExceeded", "userRateLimitExceeded"})
Methods = Any


class Http:
    """What Google's client takes for `httplib2.Http`: one question, one answer, no redirects.

    `first_wait_s` is the wait before the first repeat of a question that failed.
    """

    def __init__(
        self, timeout: httpx.Timeout = http.TIMEOUT, first_wait_s: float = FIRST_WAIT_S
    ) -> None:
        self.first_wait_s = first_wait_s
        self.client = httpx.Client(transport=http.Transport(), timeout=timeout, trust_env=False)

    def request(
        self,
        uri: str,
        method: str = "GET",
        body: bytes | str | None = None,
        headers: Mapping[str, str] | None = None,
        **_ignored: Any,
    ) -> tuple[httplib2.Response, bytes]:
        """Return a complete answer. Raises Unavailable, or Refused for one that is too long."""
        content = body.encode() if isinstance(body, str) else body
        try:
            with self.client.stream(method, uri, content=content, headers=headers) as response:
                data = _body(response)
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            raise Unavailable("Google cannot be reached.", code="unreachable") from error
        except httpx.TimeoutException as error:
            raise Unavailable("Google did not answer in time.", code="timeout") from error
        except httpx.HTTPError as error:
            message = "Google's answer broke off before its end."
            raise Unavailable(message, code="source_truncated") from error
        told = {name.lower(): value for name, value in response.headers.items()}
        return httplib2.Response({**told, "status": str(response.status_code)}), data

    def close(self) -> None:
        self.client.close()


def _body(response: httpx.Response) -> bytes:
    body, end = bytearray(), time.monotonic() + http.WHOLE_ANSWER_S
    for chunk in response.iter_bytes(65_536):
        body += chunk
        if len(body) > MAX_BYTES:
            message = "The document is too long to be read. Divide it into several documents."
            raise Refused(message, code="source_truncated")
        if time.monotonic() > end:
            raise Unavailable("Google answers too slowly.", code="timeout")
    return bytes(body)


class Api(AbstractContextManager["Api"]):
    """A conversation about one kind of thing at Google, for one reading. Used by one thread."""

    def __init__(self, methods: Methods, http: Http, credentials: Credentials) -> None:
        self.methods, self.http = methods, http
        self.signed = google_auth_httplib2.AuthorizedHttp(credentials, http=http)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.http.close()

    def ask(self, method: str, **question: Any) -> bytes:
        """Return the bytes of a good answer, asking again while Google cannot give one."""
        return patiently(
            lambda: self._answered(getattr(self.methods, method)(**question)),
            first_wait_s=self.http.first_wait_s,
            most_wait_s=PATIENCE_S,
        )

    def _answered(self, request: Any) -> bytes:
        request.postproc = lambda _response, content: content
        try:
            data: bytes = request.execute(http=self.signed, num_retries=0)
        except HttpError as error:
            raise _failure(error.resp.status, dict(error.resp), error.content) from error
        except GoogleAuthError as error:
            raise _no_token(error) from error
        return data


@lru_cache(maxsize=8)  # a third of a second to make
def methods(service: str, version: str, collection: str, endpoint: str) -> Methods:
    """Return what can be asked of a collection of a service. `endpoint` is its base, path and all."""
    made = build(
        service,
        version,
        http=object(),  # each question brings its own connections; none may leave by another way
        client_options={"api_endpoint": endpoint},
        static_discovery=True,
        cache_discovery=False,
    )
    return getattr(made, collection)()


def parsed(data: bytes) -> dict[str, Any]:
    """Return the JSON object of an answer. Raises Unavailable when it is none."""
    try:
        answer = json.loads(data)
    except ValueError as error:
        raise _unreadable() from error
    if not isinstance(answer, dict):
        raise _unreadable()
    return answer


@lru_cache(maxsize=8)  # with their token, which lives for an hour
def credentials(account: str, *, scope: str, token_url: str = "") -> Credentials:
    """Return the credentials of a service account, given as the JSON text that Google issues.

    `token_url` stands in for the address of that text. Raises Refused (`unauthorized`).
    """
    try:
        about = json.loads(account)
        given = {**about, "token_uri": token_url or about["token_uri"]}
        found: Credentials = Account.from_service_account_info(given, scopes=[scope])  # type: ignore[no-untyped-call]
    except (ValueError, KeyError, TypeError, GoogleAuthError):
        message = (
            "GOOGLE_CREDENTIALS_JSON is not the key of a service account. Whoever runs this"
            " installation must put in the JSON that Google issues for it."
        )
        raise Refused(message, code="unauthorized") from None  # it may quote the key
    return found


def _failure(status: int, headers: Mapping[str, str], body: bytes) -> RemoteError:
    wait_s = http.retry_after_s(headers)
    if status == 429 or (status == 403 and _is_limit(body)):
        message = f"Google asks to wait ({status})."
        return Unavailable(message, code="rate_limited", retry_after_s=wait_s)
    if status in _REFUSALS:
        code, text = _REFUSALS[status]
        return Refused(text, code=code)
    if status >= 500 or status == 408:
        return Unavailable(
            f"Google failed ({status}).", code=f"status_{status}", retry_after_s=wait_s
        )
    return Refused(f"Google refused the question ({status}).", code="refused")


def _is_limit(body: bytes) -> bool:
    try:
        error = json.loads(body)["error"]
        reasons = {error.get("status"), *(one.get("reason") for one in error.get("errors", ()))}
    except (ValueError, KeyError, TypeError, AttributeError):
        return False
    return bool(reasons & _LIMITS)


def _no_token(error: GoogleAuthError) -> RemoteError:
    if error.retryable:
        return Unavailable("Google gives no token at the moment.", code="unavailable")
    code, text = _REFUSALS[401]
    return Refused(text, code=code)


def _unreadable() -> Unavailable:
    return Unavailable("Google's answer cannot be read.", code="unreadable")


_REFUSALS = {
    401: (
        "unauthorized",
        "Google does not accept the service account of this installation (401). Whoever runs it must"
        " renew GOOGLE_CREDENTIALS_JSON.",
    ),
    403: (
        "forbidden",
        "Google does not let our service account read this document (403). Share it with the address"
        " of the account, which the administrator of the press room knows, then read it again.",
    ),
    404: (
        "not_found",
        "Google shows us no document with this id (404). Mend the id, or share the document with the"
        " address of our service account.",
    ),
}
