"""Cadences: added and changed by people who may, so that each turn can be worked out and done."""

from collections.abc import Iterable, Iterator
from datetime import time
from typing import Any
from zoneinfo import available_timezones

import structlog
from django.db import IntegrityError, transaction

from content.models import Document, Draft
from halcytone.lib import rights
from halcytone.lib.errors import Invalid, Problem, WrongState
from publishing.account_rules import KEY
from publishing.models import Cadence
from publishing.services import rhythm_rows

log = structlog.get_logger(__name__)

FIELDS = ("key", "name", "zone", "weekday", "at", "read_days_before", "read_at", "assemble_days_before",
          "assemble_at", "grace_min", "lateness", "recipe", "segment", "owner", "is_enabled")  # fmt: skip
TIMES = ("read_at", "assemble_at", "at")
MOST_DAYS_BEFORE = 6  # a turn ends before the next begins
MOST_GRACE_MIN = 24 * 60


@transaction.atomic
def create(
    *, by: rights.Actor, documents: Iterable[Document] = (), is_demo: bool = False, **values: Any
) -> Cadence:
    """Add a cadence. Raises NotAllowed; Invalid naming each field that breaks a rule."""
    rights.require(by, "publishing.add_cadence", act="add cadences")
    cadence = Cadence(is_demo=is_demo, **_known(values))
    _store(cadence, by, documents)
    rhythm_rows.add_weekly_offsets(cadence)
    log.info("cadence_added", cadence=cadence.pk, by=by and by.pk)
    return cadence


@transaction.atomic
def change(
    cadence: Cadence,
    *,
    by: rights.Actor,
    documents: Iterable[Document] | None = None,
    **values: Any,
) -> Cadence:
    """Change a cadence that was read at `cadence.version`; `documents` None leaves them.

    Turns that have begun keep what was done for them. Raises NotAllowed; Invalid naming each field;
    WrongState with the code `version_mismatch` when somebody was faster.
    """
    rights.require(by, "publishing.change_cadence", act="change cadences")
    row = Cadence.objects.select_for_update().get(pk=cadence.pk)
    if row.version != cadence.version:
        raise WrongState(
            "Somebody else changed this cadence since you read it. Read it again.",
            code="version_mismatch",
        )
    for name, value in _known(values).items():
        setattr(row, name, value)
    row.version += 1
    _store(row, by, documents)
    log.info("cadence_changed", cadence=row.pk, by=by and by.pk)
    return row


def problems(cadence: Cadence) -> list[Problem]:
    """Return every rule that this cadence, stored or not, breaks; `attr` names the field."""
    found = [*_names(cadence), *_clock(cadence), *_owner(cadence)]
    if Cadence.objects.exclude(pk=cadence.pk).filter(key=cadence.key).exists():
        found.append(Problem("duplicate", "There is a cadence with this key already.", "key"))
    return found


def _names(cadence: Cadence) -> Iterator[Problem]:
    if not KEY.fullmatch(cadence.key):
        yield Problem("wrong_value", "A key has letters, digits, - and _, at most 50.", "key")
    if not 0 < len(cadence.name.strip()) <= 100:
        yield Problem("wrong_value", "A cadence needs a name of at most 100 characters.", "name")
    if cadence.lateness not in Draft.Lateness.values:
        known = ", ".join(Draft.Lateness.values)
        yield Problem("wrong_value", f"It is one of {known}.", "lateness")


def _clock(cadence: Cadence) -> Iterator[Problem]:
    if cadence.zone not in available_timezones():
        text = "There is no such zone. Zones are named like America/New_York."
        yield Problem("unknown_zone", text, "zone")
    yield from _between(cadence, "weekday", 6, "Monday is 0, Sunday is 6.")
    for name in ("read_days_before", "assemble_days_before"):
        yield from _between(cadence, name, MOST_DAYS_BEFORE, "It is 0 to 6 days before.")
    yield from _between(cadence, "grace_min", MOST_GRACE_MIN, "It is 0 to 1440 minutes.")
    missing = [name for name in TIMES if not isinstance(getattr(cadence, name), time)]
    for name in missing:
        yield Problem("wrong_value", "It is a time such as 10:00.", name)
    if not missing:
        yield from _order(cadence)


def _between(cadence: Cadence, name: str, most: int, text: str) -> Iterator[Problem]:
    value = getattr(cadence, name)
    if not isinstance(value, int) or not 0 <= value <= most:
        yield Problem("wrong_value", text, name)


def _order(cadence: Cadence) -> Iterator[Problem]:
    read = (-cadence.read_days_before, cadence.read_at)
    assemble = (-cadence.assemble_days_before, cadence.assemble_at)
    if read > assemble:
        text = "The documents are read before the edition is put together, or at the same time."
        yield Problem("wrong_order", text, "read_at")
    if assemble >= (0, cadence.at):
        text = "The edition is put together before it leaves, so that people can approve it."
        yield Problem("wrong_order", text, "assemble_at")


def _owner(cadence: Cadence) -> Iterator[Problem]:
    if not rights.may(cadence.owner, "content.add_draft"):
        text = f"The owner is the author of each edition. {rights.who_may('content.add_draft')}"
        yield Problem("not_allowed", text, "owner")


def _known(values: dict[str, Any]) -> dict[str, Any]:
    for name in values:
        if name not in FIELDS:
            raise Invalid([Problem("unknown_field", f"A cadence has no “{name}”.", name)])
    return values


def _store(cadence: Cadence, by: rights.Actor, documents: Iterable[Document] | None) -> None:
    if found := problems(cadence):
        raise Invalid(found)
    cadence._history_user = by  # type: ignore[attr-defined]  # read by simple_history
    try:
        with transaction.atomic():
            cadence.save()
    except IntegrityError as error:
        text = "There is a cadence with this key already."
        raise Invalid([Problem("duplicate", text, "key")]) from error
    if documents is not None:
        cadence.documents.set(documents)
