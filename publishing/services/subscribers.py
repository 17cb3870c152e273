"""The CRM's subscribers as a file of contacts: checked here, and imported by a person's second click."""

import csv
import io
from collections.abc import Mapping
from typing import Any

import structlog
from django.utils import timezone

from halcytone.lib import rights
from halcytone.lib.errors import Invalid, Problem
from publishing import accounts
from publishing.channels.base import KnowsSubscribers
from publishing.models import Account
from segmentation.models import ImportRun
from segmentation.services import imports

log = structlog.get_logger(__name__)
HEADER = ("email", "name", "tags", "consent", "consent_at")


def fetch(account: Account, *, by: rights.Actor, wording: str, list: str = "") -> ImportRun:
    """Read everybody who takes the newsletter at the CRM, and check them as a file of contacts.

    A yes is dated as the CRM says; `wording` is what they agreed to there. No contact is touched: a
    person looks at the report and runs it. Raises NotAllowed, Invalid for an account of another
    channel, and the CRM's own Refused or Unavailable; then nothing is kept.
    """
    rights.require(by, imports.PERMISSION, act="import contacts")
    channel = accounts.channel(account)
    if not isinstance(channel, KnowsSubscribers):
        message = "Subscribers are read through an account of the channel crm."
        raise Invalid([Problem("wrong_channel", message, "account")])
    out = io.StringIO()
    rows = csv.writer(out)
    rows.writerow(HEADER)
    rows.writerows(_row(person) for person in channel.subscribers())
    name = f"{account.key}-subscribers-{timezone.now():%Y-%m-%d}.csv"
    given = {"purpose": "newsletter", "source": "import", "wording": wording, "list": list}
    run = imports.check(
        by=by,
        file_name=name,
        data=out.getvalue().encode(),
        consent={key: value for key, value in given.items() if value},
    )
    log.info("subscribers_fetched", account=account.pk, run=run.pk)
    return run


def _row(person: Mapping[str, Any]) -> tuple[str, ...]:
    """Return one line; who subscribes without a date has no proof, and the report says so."""
    names = (person.get("first_name"), person.get("last_name"))
    name = person.get("name") or " ".join(str(each) for each in names if each)
    tags = ", ".join(str(tag) for tag in person.get("tags") or ())
    at = str(person.get("subscription_date") or "")
    return (str(person.get("email") or ""), str(name), tags, "yes", at)
