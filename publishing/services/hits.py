"""Openings and clicks as they come in: one look-up, one row. No IP address is written down."""

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from ipaddress import ip_address, ip_network
from time import monotonic
from typing import Any

import structlog
from django.db import DatabaseError
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone
from django.utils.crypto import salted_hmac

from publishing.models import Delivery, Event, Link, ReleasePart, Scanner
from publishing.tracking import Tracked
from segmentation.models import Channel, Consent, Purpose

log = structlog.get_logger(__name__)
OPENED, CLICKED = "opened", "clicked"
KINDS = (OPENED, CLICKED)
#: Words in what a browser calls itself; anything else may be a person's program, or none.
BROWSERS = ("mozilla/", "opera/", "outlook", "thunderbird")
SCANNERS_KEPT_S = 60
Actor = Event.Actor


@dataclass(frozen=True, slots=True)
class Visit:
    """What a request showed of itself. `ip` "" = not known."""

    ip: str
    agent: str
    is_head: bool = False
    is_prefetch: bool = False


@dataclass(frozen=True, slots=True)
class Goal:
    """What a token leads to, and for whom it is counted: `delivery` None = nobody in particular."""

    part: int
    delivery: int | None
    link: int | None = None
    target: str = ""
    is_decoy: bool = False


def goal(tracked: Tracked) -> Goal | None:
    """Return what a token leads to; None when there is no such row, part or link.

    Whoever said no to statistics after the mail had left is counted as nobody in particular.
    """
    part, delivery = tracked.id, None
    if tracked.is_of_row:
        row = Delivery.objects.filter(pk=tracked.id).annotate(has_left=Exists(_said_no()))
        found = row.values_list("part_of", "contact", "has_left").first()
        if found is None:
            return None
        part, contact, has_left = found
        delivery = tracked.id if contact and not has_left else None
    if tracked.is_open:
        is_there = tracked.is_of_row or ReleasePart.objects.filter(pk=part).exists()
        return Goal(part, delivery) if is_there else None
    link = Link.objects.filter(part_of=part, number=tracked.link).first()
    return Goal(part, delivery, link.pk, link.target, link.is_decoy) if link else None


def record(goal: Goal, visit: Visit, *, kind: str, at: datetime | None = None) -> None:
    """Write a hit down. A database that cannot take it keeps nobody from the page."""
    facts = look(visit)
    if goal.is_decoy:
        facts = {**facts, "signs": [*facts["signs"], "decoy"], "is_machine": True}
    now = at or timezone.now()
    event = Event(
        delivery_id=goal.delivery,
        part_of_id=goal.part,
        link_id=goal.link,
        kind=kind,
        actor=Actor.MACHINE if facts["is_machine"] else Actor.UNKNOWN,
        facts=facts,
        trace="" if goal.delivery else trace(visit, now),
        at=now,
    )
    try:
        event.save(force_insert=True)
    except DatabaseError:
        log.exception("hit_lost", part=goal.part, kind=kind)


def look(visit: Visit) -> dict[str, Any]:
    """Return what a hit shows of itself: {"signs", "is_machine", "is_blurred", "is_browser"}.

    Blurred: a mailbox provider's proxy stands between, which fetches for people and by itself.
    """
    agent = visit.agent.lower()
    agents, networks = _scanners()
    verdicts = {f"agent:{word}": verdict for word, verdict in agents if word in agent}
    verdicts |= _of_network(visit.ip, networks)
    verdicts |= {"head": Actor.MACHINE} if visit.is_head else {}
    verdicts |= {"prefetch": Actor.MACHINE} if visit.is_prefetch else {}
    return {
        "signs": sorted(verdicts),
        "is_machine": Actor.MACHINE in verdicts.values(),
        "is_blurred": Actor.UNKNOWN in verdicts.values(),
        "is_browser": any(word in agent for word in BROWSERS),
    }


def trace(visit: Visit, at: datetime) -> str:
    """Return what tells visitors of one day apart: 16 hex digits under a key of that day alone."""
    key = salted_hmac("publishing.hits", f"{at:%Y-%m-%d}", algorithm="sha256").digest()
    return sha256(key + f"{visit.ip}\0{visit.agent}".encode()).hexdigest()[:16]


def _said_no() -> QuerySet[Consent]:
    answers = Consent.objects.filter(
        contact=OuterRef("contact"),
        channel=Channel.EMAIL,
        purpose=Purpose.TRACKING,
        list="",
        is_given=False,
    )
    return answers.current()


Agents = list[tuple[str, str]]
Networks = list[tuple[int, int, int, str, str]]  # version, first, last, name, verdict
_kept: tuple[float, Agents, Networks] | None = None


def forget_scanners() -> None:
    """Read the list of scanners anew at the next hit."""
    global _kept
    _kept = None


def _scanners() -> tuple[Agents, Networks]:
    """Return what marks machines, read at most once a minute in each process."""
    global _kept
    if _kept is None or monotonic() - _kept[0] > SCANNERS_KEPT_S:
        rows = list(Scanner.objects.filter(is_enabled=True))
        agents = [(row.pattern.lower(), row.verdict) for row in rows if row.kind == "agent"]
        networks = [_range(row) for row in rows if row.kind == "network"]
        _kept = (monotonic(), agents, [one for one in networks if one])
    return _kept[1], _kept[2]


def _range(row: Scanner) -> tuple[int, int, int, str, str] | None:
    try:
        network = ip_network(row.pattern, strict=False)
    except ValueError:
        log.warning("network_unreadable", scanner=row.pk)
        return None
    ends = int(network.network_address), int(network.broadcast_address)
    return (network.version, *ends, row.pattern, row.verdict)


def _of_network(ip: str, networks: Networks) -> dict[str, str]:
    try:
        address = ip_address(ip)
    except ValueError:
        return {}
    value = int(address)
    return {
        f"network:{name}": verdict
        for version, first, last, name, verdict in networks
        if version == address.version and first <= value <= last
    }
