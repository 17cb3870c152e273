"""The calls of the Halcytone CRM API, as publishing specification §4 has them."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

import httpx

from halcytone.lib import http
from halcytone.lib.errors import Unclear
from publishing.channels.base import iso

API = "/api/v1"
PAGE_SIZE, MOST_PAGES = 500, 2_000  # of the subscribers
#: How long the CRM may take for an answer, in seconds.
BATCH_S, LIST_S, CALL_S, QUICK_S = 30, 15, 10, 5
CHOICES = ("subscribe", "unsubscribe", "update")


@dataclass(frozen=True, slots=True)
class Job:
    """What became of one call of many mails. `errors` are as the CRM words them."""

    total: int
    sent: int
    failed: int
    status: str
    errors: Sequence[Any]


class CrmApi(AbstractContextManager["CrmApi"]):
    """A line to one CRM. Every call raises Refused, Unavailable or Unclear as `http.Client` does."""

    def __init__(
        self, endpoint: str, key: str, *, transport: httpx.BaseTransport | None = None
    ) -> None:
        headers = {"X-API-Key": key}
        self.client = http.Client("The CRM", endpoint, headers=headers, transport=transport)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.client.http.close()

    def send_batch(self, body: Mapping[str, Any], *, request_id: str) -> Mapping[str, Any]:
        """Send one mail to up to a hundred people; returns `{"successful", "failed", "errors"}`."""
        path = f"{API}/email/batch"
        answer = self.client.post(path, body, request_id=request_id, timeout_s=BATCH_S)
        return _mapping(answer)

    def job(self, id: str) -> Job:
        found = self._get(f"email/jobs/{id}", {}, QUICK_S)
        names = ("total_recipients", "sent_count", "failed_count")
        total, sent, failed = (_count(found.get(name)) for name in names)
        return Job(total, sent, failed, str(found.get("status", "")), list(found["errors"] or ()))

    def subscribers(self) -> Iterator[Mapping[str, Any]]:
        """Yield everybody who takes the newsletter: `{"id", "email", "name", "preferences", "tags"}`."""
        for number in range(MOST_PAGES):
            asked: dict[str, str | int] = {"newsletter_opt_in": "true", "status": "active"}
            asked |= {"limit": PAGE_SIZE, "offset": number * PAGE_SIZE}
            found = self._get("users/subscribers", asked, LIST_S)
            people = found.get("users", found.get("subscribers"))
            if not isinstance(people, list):
                raise Unclear("The CRM's subscribers cannot be read", code="unreadable")
            yield from people
            if len(people) < PAGE_SIZE:
                return
        raise Unclear("The CRM has more subscribers than can be read", code="too_many")

    def subscribers_count(self) -> int:
        found = self._get("users/subscribers/count", {}, LIST_S)
        return _count(found.get("count", found.get("total")))

    def track(self, event: str, *, email: str, campaign_id: str, at: datetime) -> None:
        """Tell the CRM what happened to a mail."""
        told = {"event": event, "email": email, "campaign_id": campaign_id, "timestamp": iso(at)}
        self.client.post(f"{API}/email/track", {**told, "metadata": {}}, timeout_s=QUICK_S)

    def analytics(self, campaign_id: str, start: datetime, end: datetime) -> Mapping[str, Any]:
        """Return the totals and rates of a campaign between two instants."""
        asked = {"campaign_id": campaign_id, "start_date": iso(start), "end_date": iso(end)}
        return self._get("email/analytics", asked, CALL_S)

    def subscription(
        self, choice: str, *, email: str, preferences: Mapping[str, Any], at: datetime
    ) -> None:
        """Tell the CRM that somebody chose to subscribe, unsubscribe or update."""
        told = {"email": email, "preferences": preferences, "timestamp": iso(at)}
        self.client.post(f"{API}/subscriptions/{choice}", told, timeout_s=CALL_S)

    def validated(self, emails: Sequence[str]) -> Mapping[str, Sequence[str]]:
        """Return `{"valid", "invalid", "disposable", "role_based"}`; without an answer nothing is validated."""
        path = f"{API}/email/validate"
        return _mapping(self.client.post(path, {"emails": list(emails)}, timeout_s=CALL_S))

    def health(self) -> Mapping[str, Any]:
        return _mapping(self.client.get("/health", timeout_s=QUICK_S))

    def _get(
        self, path: str, asked: Mapping[str, str | int], timeout_s: float
    ) -> Mapping[str, Any]:
        return _mapping(self.client.get(f"{API}/{path}", asked, timeout_s=timeout_s))


def _mapping(answer: http.Answer) -> Mapping[str, Any]:
    if not isinstance(answer.data, Mapping):
        raise Unclear("The CRM gave an unreadable answer", code="unreadable")
    return answer.data


def _count(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise Unclear("The CRM gave no count", code="unreadable")
    return value
