"""The preference page: what she gets, in her own hands."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from segmentation.models import Channel, Consent, Contact, Purpose
from segmentation.services import consents, contacts, suppressions, unsubscribe

#: (language code, its own name), as offered on the page.
LANGUAGES = (
    ("en", "English"), ("de", "Deutsch"), ("es", "Español"), ("fr", "Français"),
    ("it", "Italiano"), ("nl", "Nederlands"), ("pl", "Polski"), ("pt", "Português"),
)  # fmt: skip
WHAT = {
    Purpose.NEWSLETTER: "The regular edition",
    Purpose.PRODUCT_NEWS: "What is new in the product",
    Purpose.SESSIONS: "Invitations to live sessions",
    Purpose.GREETINGS: "A note on your birthday and other days",
    Purpose.RESEARCH: "A question now and then, to learn from you",
    Purpose.TRACKING: "We may see which of our mails and links you open. Without it we count nobody in particular",
}


@dataclass(frozen=True, slots=True)
class Choice:
    """One kind of mail she can switch. `key` names it in the form."""

    purpose: str
    list: str
    label: str
    text: str
    is_on: bool

    @property
    def key(self) -> str:
        return f"{self.purpose}:{self.list}"


def choices(contact: Contact, *, purpose: str, list: str) -> list[Choice]:
    """Return every purpose, and every list she has answered for or came from, in a fixed order."""
    mails = contact.consents.filter(channel=Channel.EMAIL).order_by()
    pairs = {(one.value, "") for one in Purpose} | {(purpose, list)}
    pairs |= set(mails.values_list("purpose", "list"))
    given = set(mails.current().filter(is_given=True).values_list("purpose", "list"))
    left = _left(contact)
    order = [one.value for one in Purpose]
    return [
        _choice(one, name, is_on=(one, name) in given and not left & {"", name})
        for one, name in sorted(pairs, key=lambda pair: (order.index(pair[0]), pair[1]))
    ]


def is_stopped_otherwise(contact: Contact) -> bool:
    """Tell whether a suppression that is not hers to lift keeps every mail from her."""
    rows = suppressions.of(contact).exclude(reason__in=suppressions.HERS_ALONE)
    return rows.filter(list="").exists()


@transaction.atomic
def save(
    contact: Contact,
    *,
    shown: Collection[Choice],
    wanted: Collection[str],
    language: str = "",
    ip: str | None = None,
    user_agent: str = "",
) -> None:
    """Record what she switched: `wanted` holds the keys that are on now. Unchanged ones add no row.

    Raises Invalid for a language that is none, or an erased contact.
    """
    proof: dict[str, Any] = {"source": Consent.Source.FORM, "ip": ip, "user_agent": user_agent}
    for choice in shown:
        about: dict[str, Any] = {
            "channel": Channel.EMAIL,
            "purpose": choice.purpose,
            "list": choice.list,
        }
        if choice.key in wanted and not is_on(contact, choice):
            consents.give(contact, **about, **proof, wording=f"{choice.label}: {choice.text}")
        elif choice.key not in wanted and choice.is_on:
            consents.withdraw(contact, **about, **proof)
    if language and language != contact.language:
        contacts.change(contact, by=None, language=language)


@transaction.atomic
def stop_all(
    contact: Contact, *, shown: Collection[Choice], ip: str | None = None, user_agent: str = ""
) -> None:
    """Switch every mail off, and suppress her address for every list."""
    for choice in shown:
        if choice.is_on:
            consents.withdraw(
                contact,
                channel=Channel.EMAIL,
                purpose=choice.purpose,
                list=choice.list,
                source=Consent.Source.FORM,
                ip=ip,
                user_agent=user_agent,
            )
    unsubscribe.stop(contact, list="", purpose=Purpose.NEWSLETTER, ip=ip, user_agent=user_agent)


def is_on(contact: Contact, choice: Choice) -> bool:
    """Tell whether this mail reaches her as far as her own answers go, at this moment."""
    last = consents.last_answer(
        contact, channel=Channel.EMAIL, purpose=choice.purpose, list=choice.list
    )
    return last is not None and last.is_given and not _left(contact) & {"", choice.list}


def _left(contact: Contact) -> set[str]:
    """Return the lists she left or complained about; "" among them = all of them."""
    rows = suppressions.of(contact).filter(reason__in=suppressions.HERS_ALONE)
    return set(rows.order_by().values_list("list", flat=True))


def _choice(purpose: str, list_name: str, *, is_on: bool) -> Choice:
    known = Purpose(purpose)
    label = known.label
    if list_name:
        label = f"{label}: {list_name.replace('-', ' ').replace('_', ' ')}"
    return Choice(purpose, list_name, label, WHAT[known], is_on)
