"""The Graph API that Facebook and Instagram share: its versions, its errors, its ids.

Source: https://developers.facebook.com/docs/graph-api/guides/error-handling
"""

import json
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import httpx

from halcytone.lib import http
from halcytone.lib.errors import Refused, RemoteError, Unavailable, Unclear
from publishing.channels import credentials
from publishing.channels.base import GO, NO_GO, AccountFace, Check

HOST = "graph.facebook.com"
VERSION, SUNSET = "v24.0", date(2027, 10, 8)  # a version lives for two years
SKEW = timedelta(seconds=5)  # how far the clock of Meta may be behind ours
BUSY = frozenset({4, 17, 32, 613, 9, 80001, 80002})
WORDS = {190: "unauthorized", 102: "unauthorized", 368: "policy", 506: "duplicate", 2635: "version_retired",
         10: "forbidden", 200: "forbidden"}  # fmt: skip
UNSURE = frozenset({1, 2})  # "an unknown error", "temporarily unavailable"
GONE = frozenset({100, 803})  # with subcode 33: there is no such object
WAIT_S = 900  # when a limit is used up and no header says until when
BUSINESS = "x-business-use-case-usage"


def client(
    place: str,
    account: AccountFace,
    version: str,
    *,
    heard: Callable[[http.Answer], None],
    transport: httpx.BaseTransport | None,
) -> http.Client:
    """Return a client whose paths begin behind the version."""
    return http.Client(
        place,
        f"{account.endpoint}/{version}",
        headers={},
        code=lambda answer: meaning(place, answer),
        auth=credentials.auth(account.credential),
        heard=heard,
        transport=transport,
    )


def meaning(place: str, answer: http.Answer) -> str | RemoteError:
    """Return what an error of Graph means: its own word, or the error itself; "" when it says nothing."""
    error = mapping(mapping(answer.data).get("error"))
    code, sub = error.get("code"), error.get("error_subcode")
    if code in BUSY or answer.status == 429:
        said = f"{place} asks to wait: a limit is used up"
        return Unavailable(said, retry_after_s=wait_s(answer.headers), code="rate_limited")
    if code in UNSURE and answer.status != 503:
        return Unclear(f"{place} failed and may have taken it", code=f"graph_{code}")
    if code == 190:
        return Refused(
            f"{place} does not accept the token of this account; connect it again",
            code="unauthorized",
        )
    if code in GONE and sub == 33:
        return "not_found"
    return WORDS.get(code, "") if isinstance(code, int) else ""


def wait_s(headers: Mapping[str, str]) -> int:
    """Return how long to wait: as a header says, else a quarter of an hour."""
    given = http.retry_after_s(headers)
    if given is not None:
        return given
    try:
        usages = json.loads(headers.get(BUSINESS, "{}"))
        rows = [row for rows in usages.values() for row in rows]
        minutes = max(int(row.get("estimated_time_to_regain_access", 0)) for row in rows)
    except (ValueError, TypeError, AttributeError):
        minutes = 0
    return min(minutes * 60, http.MAX_RETRY_AFTER_S) or WAIT_S


def identified(data: Any, place: str) -> str:
    """Return the id of an answer. Raises Unclear without one."""
    found = mapping(data).get("id")
    if not isinstance(found, str) or not found:
        raise Unclear(f"{place} took it but named no id", code="no_id")
    return found


def signed_in(http_client: http.Client, account: AccountFace, fields: str) -> Check:
    """Ask who the account is; `fields` are those of which the last one is its name."""
    try:
        found = mapping(http_client.get(f"/{account.profile_id}", {"fields": fields}).data)
    except Refused as error:
        return Check("sign_in", NO_GO, str(error))
    if found.get("id") != account.profile_id:
        return Check(
            "sign_in", NO_GO, "The credential speaks for another profile than this account's."
        )
    return Check("sign_in", GO, f"It speaks as {found.get(fields.rpartition(',')[2], '')}.")


def mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def rows_of(data: Any, place: str) -> list[Mapping[str, Any]]:
    """Return the rows of a list. Raises Unclear when it cannot be read."""
    rows = mapping(data).get("data")
    if not isinstance(rows, list):
        raise Unclear(f"{place}'s list cannot be read", code="unreadable")
    return [mapping(row) for row in rows]


def is_since(row: Mapping[str, Any], name: str, at: datetime) -> bool:
    """Tell whether a row was made after this instant; Graph writes 2026-12-01T15:00:00+0000."""
    try:
        return datetime.fromisoformat(str(row.get(name, ""))) >= (at - SKEW).replace(microsecond=0)
    except (ValueError, TypeError):
        return False


def is_real(account: AccountFace) -> bool:
    return urlsplit(account.endpoint).hostname == HOST


def same(one: Any, other: str) -> bool:
    """Tell whether two texts say the same; Graph changes space at line ends."""
    return " ".join(str(one or "").split()) == " ".join(other.split())
