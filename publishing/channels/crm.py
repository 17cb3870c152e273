"""Mail through the Halcytone CRM: one call carries up to a hundred readers of one newsletter."""

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from itertools import groupby
from typing import Any

import httpx

from content.formats import merge
from halcytone.lib.errors import Refused, RemoteError, Unclear
from publishing.channels import letters
from publishing.channels.base import (
    GO,
    NO_GO,
    AccountFace,
    Channel,
    Check,
    Content,
    Message,
    Receipt,
    Recipient,
)
from publishing.channels.crm_api import CrmApi
from publishing.channels.passport import API_KEY, Passport

MOST_RECIPIENTS = 100  # of one call
MOST_OF_CAMPAIGN = 10_000
KEY_LEAST = 16  # characters of a key in production
REHEARSAL = re.compile(r"localhost|127\.|\[::1\]|dev|test|mock|example", re.IGNORECASE)
PASSPORT = Passport(
    api_version="1",
    auth=API_KEY,
    limits={"html": 500_000, "subject": 100, "recipients": MOST_RECIPIENTS},
    per_second=10,
    per_hour=36_000,
)
BRACES = "{{"


class Crm(Channel):
    """Hands mails to the CRM. `endpoint` is its base URL, `credential` the API key.

    The CRM fills `{{name}}` and its like from each reader's merge_vars. A call whose answer was lost, or
    does not add up, is looked up once as a job; without a whole account of it all its rows are uncertain.
    """

    name = "crm"
    formats = ("newsletter",)
    takes_recipients = True
    passport = PASSPORT
    batch = MOST_RECIPIENTS
    campaign_size = MOST_OF_CAMPAIGN

    def __init__(
        self,
        account: AccountFace,
        *,
        transport: httpx.BaseTransport | None = None,
        **options: Any,
    ) -> None:
        super().__init__(account, **options)
        self.transport = transport

    def problems(self, content: Content) -> list[str]:
        found = letters.problems(content, self.passport)
        for key in ("subject", "html", "text"):
            if BRACES in str(content.get(key, "")):
                found.append(f"The {key} has {BRACES}, which the CRM takes for a merge field")
        return found

    def account_problems(self, endpoint: str, secret: str) -> Mapping[str, str]:
        found: dict[str, str] = {}
        if not endpoint.startswith("https://") or REHEARSAL.search(endpoint):
            found["endpoint"] = (
                "The CRM of production is an https address without localhost, dev, test, mock or"
                " example in it."
            )
        if len(secret) < KEY_LEAST or REHEARSAL.search(secret):
            found["credential"] = (
                f"The CRM's key of production has {KEY_LEAST} characters or more and no dev, test,"
                " mock or example in it."
            )
        return found

    @contextmanager
    def session(self) -> Iterator["CrmSession"]:
        with self.api() as api:
            yield CrmSession(self, api)

    def api(self) -> CrmApi:
        return CrmApi(self.account.endpoint, self.account.credential, transport=self.transport)

    def subscribers(self) -> list[Mapping[str, Any]]:
        with self.api() as api:
            return list(api.subscribers())

    def check(self, at: datetime) -> Sequence[Check]:
        """Ask how many subscribe: whoever may ask that has a key that works."""
        with self.api() as api:
            try:
                health = api.health()
                count = api.subscribers_count()
            except Refused as error:
                return (Check("sign_in", NO_GO, str(error)),)
        named = f"{health.get('service', 'The CRM')} {health.get('version', '')}".strip()
        return (Check("sign_in", GO, f"{named} answers and has {count:,} subscribers."),)


