"""Status changes that two workers cannot both win."""

from collections.abc import Collection, Mapping
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
