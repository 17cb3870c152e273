"""What a place takes, how fast, until when and at what price: the passport of a channel.

Each channel states its own defaults, from what its place publishes; rows (`publishing.models.PassportValue`)
override single values with a reason. Pure: values in, value out. Publishing specification §6.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import date
from decimal import Decimal, InvalidOperation
from types import MappingProxyType
from typing import Any

from halcytone.lib.errors import Invalid, Problem

EDIT, DELETE, REPLY, THREAD, COMMENT = "edit", "delete", "reply", "thread", "comment"
SCHEDULE, READ_BACK, IDEMPOTENT_KEY = "schedule", "read_back", "idempotent_key"
ARCHIVE = "archive"
ABILITIES = (EDIT, DELETE, REPLY, THREAD, COMMENT, SCHEDULE, READ_BACK, IDEMPOTENT_KEY, ARCHIVE)
#: How a secret is got: none, a name and password, a key, or an OAuth 2.0 token that ends.
NONE, PASSWORD, API_KEY, OAUTH2 = "none", "password", "api_key", "oauth2"
#: How a text is counted: in characters, or as X weighs them (content.formats.weight).
CHARACTERS, WEIGHTED = "characters", "weighted"
#: Acts that a place may ask money for; a price of another name is never asked.
POST, POST_WITH_LINK, MEDIA_METADATA, READ = "post", "post_with_link", "media_metadata", "read"
PRICED = (POST, POST_WITH_LINK, DELETE, MEDIA_METADATA, READ)
NOTHING: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Passport:
    """What is known of a place. None means that there is no such limit, end or budget.

    `limits` is the most of each: `text`, `tags`, `media`, `alt` (characters of an alt text), `media_bytes`,
    and what else a channel names. `alt_text` says where alt texts are carried; "" means nowhere.
    `per_second`, `per_hour` and `per_day` are the pace of one account, in messages. `prices` are in
    `currency` for one act of `PRICED`; `monthly_budget` too.
    """

    api_version: str = ""  # the version that this channel was tested with
    sunset_on: date | None = None  # the last day on which it is spoken
    base_url: str = ""
    auth: str = NONE
    scopes: tuple[str, ...] = ()
    counts: str = CHARACTERS
    limits: Mapping[str, int] = field(default_factory=lambda: NOTHING)
    alt_text: str = ""
    abilities: frozenset[str] = frozenset()
    per_second: int | None = None
    per_hour: int | None = None
    per_day: int | None = None
    quota: str = ""  # where the place says what is left of it
    prices: Mapping[str, Decimal] = field(default_factory=lambda: NOTHING)
    currency: str = "USD"
    monthly_budget: Decimal | None = None
    contact: str = ""  # who helps when the place does not

    def can(self, ability: str) -> bool:
        return ability in self.abilities

    def limit(self, name: str, otherwise: int) -> int:
        """Return the most of something, `otherwise` when the passport does not say."""
        return self.limits.get(name, otherwise)

    def values(self) -> Mapping[str, Any]:
        """Return every value by the name under which it is overridden: `per_hour`, `limits.text`, …"""
        return dict(self._values())

    def with_values(self, values: Mapping[str, Any]) -> "Passport":
        """Return a passport in which these values, as `given` reads them, stand in place of its own.

        Raises Invalid naming each value that it does not know or cannot hold.
        """
        found = {name: _read(name, value) for name, value in values.items()}
        if wrong := [each for each in found.values() if isinstance(each, Problem)]:
            raise Invalid(wrong)
        whole = {name: value for name, value in found.items() if "." not in name}
        for name in GROUPS:
            own = {k.partition(".")[2]: v for k, v in found.items() if k.startswith(f"{name}.")}
            if own:
                whole[name] = {**getattr(self, name), **own}
        return replace(self, **whole)

    def _values(self) -> Iterator[tuple[str, Any]]:
        for each in fields(self):
            value = getattr(self, each.name)
            if each.name in GROUPS:
                yield from ((f"{each.name}.{name}", one) for name, one in value.items())
            else:
                yield each.name, value


GROUPS = ("limits", "prices")
COUNTS = ("per_second", "per_hour", "per_day")
DAYS = ("sunset_on",)
MONEY = ("monthly_budget",)
LISTS = ("scopes", "abilities")
TEXTS = ("api_version", "base_url", "alt_text", "quota", "contact", "currency")
CHOICES: Mapping[str, tuple[str, ...]] = {
    "auth": (NONE, PASSWORD, API_KEY, OAUTH2),
    "counts": (CHARACTERS, WEIGHTED),
}


def problem(name: str, value: Any) -> Problem | None:
    """Return why a passport cannot hold this value under this name, or None."""
    found = _read(name, value)
    return found if isinstance(found, Problem) else None


def stored(value: Any) -> Any:
    """Return a value as JSON holds it; `with_values` reads it again."""
    if isinstance(value, tuple):
        return list(value)
    if isinstance(value, frozenset):
        return sorted(value)
    return str(value) if isinstance(value, Decimal | date) else value


def _read(name: str, value: Any) -> Any:
    """Return a value as the passport holds it, or a Problem."""
    group, _, own = name.partition(".")
    if (group == "prices" and own in PRICED) or name in MONEY:
        return _money(name, value)
    if (group == "limits" and own) or name in COUNTS:
        return _count(name, value, may_be_none=name in COUNTS)
    if name in DAYS:
        return _day(name, value)
    if name in LISTS:
        return _list(name, value)
    if name in CHOICES:
        is_one = value in CHOICES[name]
        return value if is_one else _wrong(name, f"is one of {', '.join(CHOICES[name])}")
    if name in TEXTS:
        is_text = isinstance(value, str) and len(value) <= 300
        return value if is_text else _wrong(name, "is a text of at most 300 characters")
    return Problem("unknown_value", f"A passport has no “{name}”.", name)


def _money(name: str, value: Any) -> Any:
    if value is None and name in MONEY:
        return None
    try:
        amount = Decimal(str(value))
    except InvalidOperation:
        amount = Decimal(-1)
    is_good = amount.is_finite() and 0 <= amount < 10**9
    return amount if is_good else _wrong(name, "is an amount such as 0.015")


def _count(name: str, value: Any, *, may_be_none: bool) -> Any:
    if value is None and may_be_none:
        return None
    is_good = isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**31
    return value if is_good else _wrong(name, "is a whole number, 0 or more")


def _day(name: str, value: Any) -> Any:
    if value is None or isinstance(value, date):
        return value
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        return _wrong(name, "is a day such as 2027-03-31")


def _list(name: str, value: Any) -> Any:
    words = list(value) if isinstance(value, list | tuple | frozenset) else [None]
    if not all(isinstance(word, str) and 0 < len(word) <= 100 for word in words):
        return _wrong(name, "is a list of words")
    if name == "abilities" and not set(words) <= set(ABILITIES):
        return _wrong(name, f"is a list of {', '.join(ABILITIES)}")
    return frozenset(words) if name == "abilities" else tuple(words)


def _wrong(name: str, text: str) -> Problem:
    return Problem("wrong_value", f"“{name}” {text}.", name)