class CrmSession:
    """A line to the CRM."""

    def __init__(self, channel: Crm, api: CrmApi) -> None:
        self.channel, self.api = channel, api

    def send(self, message: Message) -> Receipt:
        (answer,) = self.send_many([message])
        if isinstance(answer, RemoteError):
            raise answer
        return answer

    def send_many(self, messages: Sequence[Message]) -> Sequence[Receipt | RemoteError]:
        """Send them in one call, or in one for each campaign that they belong to."""
        answers: list[Receipt | RemoteError] = []
        for _, group in groupby(messages, key=lambda message: message.campaign):
            together = list(group)
            try:
                answers += self._call(together)
            except RemoteError as error:
                answers += [error] * len(together)
        return answers

    def _call(self, together: Sequence[Message]) -> Sequence[Receipt | RemoteError]:
        if problems := self.channel.problems(together[0].content):
            raise Refused(problems[0], code="bad_content")
        id = call_id(together)
        try:
            answer = self.api.send_batch(wire(together), request_id=id)
        except Unclear as lost:
            return self._looked_up(together, id, lost)
        id = str(answer.get("job_id") or id)
        counts = (answer.get("successful"), answer.get("failed"))
        if told := sorted_out(together, id, *counts, answer.get("errors")):
            return told
        said = "The CRM's counts do not add up to the mails of the call"
        return self._looked_up(together, id, Unclear(said, code="bad_counts"))

    def _looked_up(
        self, together: Sequence[Message], id: str, lost: Unclear
    ) -> Sequence[Receipt | RemoteError]:
        """Ask the CRM what it knows of this call, once; what it cannot tell stays unclear."""
        try:
            job = self.api.job(id)
        except (RemoteError, KeyError, TypeError):
            return [lost] * len(together)
        if job.status != "completed" or job.total != len(together):
            return [lost] * len(together)
        told = sorted_out(together, id, job.sent, job.failed, job.errors)
        return told or [lost] * len(together)


def call_id(together: Sequence[Message]) -> str:
    """Return the name of a call: the same mails in the same order always make the same one."""
    keys = ".".join(message.key for message in together)
    return hashlib.sha256(keys.encode()).hexdigest()[:32]


def wire(together: Sequence[Message]) -> dict[str, Any]:
    """Return the body of the call that sends one newsletter to these readers."""
    content = together[0].content
    body = {key: _braced(str(content[key])) for key in ("html", "text")}
    tracking = {"opens": True, "clicks": True, "unsubscribes": True}
    fallbacks = _fallbacks(f"{content['html']} {content['text']}")
    return {
        "recipients": [_recipient(message, fallbacks) for message in together],
        "subject": content["subject"],
        **body,
        "tracking": tracking,
        "campaign_id": together[0].campaign,
    }


def sorted_out(
    together: Sequence[Message], id: str, successful: Any, failed: Any, errors: Any
) -> Sequence[Receipt | RemoteError] | None:
    """Return what became of each mail, or None where the counts and errors do not tell.

    All went out when nothing failed and as many succeeded as were sent. Where every failure names its
    address, those failed and the others went out.
    """
    if not isinstance(successful, int) or not isinstance(failed, int):
        return None
    named = {_address(error).lower() for error in errors or ()}
    refused = [to(message).address.lower() in named for message in together]
    if successful + failed != len(together) or not sum(refused) == len(named) == failed:
        return None
    said = Refused("The CRM did not take this reader", code="recipient_refused")
    return [said if is_refused else Receipt(id) for is_refused in refused]


def to(message: Message) -> Recipient:
    """Return who a mail is for. Raises Refused for a message that is none."""
    if message.recipient is None or not message.recipient.merge.get("unsubscribe_url"):
        raise Refused("The mail has no way to unsubscribe", code="no_unsubscribe")
    return message.recipient


def _recipient(message: Message, fallbacks: Mapping[str, str]) -> dict[str, Any]:
    reader = to(message)
    name = reader.name or fallbacks.get("name", "Subscriber")
    given = {field: value or fallbacks.get(field, "") for field, value in reader.merge.items()}
    one_click = reader.merge.get("one_click_url") or reader.merge["unsubscribe_url"]
    merge_vars = {**given, "name": name, "email": reader.address, "one_click_url": one_click}
    return {"email": reader.address, "name": name, "user_id": None, "merge_vars": merge_vars}


def _braced(text: str) -> str:
    """Return a text with its merge fields as the CRM writes them."""
    return "".join(
        part if isinstance(part, str) else f"{{{{{part.name}}}}}" for part in merge.split(text)
    )


def _fallbacks(text: str) -> dict[str, str]:
    slots = (part for part in merge.split(text) if isinstance(part, merge.Slot))
    return {slot.name: slot.fallback for slot in slots if slot.fallback}


def _address(error: Any) -> str:
    """Return the address that an error names; "" when it names none."""
    if isinstance(error, Mapping):
        return str(error.get("email") or error.get("recipient") or "")
    found = re.search(r"[^\s<>,;:\"']+@[^\s<>,;:\"']+", str(error))
    return found[0].rstrip(".") if found else ""
