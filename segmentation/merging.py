"""What a chunk of records would do to the contacts we know: added, changed, skipped, rejected.

A withdrawal is never overwritten, a known answer never repeated, and whoever asked to be erased is
not brought back. Reads the database; writes nothing.
"""

from collections.abc import Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from segmentation import addresses, cleaning
from segmentation.models import Channel, Consent, Contact, ImportRun
from segmentation.records import Answer, Record
from segmentation.services import contacts

KINDS = ("add", "change", "skip", "reject")
WITHDREW = "She withdrew this consent; that stays."


@dataclass(frozen=True, slots=True)
class Terms:
    """How records meet contacts: the policy, and the mail that a yes is for."""

    policy: str
    purpose: str
    list: str
    is_demo: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """What becomes of one row, and why."""

    record: Record
    kind: str
    reason: str = ""
    field: str = ""


@dataclass(slots=True)
class Plan:
    """What is to be written for a chunk."""

    added: list[Contact] = field(default_factory=list)
    changed: list[Contact] = field(default_factory=list)
    columns: set[str] = field(default_factory=set)  # that differ in `changed`
    answers: list[tuple[Contact, Answer]] = field(default_factory=list)
    moved: list[tuple[str, Contact]] = field(default_factory=list)  # from this address
    outcomes: list[Outcome] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Known:
    by_id: Mapping[str, Contact]
    by_key: Mapping[str, Contact]
    erased: set[str]
    answers: Mapping[int, bool]


def plan(
    chunk: Sequence[Record],
    *,
    terms: Terms,
    seen: MutableMapping[int, int],
    now: datetime,
    people: QuerySet[Contact],
) -> Plan:
    """Judge a chunk. `seen` remembers the keys of earlier rows of the file and their lines.

    `people` is where known contacts are looked up; locked by the caller who will write.
    """
    known = _known(chunk, terms, people)
    made = Plan()
    for record in chunk:
        outcome = _refused(record, known) or _repeated(record, seen)
        made.outcomes.append(outcome or _merge(record, known, terms, made, now))
    return made


def _known(chunk: Sequence[Record], terms: Terms, people: QuerySet[Contact]) -> _Known:
    good = [record.values for record in chunk if record.problem is None]
    ids = {values["external_id"] for values in good if "external_id" in values}
    emails = {addresses.key(values["email"]) for values in good if "email" in values}
    found = {contact.pk: contact for contact in people.filter(external_id__in=ids)}
    found |= {contact.pk: contact for contact in people.filter(email_key__in=emails)}
    rows = Consent.objects.filter(
        contact__in=found, channel=Channel.EMAIL, purpose=terms.purpose, list=terms.list
    )
    return _Known(
        by_id={one.external_id: one for one in found.values() if one.external_id},
        by_key={one.email_key: one for one in found.values() if one.email_key},
        erased=contacts.erased(emails),
        answers=dict(rows.current().order_by().values_list("contact_id", "is_given")),
    )


def _refused(record: Record, known: _Known) -> Outcome | None:
    if record.problem is not None:
        return Outcome(record, "reject", record.problem.message, record.problem.attr)
    key, external_id = _key(record), record.values.get("external_id")
    by_id, by_key = known.by_id.get(external_id or ""), known.by_key.get(key)
    if key in known.erased or any(one and one.is_erased for one in (by_id, by_key)):
        return Outcome(record, "reject", "This person asked to be erased.", "email")
    if by_id and by_key and by_id is not by_key:
        reason = "The address belongs to one contact and the external id to another."
        return Outcome(record, "reject", reason, "external_id")
    if by_key and external_id and by_key.external_id and by_key.external_id != external_id:
        reason = "The contact with this address has another external id."
        return Outcome(record, "reject", reason, "external_id")
    return None


def _repeated(record: Record, seen: MutableMapping[int, int]) -> Outcome | None:
    """Tell when an earlier row had the same address or id. Hashes keep the memory small."""
    keys = [hash(("key", _key(record)))] if "email" in record.values else []
    if "external_id" in record.values:
        keys.append(hash(("id", record.values["external_id"])))
    lines = [seen[key] for key in keys if key in seen]
    for key in keys:
        seen.setdefault(key, record.line)
    return (
        Outcome(record, "skip", f"Same contact as line {min(lines)}.", "email") if lines else None
    )


def _merge(record: Record, known: _Known, terms: Terms, made: Plan, now: datetime) -> Outcome:
    contact = known.by_id.get(record.values.get("external_id", ""))
    contact = contact or known.by_key.get(_key(record))
    if contact is None:
        return _add(record, terms, made, now)
    if terms.policy == ImportRun.Policy.SKIP:
        return Outcome(record, "skip", "Known already.")
    changes = _changes(record, contact, terms.policy)
    answer = known.answers.get(contact.pk)
    is_new_answer = record.answer is not None and answer is None
    if record.answer is not None and is_new_answer:
        made.answers.append((contact, record.answer))
    if changes:
        _change(contact, changes, made, now)
    if changes or is_new_answer:
        what = [*changes, *(["consent"] if is_new_answer else [])]
        return Outcome(record, "change", "", ", ".join(what))
    withdrew = record.answer is not None and answer is False
    return Outcome(record, "skip", WITHDREW if withdrew else "Nothing new.")


def _add(record: Record, terms: Terms, made: Plan, now: datetime) -> Outcome:
    contact = Contact(
        **record.values,
        **_keys(record.values),
        is_demo=terms.is_demo,
        created_at=now,
        changed_at=now,
    )
    made.added.append(contact)
    if record.answer is not None:
        made.answers.append((contact, record.answer))
    return Outcome(record, "add")


def _changes(record: Record, contact: Contact, policy: str) -> dict[str, Any]:
    """Return {field: value} of what a record changes; an empty cell never changes anything."""
    is_filling = policy == ImportRun.Policy.FILL_EMPTY
    return {
        name: value
        for name, value in record.values.items()
        if value != getattr(contact, name)
        and not (is_filling and getattr(contact, name) != cleaning.empty(name))
    }


def _change(contact: Contact, changes: Mapping[str, Any], made: Plan, now: datetime) -> None:
    if "email" in changes and contact.email_key:
        made.moved.append((contact.email, contact))
    every = {**changes, **_keys(changes), "version": contact.version + 1, "changed_at": now}
    for name, value in every.items():
        setattr(contact, name, value)
    made.columns |= every.keys()
    made.changed.append(contact)


def _keys(values: Mapping[str, Any]) -> dict[str, Any]:
    return contacts.keys(values["email"]) if "email" in values else {}


def _key(record: Record) -> str:
    return addresses.key(record.values.get("email", ""))
