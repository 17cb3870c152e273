"""What a person does with her notifications: counts them, reads them, chooses what she hears."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from django.db import transaction
from django.utils import timezone

from halcytone.lib.errors import Invalid, Problem, WrongState
from halcytone.lib.notices import channels, events
from halcytone.lib.notices.models import Notification, Preferences

Choices = Mapping[str, Mapping[str, str]]


def unread_count(person: Any) -> int:
    """Return how many notifications wait on her desk; one query over an index of the unread."""
    return Notification.objects.of(person).unread().count()


def mark_read(person: Any, ids: Collection[int] | None = None) -> int:
    """Mark her notifications as read, on every channel; all of them without ids. Returns how many were new."""
    rows = Notification.objects.filter(person=person).unread()
    if ids is not None:
        rows = rows.filter(pk__in=ids)
    return rows.update(read_at=timezone.now())


def preferences_of(person: Any) -> Preferences:
    """Return what she chose; unsaved, as it is usual, when she has chosen nothing."""
    found = Preferences.objects.filter(person=person).first()
    return found or Preferences(person=person)


@transaction.atomic
def choose(
    person: Any,
    *,
    choices: Choices | None = None,
    digest: str | None = None,
    version: int | None = None,
) -> Preferences:
    """Change what a person hears: the named kinds and channels; the others stay.

    Raises Invalid for a choice that there is not, and when something that needs her would reach her nowhere;
    WrongState with code `version_mismatch` when `version` is given and is not the current one.
    """
    row, _ = Preferences.objects.select_for_update().get_or_create(person=person)
    if version is not None and version != row.version:
        raise WrongState("Your choices were changed since you read them.", code="version_mismatch")
    problems = list(_unknown(choices or {}, digest))
    if problems:
        raise Invalid(problems)
    merged = {kind: dict(given) for kind, given in row.choices.items()}
    for kind, given in (choices or {}).items():
        merged[kind] = {**merged.get(kind, {}), **given}
    if problems := list(_unheard(merged)):
        raise Invalid(problems, code="needs_a_channel")
    row.choices, row.digest = merged, digest or row.digest
    row.version += 1
    row.save()
    return row


def table(row: Preferences) -> dict[str, dict[str, str]]:
    """Return what a person hears of each kind on each channel: {kind: {channel: choice}}."""
    return {
        key: {
            channel: events.chosen(row.choices, key, channel, is_now=kind.needs_me)
            for channel in events.CHANNELS
        }
        for key, kind in events.KINDS.items()
    }


def _unknown(choices: Choices, digest: str | None) -> Iterator[Problem]:
    if digest is not None and digest not in Preferences.Rhythm.values:
        known = ", ".join(Preferences.Rhythm.values)
        yield Problem("unknown_choice", f"A digest comes {known}.", attr="digest")
    for kind, given in choices.items():
        if kind not in events.KINDS:
            yield Problem("unknown_kind", f"There is no kind {kind}.", attr=f"choices.{kind}")
            continue
        for channel, choice in given.items():
            known = ", ".join(events.CHANNELS.get(channel, ()))
            if choice not in events.CHANNELS.get(channel, ()):
                said = f"Choose one of {known}." if known else "There is no such channel."
                yield Problem("unknown_choice", said, attr=f"choices.{kind}.{channel}")


def _unheard(choices: Choices) -> Iterator[Problem]:
    """Yield the kinds that need the person and would reach her nowhere."""
    ways = [events.DESK, *channels.open_ways()]
    for key in choices:
        kind = events.KINDS[key]
        heard = (events.chosen(choices, key, way, is_now=kind.needs_me) for way in ways)
        if kind.needs_me and all(choice == events.OFF for choice in heard):
            said = (
                f"“{kind.label}” needs you, so it cannot be switched off everywhere. "
                "Keep the desk, e-mail or Slack."
            )
            yield Problem("needs_a_channel", said, attr=f"choices.{key}")
