"""Telling people something: one row a person, whatever ways she hears it by."""

from collections.abc import Iterable, Sequence
from typing import Any

from halcytone.lib.gathering import keep
from halcytone.lib.notices import events
from halcytone.lib.notices.models import Notification
from halcytone.lib.notices.signals import notified


def tell(
    kind: str,
    *,
    event: str,
    to: Iterable[int | None],
    by: Any,
    subject: str,
    text: str = "",
    path: str,
) -> None:
    """Tell people of these ids; the one whose act it was is left out, None among the ids too.

    `event` names what happened: who was told it already is not told again. Written at the end of a
    gathering, if one runs; one statement, however many people and events.
    """
    for person_id in dict.fromkeys(to):
        if person_id is None or (by is not None and person_id == by.pk):
            continue
        row = Notification(
            event=event,
            kind=kind,
            person_id=person_id,
            subject=_line(subject, 200),
            text=text.replace("\x00", "")[:1_000],
            path=path,
            actor="" if by is None else str(by)[:200],
            is_now=events.KINDS[kind].needs_me,
        )
        keep(write, row)


def write(rows: Sequence[Notification]) -> None:
    """Write notifications down; those that were told already stay as they are."""
    Notification.objects.bulk_create(rows, ignore_conflicts=True)
    notified.send(Notification)


def _line(text: str, most: int) -> str:
    line = " ".join(text.replace("\x00", "").split())
    return line if len(line) <= most else f"{line[: most - 1]}…"
