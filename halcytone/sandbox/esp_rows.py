"""What the mail services keep, whom they do not write to, and how each tells what became of a mail."""

import json
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from email.utils import parseaddr
from typing import Any

from halcytone.sandbox.crm_rows import ADDRESS
from halcytone.sandbox.events import Told
from halcytone.sandbox.gate import Problem, World
from halcytone.sandbox.store import Objects, count_up, now

KIND = "esp_mail"
#: An event by the word of people, as each service words it.
POSTMARK: Mapping[str, Mapping[str, Any]] = {
    "delivered": {"RecordType": "Delivery", "DeliveredAt": ""},
    "deferred": {"RecordType": "Bounce", "Type": "Transient", "BouncedAt": ""},
    "bounced": {"RecordType": "Bounce", "Type": "HardBounce", "TypeCode": 1, "BouncedAt": ""},
    "complained": {"RecordType": "SpamComplaint", "Type": "SpamComplaint", "BouncedAt": ""},
    "opened": {"RecordType": "Open", "ReceivedAt": ""},
    "clicked": {"RecordType": "Click", "ReceivedAt": ""},
    "unsubscribed": {
        "RecordType": "SubscriptionChange",
        "SuppressSending": True,
        "SuppressionReason": "ManualSuppression",
        "ChangedAt": "",
    },
}
BREVO = {
    "delivered": "delivered",
    "deferred": "deferred",
    "bounced": "hard_bounce",
    "complained": "spam",
    "opened": "unique_opened",
    "clicked": "click",
    "unsubscribed": "unsubscribe",
}
SENDGRID = {
    "delivered": "delivered",
    "deferred": "deferred",
    "bounced": "bounce",
    "complained": "spamreport",
    "opened": "open",
    "clicked": "click",
    "unsubscribed": "unsubscribe",
}


@dataclass(slots=True)
class Mail:
    """One mail to one person, as a service took it."""

    service: str
    to: str
    sender: str
    subject: str = ""
    html: str = ""
    text: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    metadata: Mapping[str, Any] = field(default_factory=dict)

    @property
    def address(self) -> str:
        return parseaddr(self.to)[1]

    def fill(self, subject: Any, html: Any, text: Any) -> None:
        """Set the content. Raises Problem 422 for what is missing."""
        for name, value in (("subject", subject), ("body", html or text)):
            if not value:
                raise Problem(422, f"300 The {name} is missing")
        self.subject, self.html, self.text = str(subject), str(html or ""), str(text or "")


def kept(world: World, mail: Mail, *, id: str = "") -> str:
    """Keep a mail and return its id, the one given or a new one."""
    number = count_up(world.db, KIND)
    id = id or f"{mail.service}-{number:08d}-0000-4000-8000-000000000000"
    doc = {"id": id, "at": now(), "address": mail.address, **asdict(mail)}
    Objects(world.db, KIND).put(id, doc, key=mail.address.lower())
    return id


def unwritable(to: str) -> str:
    """Return "invalid" or "inactive" for an address that is marked so in its local part, else ""."""
    address = parseaddr(to)[1]
    if not ADDRESS.fullmatch(address):
        return "invalid"
    local = address.partition("@")[0].lower()
    return next((word for word in ("invalid", "inactive") if local.startswith(word)), "")


def refuse(mail: Mail) -> None:
    """Raise Problem 400 for somebody who is not written to."""
    if why := unwritable(mail.to):
        raise Problem(400, f"The address is {why}")


def parsed(text: str) -> dict[str, Any]:
    found = json.loads(text)
    return dict(found) if isinstance(found, dict) else {}


def shape(world: World, event: Mapping[str, Any]) -> Told:
    """Word `{"kind", "message_id"}` or `{"kind", "to"}` as the service of that mail does."""
    mail = _mail(world, event)
    kind, id = str(event.get("kind", "")), f"{count_up(world.db, 'event')}"
    if kind not in BREVO:
        raise ValueError(f"kind is one of {', '.join(BREVO)}")
    if mail["service"] == "postmark":
        words = {key: now() if value == "" else value for key, value in POSTMARK[kind].items()}
        who = {"Email": mail["address"], "Recipient": mail["address"], "Metadata": mail["metadata"]}
        return Told({"MessageID": mail["id"], "ID": int(id), **who, **words})
    who = {"email": mail["address"]}
    if mail["service"] == "brevo":
        custom = {"X-Mailin-custom": json.dumps(mail["metadata"]), "id": int(id)}
        moment = {"ts_epoch": int(time.time() * 1000)}
        return Told({"event": BREVO[kind], "message-id": mail["id"], **who, **custom, **moment})
    ids = {"sg_event_id": id, "sg_message_id": f"{mail['id']}.sandbox"}
    one = {"event": SENDGRID[kind], "timestamp": int(time.time()), **who, **ids, **mail["metadata"]}
    return Told([one])


def _mail(world: World, event: Mapping[str, Any]) -> dict[str, Any]:
    mails = Objects(world.db, KIND)
    if found := mails.get(str(event.get("message_id", ""))):
        return found
    if to := mails.by_key(str(event.get("to", "")).lower()):
        return to[-1]
    raise ValueError("no such mail: name its message_id, or to")
