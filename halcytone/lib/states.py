"""Status changes that two workers cannot both win."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, ClassVar

from django.db import models
from django.utils import timezone

from halcytone.lib.errors import WrongState


class Stateful(models.Model):
    """A row whose `status` changes through `move` and in no other way.

    Subclasses redefine `status` with their choices, and list the legal moves.
    """

    TRANSITIONS: ClassVar[Mapping[str, Collection[str]]] = {}
    status = models.CharField(max_length=20)

    changed_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        abstract = True

    def move(self, to: str, **changes: Any) -> None:
        """Set status to `to`, and `changes` with it, in one UPDATE.

        Raises WrongState when the move is not listed, or when another process has moved the row
        since it was read; nothing is written then.
        """
        if to not in self.TRANSITIONS.get(self.status, ()):
            raise WrongState(f"{self} cannot go from {self.status} to {to}")
        changes |= {"status": to, "changed_at": timezone.now()}
        rows = type(self)._default_manager.filter(pk=self.pk, status=self.status)
        if not rows.update(**changes):
            raise WrongState(f"{self} is no longer {self.status}")
        for name, value in changes.items():
            setattr(self, name, value)


@dataclass(frozen=True, slots=True)
class Move:
    """One row's way through one or more states, and what changes with it."""

    row: Stateful
    way: Sequence[str]
    changes: Mapping[str, Any] = field(default_factory=dict)


def move_all(moves: Sequence[Move]) -> None:
    """Do what `Stateful.move` does with these rows of one table, in one UPDATE. Within a transaction.

    Raises WrongState when one step of a way is not listed, or when another process has moved a row: the
    caller's transaction is over then.
    """
    if not moves:
        return
    unmoved = models.Q()
    names = {"status", "changed_at"}
    for move in moves:
        row = move.row
        for before, after in pairwise((row.status, *move.way)):
            if after not in row.TRANSITIONS.get(before, ()):
                raise WrongState(f"{row} cannot go from {before} to {after}")
        unmoved |= models.Q(pk=row.pk, status=row.status)
        changes = {**move.changes, "status": move.way[-1], "changed_at": timezone.now()}
        for name, value in changes.items():
            setattr(row, name, value)
        names.update(changes)
    rows = [move.row for move in moves]
    found = type(rows[0])._default_manager.filter(unmoved)
    if found.bulk_update(rows, sorted(names)) != len(rows):
        raise WrongState(f"One of these was moved meanwhile: {', '.join(map(str, rows))}")


def move_alike(rows: Sequence[Stateful], to: str, **changes: Any) -> None:
    """Do what `Stateful.move` does with these rows of one status, all to the same, in one UPDATE.

    Raises WrongState as `move_all`, within a transaction as there.
    """
    if not rows:
        return
    before = {row.status for row in rows}
    if len(before) > 1 or to not in rows[0].TRANSITIONS.get(rows[0].status, ()):
        raise WrongState(f"{rows[0]} cannot go from {', '.join(sorted(before))} to {to}")
    changes |= {"status": to, "changed_at": timezone.now()}
    found = type(rows[0])._default_manager.filter(pk__in=[row.pk for row in rows])
    if found.filter(status__in=before).update(**changes) != len(rows):
        raise WrongState(f"One of these was moved meanwhile: {', '.join(map(str, rows))}")
    for row in rows:
        for name, value in changes.items():
            setattr(row, name, value)
