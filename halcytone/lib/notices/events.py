"""What people are told about, and by which ways when they have chosen nothing else. Pure.

Source: approvals specification, notifications. What is told at once needs the person: it cannot be
switched off everywhere.
"""

from collections.abc import Mapping
from dataclasses import dataclass

NOW, DIGEST, OFF = "now", "digest", "off"
DESK, MAIL, SLACK = "desk", "mail", "slack"
#: Channel → what can be chosen for it.
CHANNELS: Mapping[str, tuple[str, ...]] = {
    DESK: (NOW, OFF),
    MAIL: (NOW, DIGEST, OFF),
    SLACK: (NOW, OFF),
}
CHANNEL_WORDS = {DESK: "Desk", MAIL: "E-mail", SLACK: "Slack"}


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of event: what people call it, and when it is told by default."""

    label: str
    default: str

    @property
    def needs_me(self) -> bool:
        return self.default == NOW


KINDS: Mapping[str, Kind] = {
    "review_waits": Kind("A review waits for me", NOW),
    "delegated": Kind("Something is delegated to me", NOW),
    "mentioned": Kind("Somebody mentions me", NOW),
    "reminder": Kind("A deadline of mine comes near", NOW),
    "escalated": Kind("A review is escalated to me", NOW),
    "late_start": Kind("A review is late from the start", NOW),
    "unsealed": Kind("An edit breaks an approval", NOW),
    "refused": Kind("The publisher refuses a part", NOW),
    "no_go": Kind("A release is a No-Go, is late or is held", NOW),
    "uncertain": Kind("A delivery is uncertain or has failed", NOW),
    "stopped": Kind("The presses are stopped", NOW),
    "correction": Kind("A correction case is opened", NOW),
    "approved": Kind("My draft is approved", NOW),
    "changes_requested": Kind("Changes are requested in my draft", NOW),
    "rejected": Kind("My draft is rejected", NOW),
    "recalled": Kind("An approval is recalled", NOW),
    "link_locked": Kind("A review link of mine is locked", NOW),
    "comment": Kind("A comment on a thread I am in", DIGEST),
    "policy": Kind("A policy, role or delegation changes", DIGEST),
    "figures": Kind("Weekly figures, a target missed", DIGEST),
    "expiry": Kind("A token or version of an API ends soon", DIGEST),
}


def usual(channel: str, *, is_now: bool) -> str:
    """Return what a channel does with an event when nothing is chosen."""
    if channel == DESK or is_now:
        return NOW
    return DIGEST if channel == MAIL else OFF


def chosen(
    choices: Mapping[str, Mapping[str, str]], kind: str, channel: str, *, is_now: bool
) -> str:
    """Return what somebody with these choices wants of a channel for an event.

    What needs her and is chosen for no channel that is there comes to the desk all the same.
    """
    given = choices.get(kind, {}).get(channel)
    return given if given in CHANNELS[channel] else usual(channel, is_now=is_now)
