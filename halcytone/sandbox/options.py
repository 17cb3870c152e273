"""What a sandbox is told at its start."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

HOST = "127.0.0.1"
PORTS: Mapping[str, int] = {
    "smtp": 8025,
    "crm": 8001,
    "platform": 8002,
    "x": 8003,
    "linkedin": 8004,
    "meta": 8005,
    "sources": 8006,
    "receivers": 8008,
    "esp": 8009,
    "mastodon": 8010,
}
TITLES: Mapping[str, str] = {
    "smtp": "Mailbox",
    "crm": "CRM",
    "platform": "Platform",
    "x": "X",
    "linkedin": "LinkedIn",
    "meta": "Facebook, Instagram",
    "sources": "Documents",
    "receivers": "Receivers",
    "esp": "Mail services",
    "mastodon": "Mastodon",
}


@dataclass(frozen=True, slots=True)
class Options:
    """`ports` names the servers to start; port 0 means any free one.

    `state` is the directory that outlives a restart, None keeps everything in memory. `error_rate`
    (0 to 1) fails that share of the calls; the same calls in any order fail again the next time.
    """

    ports: Mapping[str, int] = field(default_factory=lambda: dict(PORTS))
    state: Path | None = None
    delay_ms: int = 0
    error_rate: float = 0.0
    require_auth: bool = False


class PortTaken(Exception):
    """Another process listens on a port of ours. The text names the port and the setting."""


def shifted(names: tuple[str, ...] = tuple(PORTS), *, by: int = 0) -> dict[str, int]:
    """Return the ports of these servers, moved by `SANDBOX_PORT_SHIFT`."""
    return {name: PORTS[name] + by for name in names}
