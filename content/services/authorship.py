"""Who had a hand in a draft. Four eyes reads these rows."""

from collections.abc import Iterable
from typing import Any

from content.models import Authorship, Draft, Revision
from content.services import revisions as texts

Act = Authorship.Act


def record(draft: Draft, person: Any, act: str, *, format: str = "", detail: str = "") -> None:
    """Note one act of a person; the same act is noted once. The machine (None) is no author."""
    if person is not None:
        _save([Authorship(draft=draft, person=person, act=act, format=format, detail=detail)])


def record_writers(draft: Draft, revisions: Iterable[Revision]) -> None:
    """Note everybody who wrote a text that one of these revisions grew from."""
    chosen = list(revisions)
    writers = texts.writers(chosen)
    _save(
        Authorship(draft=draft, person_id=pk, act=Act.WROTE, detail=f"“{revision.title}”"[:200])
        for revision in chosen
        for pk in sorted(writers[revision.pk])
    )


def _save(rows: Iterable[Authorship]) -> None:
    Authorship.objects.bulk_create(rows, ignore_conflicts=True)
