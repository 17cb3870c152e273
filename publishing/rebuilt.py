"""A mail that left, made anew from its row: the same bytes, to answer "what exactly did you send me?"."""

import json
import re
from email import message_from_bytes, policy
from email.message import EmailMessage

from halcytone.lib.errors import WrongState
from publishing import accounts, acts, messages, tracking
from publishing.channels.base import Builds
from publishing.models import Delivery

#: In a row's `merge`: [[instant until which it was so, address], …], for readers who moved since.
MOVED = "moved"
NOT_HANDED_OVER = "Nothing was handed over for this row, so there is nothing to rebuild."
NOT_MAIL = "Only a mail by SMTP is bytes of ours; see the text of the row instead."
NOBODY = "The reader was erased, and her address with her: the mail cannot be made anew."


def mail(row: Delivery) -> bytes:
    """Return the bytes of the mail of this row as they were handed over, CRLF line ends.

    Made of the seal, the row's own values, the hand-over's instant and the address of then. The row
    needs `part_of__seal`, `release__draft__segment`, `account` and `contact`. Raises WrongState, with
    the reason, for a row of which no mail can be made.
    """
    if row.handed_over_at is None:
        raise WrongState(NOT_HANDED_OVER)
    headers = json.loads(row.part_of.seal.content)["headers"]
    channel = accounts.as_sealed(row.account, headers)
    if not isinstance(channel, Builds):
        raise WrongState(NOT_MAIL)
    if row.contact is None or not (address := address_then(row)):
        raise WrongState(NOBODY)
    row.contact.email = address  # of this instance; it is not saved
    sealed = messages.sealed(row.part_of, channel, row.part_of.seal.body)
    return channel.built(messages.message(acts.of(row), sealed))


def opened(data: bytes) -> dict[str, str]:
    """Return what a person reads of a mail: "subject", "from", "to", "date", "text", "html"."""
    parsed: EmailMessage = message_from_bytes(data, policy=policy.default)
    heads = {name: str(parsed.get(name, "")) for name in ("subject", "from", "to", "date")}
    bodies = {name: _body(parsed, kind) for name, kind in (("text", "plain"), ("html", "html"))}
    return heads | bodies


def looked_at(html: str) -> str:
    """Return the HTML of a mail without the image whose loading counts as its reader's look."""
    return re.sub(rf'<img src="{re.escape(tracking.open_base())}[^>]*>', "", html)


def address_then(row: Delivery) -> str:
    """Return the address that this row was handed over to; "" when it is not known any more."""
    assert row.contact is not None  # noqa: S101 - callers ask
    moved = [(until, address) for until, address in row.merge.get(MOVED, [])]
    at = row.handed_over_at.isoformat() if row.handed_over_at else ""
    return next((address for until, address in sorted(moved) if at < until), row.contact.email)


def _body(parsed: EmailMessage, kind: str) -> str:
    part = parsed.get_body(preferencelist=(kind,))
    return str(part.get_content()) if part is not None else ""
