"""Segments: readable rules, stored in their one spelling."""

from typing import Any

import structlog
from django.db import IntegrityError, transaction

from halcytone.lib import history, rights
from halcytone.lib.errors import Invalid, Problem, WrongState
from segmentation import rules, values
from segmentation.models import Attribute, Channel, Purpose, Segment
from segmentation.signals import segment_changed

logger = structlog.get_logger(__name__)
WRITTEN = ("key", "name", "description", "rule", "channel", "purpose", "list")
FIELDS = (*WRITTEN, "is_demo")


@transaction.atomic
def save(segment: Segment | None, *, by: rights.Actor, **values: Any) -> Segment:
    """Store a new segment (None) or changes of one: key, name, description, rule, channel, purpose, list.

    The rule is stored in its canonical form; a change bumps the version. Raises NotAllowed without
    the right; Invalid with the place of every mistake in the rule (`attr` is "rule" or
    "rule.<place>"), also when segments would refer to each other in a circle; WrongState when
    somebody saved it since it was read.
    """
    is_new = segment is None
    segment = segment or Segment()
    rights.require(
        by,
        f"segmentation.{'add' if is_new else 'change'}_segment",
        act="add segments" if is_new else "change segments",
    )
    _set(segment, values)
    if problems := [*_problems(segment), *check(segment.rule, key=segment.key)]:
        raise Invalid(problems)
    segment.rule = rules.canonical(segment.rule)
    if is_new:
        _insert(segment, by)
    else:
        _update(segment, by)
        for each in [segment, *_that_refer_to(segment.key)]:
            segment_changed.send(Segment, segment=each, by=by)
    logger.info("segment_saved", segment=segment.pk, version=segment.version)
    return segment


def trial(*, by: rights.Actor, rule: object, **values: Any) -> Segment:
    """Return a segment that is not stored, to be counted. Raises Invalid when its rule is wrong.

    Counting by rules of one's own tells about single people, so it needs the right to see them.
    """
    rights.require(by, "segmentation.view_contact", act="count people by a rule of your own")
    segment = Segment()
    _set(segment, {"rule": rule, **values})
    if problems := check(rule):
        raise Invalid(problems)
    segment.rule = rules.canonical(rule)
    return segment


def check(rule: object, *, key: str = "") -> list[Problem]:
    """Return what is wrong with a rule in this installation: its attributes and segments included.

    `key` is the segment that the rule is for, so that a circle back to it is found.
    """
    others = dict(Segment.objects.exclude(key=key).values_list("key", "rule"))
    attributes = dict(Attribute.objects.values_list("name", "kind"))
    problems = rules.check(rule, attributes=attributes, segments={*others, key} - {""})
    way = rules.loop(key, {**others, key: rule}) if not problems and key else []
    if way:
        message = f"Segments may not refer to each other in a circle: {' → '.join(way)}."
        problems = [Problem("loop", message)]
    return [
        Problem(one.code, one.message, f"rule.{one.attr}" if one.attr else "rule", None, one.hint)
        for one in problems
    ]


def _that_refer_to(key: str) -> list[Segment]:
    """Return the segments whose rules name this one, at any distance."""
    others = list(Segment.objects.exclude(key=key))
    found: dict[str, Segment] = {}
    waiting = {key}
    while waiting:
        new = {
            each.key: each
            for each in others
            if each.key not in found and rules.references(each.rule) & waiting
        }
        found |= new
        waiting = set(new)
    return list(found.values())


def _set(segment: Segment, values: dict[str, Any]) -> None:
    for name, value in values.items():
        if name not in FIELDS:
            raise Invalid([Problem("unknown_field", f'A segment has no "{name}".', name)])
        setattr(segment, name, value)


def _problems(segment: Segment) -> list[Problem]:
    found = []
    if not values.is_slug(segment.key):
        message = "A key has letters, digits, - and _, at most 50."
        found.append(Problem("wrong_value", message, "key"))
    elif Segment.objects.exclude(pk=segment.pk).filter(key=segment.key).exists():
        found.append(Problem("duplicate", "There is a segment with this key already.", "key"))
    if not segment.name.strip():
        found.append(Problem("wrong_value", "A segment needs a name.", "name"))
    if segment.channel not in Channel.values:
        found.append(Problem("wrong_value", "There is no such channel.", "channel"))
    if segment.purpose not in Purpose.values or segment.purpose == Purpose.TRACKING:
        found.append(Problem("wrong_value", "There is no such purpose.", "purpose"))
    if not values.is_slug(segment.list, may_be_empty=True):
        found.append(Problem("wrong_value", "A list is named by letters, digits, - and _.", "list"))
    return found


def _insert(segment: Segment, by: rights.Actor) -> None:
    segment.created_by = by
    segment._history_user = by  # type: ignore[attr-defined]  # read by simple_history
    try:
        with transaction.atomic():
            segment.save(force_insert=True)
    except IntegrityError as error:
        message = "There is a segment with this key already."
        raise Invalid([Problem("duplicate", message, "key")]) from error


def _update(segment: Segment, by: rights.Actor) -> None:
    """Write the row if it still has the version that was read."""
    changes = {name: getattr(segment, name) for name in WRITTEN}
    rows = Segment.objects.filter(pk=segment.pk, version=segment.version)
    if not rows.update(**changes, version=segment.version + 1):
        raise WrongState("Somebody changed this segment since you opened it; look again.")
    segment.version += 1
    history.note(segment, by)
