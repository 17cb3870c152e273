"""How the release of a draft is spread over time: chosen by people who may plan releases."""

from collections.abc import Iterator
from datetime import time
from typing import Any

import structlog
from django.db import transaction
from django.utils import timezone

from content.models import Draft, FormatName
from halcytone.lib import rights
from halcytone.lib.audit import chain
from halcytone.lib.errors import Invalid, Problem, WrongState
from halcytone.lib.gathering import gathering
from publishing.models import Release, Rollout
from publishing.services import history, timing

log = structlog.get_logger(__name__)
FIELDS = ("is_staged", "stagger_min", "by_reader_zone", "windows", "canary")
MOST_STAGGER_MIN = 240


def of(draft: Draft) -> Rollout:
    """Return the roll-out of a draft; an unsaved one that changes nothing when there is none."""
    return Rollout.objects.filter(draft=draft).first() or Rollout(draft=draft)


@transaction.atomic
@gathering()
def change(draft: Draft, *, by: rights.Actor, **values: Any) -> Rollout:
    """Choose how the release of a draft is spread; its planned releases follow at once.

    The slot and every byte stay what was approved. Raises NotAllowed; Invalid naming each field;
    WrongState once something of it is on its way.
    """
    rights.require(by, "publishing.schedule_release", act="choose how releases are rolled out")
    row = of(draft)
    for name, value in values.items():
        if name not in FIELDS:
            raise Invalid([Problem("unknown_field", f"A roll-out has no “{name}”.", name)])
        setattr(row, name, value)
    if found := list(problems(row)):
        raise Invalid(found)
    running = Release.objects.select_for_update().filter(draft=draft)
    running = running.exclude(status__in=[Release.Status.CANCELLED, Release.Status.DONE])
    if running.filter(prepared_at__isnull=False).exists():
        raise WrongState("It is on its way already: how it is spread cannot be changed any more.")
    row.changed_by, row.changed_at = by, timezone.now()
    row.version += row.pk is not None
    row.save()
    said = words(row)
    facts = {name: getattr(row, name) for name in FIELDS}
    chain.record("rollout.changed", row, by=by, label=str(row), trail=f"draft:{draft.pk}", **facts)
    for release in running:
        history.note(release, "rolled out otherwise", by, said)
        timing.renew(release)
    log.info("rollout_changed", draft=draft.pk, by=by and by.pk)
    return row


def words(row: Rollout) -> str:
    """Return what was chosen, as a sentence."""
    chosen = [
        "the networks on the first day, the page on the second, mail on the third"
        if row.is_staged
        else "",
        f"the networks spread over {row.stagger_min} minutes" if row.stagger_min else "",
        "mail at the slot's time of each reader" if row.by_reader_zone else "",
        *(f"{kind} from {opens} to {closes}" for kind, (opens, closes) in row.windows.items()),
        f"canary {row.get_canary_display()}" if row.canary != Rollout.Canary.AUTO else "",
    ]
    said = "; ".join(filter(None, chosen))
    return f"{said[:1].upper()}{said[1:]}." if said else "All of it at its slot."


def problems(row: Rollout) -> Iterator[Problem]:
    """Yield every rule that a roll-out breaks; `attr` names the field."""
    if not isinstance(row.stagger_min, int) or not 0 <= row.stagger_min <= MOST_STAGGER_MIN:
        yield Problem("wrong_value", f"It is 0 to {MOST_STAGGER_MIN} minutes.", "stagger_min")
    if row.canary not in Rollout.Canary.values:
        known = ", ".join(Rollout.Canary.values)
        yield Problem("wrong_value", f"It is one of {known}.", "canary")
    if not isinstance(row.windows, dict):
        yield Problem("wrong_value", 'It is {"web": ["09:00", "17:30"]}, say.', "windows")
        return
    for kind, window in row.windows.items():
        if kind not in FormatName.values:
            known = ", ".join(FormatName.values)
            yield Problem("wrong_value", f"“{kind}” is no format. Known: {known}.", "windows")
        elif not _is_window(window):
            text = f"The window of {kind} is two times of one day in order, 09:00 and 17:30 say."
            yield Problem("wrong_value", text, "windows")


def _is_window(window: object) -> bool:
    try:
        opens, closes = (time.fromisoformat(each) for each in window)  # type: ignore[attr-defined]
    except (TypeError, ValueError):
        return False
    return opens < closes
