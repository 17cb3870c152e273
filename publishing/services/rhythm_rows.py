"""What belongs to a rhythm and is changed by those who change rhythms: offsets, closed days, targets."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import structlog
from django.db import transaction

from halcytone.lib import rights
from halcytone.lib.errors import Invalid, Problem
from publishing import timing
from publishing.models import Cadence, ClosedDay, Offset, WeeklyTarget

log = structlog.get_logger(__name__)
Row = Offset | ClosedDay | WeeklyTarget
RIGHT = "publishing.change_cadence"
MOST_S = 24 * 3600
MOST_A_WEEK = 21


@transaction.atomic
def create(model: type[Row], *, by: rights.Actor, **values: Any) -> Row:
    """Add a row. Raises NotAllowed; Invalid naming each field that breaks a rule."""
    return _store(model(**values), by)


@transaction.atomic
def change(row: Row, *, by: rights.Actor, **values: Any) -> Row:
    """Change a row. Raises NotAllowed; Invalid naming each field that breaks a rule."""
    row = type(row).objects.select_for_update().get(pk=row.pk)
    for name, value in values.items():
        setattr(row, name, value)
    row.version += 1
    return _store(row, by)


@transaction.atomic
def remove(row: Row, *, by: rights.Actor) -> None:
    """Remove a row; its versions stay."""
    rights.require(by, RIGHT, act="change the rhythm")
    row._history_user = by  # type: ignore[union-attr]  # read by simple_history
    row.delete()


def add_weekly_offsets(cadence: Cadence) -> None:
    """Give a new rhythm the offsets of the weekly one, to be changed where they do not fit."""
    rows = [
        Offset(cadence=cadence, kind=kind, after_s=after_s, window_s=window_s)
        for kind, (after_s, window_s) in timing.WEEKLY.items()
    ]
    Offset.objects.bulk_create(rows, ignore_conflicts=True)


def problems(row: Row) -> list[Problem]:
    """Return every rule that a row breaks; `attr` names the field."""
    match row:
        case Offset():
            return list(_of_offset(row))
        case ClosedDay():
            return list(_of_days(row))
        case _:
            return list(_of_target(row))


def _of_offset(row: Offset) -> Iterator[Problem]:
    if row.kind not in timing.WEEKLY:
        known = ", ".join(timing.WEEKLY)
        yield Problem("wrong_value", f"A rhythm has offsets for {known}.", "kind")
    for name in ("after_s", "window_s"):
        value = getattr(row, name)
        if not isinstance(value, int) or not 0 <= value <= MOST_S:
            yield Problem("wrong_value", "It is 0 to 86,400 seconds, a day at most.", name)
    same = Offset.objects.exclude(pk=row.pk).filter(cadence=row.cadence_id, kind=row.kind)
    if same.exists():
        yield Problem("duplicate", "This rhythm has an offset for it already.", "kind")


def _of_days(row: ClosedDay) -> Iterator[Problem]:
    if not 0 < len(row.name.strip()) <= 100:
        yield Problem("wrong_value", "Name the days in at most 100 characters.", "name")
    if not isinstance(row.first, date) or not isinstance(row.last, date):
        yield Problem("wrong_value", "It is a day such as 2026-12-24.", "first")
    elif row.last < row.first:
        yield Problem("wrong_order", "The last day is the first one or after it.", "last")


def _of_target(row: WeeklyTarget) -> Iterator[Problem]:
    for name in ("least", "most"):
        value = getattr(row, name)
        if not isinstance(value, int) or not 0 <= value <= MOST_A_WEEK:
            yield Problem("wrong_value", f"It is 0 to {MOST_A_WEEK} a week.", name)
    if row.most < row.least:
        yield Problem("wrong_order", "The most is the least or above it.", "most")


def _store(row: Row, by: rights.Actor) -> Row:
    rights.require(by, RIGHT, act="change the rhythm")
    if found := problems(row):
        raise Invalid(found)
    row._history_user = by  # type: ignore[union-attr]  # read by simple_history
    row.save()
    log.info("rhythm_row_changed", kind=row._meta.model_name, row=row.pk, by=by and by.pk)
    return row
