"""What the CRM keeps: contacts, mails to them, calls of many mails, campaigns."""

import re
import sqlite3
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from halcytone.sandbox.gate import Problem
from halcytone.sandbox.store import Doc, Objects, count_up, now

ADDRESS = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
MOST_RECIPIENTS = 100  # of one call
ACTIVE, UNSUBSCRIBED, BOUNCED = "active", "unsubscribed", "bounced"
KINDS = ("crm_contact", "crm_mail", "crm_job", "crm_campaign")
#: What an event of a mail counts as in reports.
COUNTED = {
    "delivered": "delivered",
    "opened": "opened",
    "clicked": "clicked",
    "unsubscribed": "unsubscribed",
    "bounced": "bounced",
}


class Crm:
    """All that one CRM holds."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self.db = db
        self.contacts, self.mails, self.jobs, self.campaigns = (Objects(db, k) for k in KINDS)

    def add_contact(self, data: Mapping[str, Any]) -> Doc:
        """Keep a new contact. Raises Problem 422 for a bad address, 409 for a known one."""
        email = _address(data)
        if self.contacts.get(email):
            raise Problem(409, "A contact with this address exists")
        return self._put_contact(email, {}, data)

    def set_contact(self, data: Mapping[str, Any], status: str) -> tuple[Doc, bool]:
        """Keep a contact in this status; also tell whether it is new. Raises Problem 422."""
        email = _address(data)
        known = self.contacts.get(email)
        return self._put_contact(email, known or {}, {**data, "status": status}), known is None

    def _put_contact(self, email: str, known: Doc, data: Mapping[str, Any]) -> Doc:
        contact = {"first_name": "", "last_name": "", "tags": [], "metadata": {}}
        contact |= {"preferences": {}, "status": ACTIVE, "created_at": now()}
        contact |= known or {"id": f"contact-{count_up(self.db, 'crm_contact')}"}
        named = ("first_name", "last_name", "tags", "metadata", "preferences", "status")
        contact |= {key: data[key] for key in named if data.get(key) is not None}
        return self.contacts.put(email, contact | {"email": email})

    def people(self, *, status: str) -> list[Doc]:
        """Return the contacts of a status ("" or "all": everybody), oldest first."""
        found = reversed(self.contacts.all())
        return [each for each in found if status in ("", "all", each["status"])]

    def counts(self) -> dict[str, int]:
        by_status = Counter(each["status"] for each in self.contacts.all())
        shown = {name: by_status[name] for name in (ACTIVE, UNSUBSCRIBED, BOUNCED)}
        return {"total": by_status.total(), **shown}

    def send(self, mail: Mapping[str, Any], recipients: Sequence[Mapping[str, Any]]) -> Doc:
        """Keep a mail to each of these people; return the job with what became of them.

        Who has unsubscribed, bounced or no address that mail can carry is told by name in `errors`.
        """
        errors = [found for each in recipients if (found := self._unwritable(each))]
        refused = {error["email"] for error in errors}
        good = [each for each in recipients if str(each.get("email", "")) not in refused]
        for each in good:
            self._keep_mail(mail, each)
        return {
            "total_recipients": len(recipients),
            "sent_count": len(good),
            "failed_count": len(errors),
            "status": "completed",
            "started_at": now(),
            "completed_at": now(),
            "errors": errors,
        }

    def keep_job(self, id: str, job: Doc) -> Doc:
        """Keep what became of one call under the id that it was made with."""
        return self.jobs.put(id, {"job_id": id, **job})

    def add_event(self, data: Mapping[str, Any]) -> int:
        """Note an event on the mails of an address (and campaign); return how many those are."""
        kind, found = str(data.get("event", "")), self._mails_of(data)
        for mail in found:
            noted = {"event": kind, "timestamp": data.get("timestamp") or now()}
            mail |= {"events": [*mail["events"], noted], "status": kind}
            self.mails.put(mail["message_id"], mail, key=mail["campaign_id"])
        return len(found)

    def figures(self, mails: Sequence[Doc]) -> dict[str, Any]:
        """Count what really happened to these mails; rates are shares of what was delivered."""
        counts = Counter[str]({"sent": len(mails)})
        for mail in mails:
            counts.update({COUNTED[e["event"]] for e in mail["events"] if e["event"] in COUNTED})
        reached = counts["delivered"] or counts["sent"]
        shown = {name: counts[name] for name in ("sent", *COUNTED.values())}
        rates = {"open_rate": counts["opened"], "click_rate": counts["clicked"]}
        return shown | {
            name: round(n / reached, 4) if reached else 0.0 for name, n in rates.items()
        }

    def since(self, days: int) -> list[Doc]:
        start = (datetime.now(UTC) - timedelta(days=days)).isoformat()
        return [mail for mail in self.mails.all() if mail["timestamp"] >= start]

    def _unwritable(self, recipient: Mapping[str, Any]) -> Doc | None:
        email = str(recipient.get("email", ""))
        known = self.contacts.get(email.lower())
        if not ADDRESS.fullmatch(email):
            return {"email": email, "error": "invalid address"}
        if known and known["status"] != ACTIVE:
            return {"email": email, "error": known["status"]}
        return None

    def _keep_mail(self, mail: Mapping[str, Any], recipient: Mapping[str, Any]) -> None:
        id, sent_at = f"msg-{count_up(self.db, 'crm_mail')}", now()
        kept: Doc = {key: mail.get(key) for key in ("subject", "html", "text")}
        kept |= {"message_id": id, "email": recipient["email"], "status": "sent"}
        kept |= {"merge_vars": recipient.get("merge_vars", {}), "timestamp": sent_at}
        kept |= {"campaign_id": str(mail.get("campaign_id") or "")}
        kept["events"] = [{"event": "sent", "timestamp": sent_at}]
        self.mails.put(id, kept, key=kept["campaign_id"])

    def _mails_of(self, data: Mapping[str, Any]) -> list[Doc]:
        campaign, email = str(data.get("campaign_id") or ""), str(data.get("email", "")).lower()
        found = self.mails.by_key(campaign) if campaign else self.mails.all()
        return [mail for mail in found if str(mail["email"]).lower() == email]


def _address(data: Mapping[str, Any]) -> str:
    email = str(data.get("email", "")).strip().lower()
    if not ADDRESS.fullmatch(email):
        raise Problem(422, "email must be an address")
    return email


def mail_of(data: Mapping[str, Any], *, html: str = "html") -> dict[str, Any]:
    """Return the mail in a call, `html` naming its field. Raises Problem 422 for what is missing."""
    for name in ("subject", html):
        if not str(data.get(name) or "").strip():
            raise Problem(422, f"{name} is missing")
    return {**data, "html": data[html], "text": data.get("text") or data.get("text_content") or ""}
