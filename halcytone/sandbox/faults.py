"""Failures on demand: which call fails, how, and how often."""

import hashlib
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any, Self

# Kinds that answer without taking the call, then kinds that take it and spoil the answer.
REFUSALS = frozenset({"status", "rate_limit", "drop_before", "expired_token", "duplicate"})
SPOILERS = frozenset({"slow", "accept_then_drop", "garbage", "empty", "truncate"})
WITH_NUMBER = frozenset({"status", "rate_limit", "slow"})


@dataclass(frozen=True, slots=True)
class Kind:
    """One way to fail. `number` is a status, seconds (rate_limit) or milliseconds (slow)."""

    name: str
    number: int = 0

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `status:503`, `slow:250`, `drop_before`. Raises ValueError with the known kinds."""
        name, _, number = text.strip().partition(":")
        if name not in REFUSALS | SPOILERS or not re.fullmatch(r"\d*", number):
            raise ValueError(f"unknown kind {text!r}; known: {_known()}")
        if (name in WITH_NUMBER) != bool(number):
            raise ValueError(f"{name} takes {'a' if name in WITH_NUMBER else 'no'} number")
        if name == "status" and not 200 <= int(number) <= 599:
            raise ValueError("status needs a code from 200 to 599")
        return cls(name, int(number or 0))

    @property
    def takes(self) -> bool:
        """Whether the stand-in keeps what it got."""
        return self.name in SPOILERS

    def __str__(self) -> str:
        return f"{self.name}:{self.number}" if self.name in WITH_NUMBER else self.name


def _known() -> str:
    return ", ".join(f"{n}:N" if n in WITH_NUMBER else n for n in sorted(REFUSALS | SPOILERS))


@dataclass(frozen=True, slots=True)
class Call:
    """What a fault is matched against; for mail, `path` is the recipients and `method` the verb."""

    server: str
    method: str
    path: str
    body: bytes = b""


@dataclass(slots=True)
class Fault:
    """An order to fail. `times` None means until it is removed; `nth` counts matching calls from 1."""

    id: int
    kind: Kind
    server: str
    method: str = ""
    path: str = ""
    body: bytes = b""
    nth: int = 1
    times: int | None = 1
    seen: int = 0
    done: int = 0

    def fits(self, call: Call) -> bool:
        return (
            call.server == self.server
            and self.method in ("", call.method)
            and _path_fits(self.path, call.path)
            and self.body in call.body
        )

    def strikes(self) -> bool:
        """Count one matching call and tell whether it must fail."""
        self.seen += 1
        if self.seen < self.nth or self.is_spent:
            return False
        self.done += 1
        return True

    @property
    def is_spent(self) -> bool:
        return self.times is not None and self.done >= self.times

    def as_dict(self) -> dict[str, Any]:
        match = {"method": self.method, "path": self.path, "body": self.body.decode()}
        return {
            "id": self.id,
            "kind": str(self.kind),
            "match": {k: v for k, v in match.items() if v} | {"nth": self.nth},
            "times": self.times,
            "seen": self.seen,
            "done": self.done,
        }


def _path_fits(wanted: str, path: str) -> bool:
    return fnmatchcase(path, wanted) if "*" in wanted else wanted in path


@dataclass(slots=True)
class Faults:
    """All orders of one sandbox, in the order they came; the first that strikes wins."""

    error_rate: float = 0.0
    orders: list[Fault] = field(default_factory=list)
    _ids: int = 0
    _calls: Counter[bytes] = field(default_factory=Counter)

    def add(self, server: str, order: dict[str, Any]) -> Fault:
        """Take an order as `POST /_sandbox/faults` carries it. Raises ValueError with the reason."""
        match = order.get("match") or {}
        if unknown := set(match) - {"method", "path", "body", "nth"}:
            raise ValueError(f"match does not know {', '.join(sorted(unknown))}")
        self._ids += 1
        fault = Fault(
            id=self._ids,
            kind=Kind.parse(str(order.get("kind", ""))),
            server=server,
            method=str(match.get("method", _default_method(server))).upper(),
            path=str(match.get("path", "")),
            body=str(match.get("body", "")).encode(),
            nth=_whole(match.get("nth", 1), "nth"),
            times=None if order.get("times", 1) is None else _whole(order.get("times", 1), "times"),
        )
        self.orders.append(fault)
        return fault

    def strike(self, call: Call) -> Kind | None:
        """Return how this call must fail, or None."""
        struck = [fault for fault in self.orders if fault.fits(call) and fault.strikes()]
        self.orders = [fault for fault in self.orders if not fault.is_spent]
        if struck:
            return struck[0].kind
        if self.error_rate and self._unlucky(call):
            return Kind("status", 451 if call.server == "smtp" else 500)
        return None

    def of(self, server: str) -> list[Fault]:
        return [fault for fault in self.orders if fault.server == server]

    def clear(self, server: str, keep: Callable[[Fault], bool] = lambda fault: False) -> int:
        """Remove the orders of one server and return how many."""
        before = len(self.orders)
        self.orders = [f for f in self.orders if f.server != server or keep(f)]
        return before - len(self.orders)

    def _unlucky(self, call: Call) -> bool:
        """Decide by the call's own bytes and how often it came, so that a run can be repeated."""
        parts = (call.server.encode(), call.method.encode(), call.path.encode(), call.body)
        key = hashlib.sha256(b"\0".join(parts)).digest()
        self._calls[key] += 1
        draw = hashlib.sha256(key + str(self._calls[key]).encode()).digest()
        return int.from_bytes(draw[:8]) / 2**64 < self.error_rate


def _default_method(server: str) -> str:
    return "DATA" if server == "smtp" else ""


def _whole(value: Any, name: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise ValueError(f"{name} must be a whole number from 1")
    return value
