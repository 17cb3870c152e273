"""One publishable piece found in a document, and its form in `items.json`."""

from dataclasses import dataclass, field, fields
from datetime import date
from typing import Any

from content.grammar import vocabulary
from content.grammar.dates import Moment

_NOT_IDENTITY = frozenset(
    {"line_start", "line_end", "block_ids", "evidence", "codes", "blocked", "duplicate_of"}
)


@dataclass(frozen=True, slots=True)
class Item:
    """A piece with everything its document says of it; what was not said is the default or detected.

    `category` is the section. `content` is Markdown without the indentation of its bullet; `text`
    is what a reader sees of it. Lines are 1-based and inclusive. `codes` are its errors and
    critical problems. `duplicate_of` is the position (0-based) of the item that wins over this one.
    `is_dated` is false where the day of the fetch stands in for a missing date.
    """

    title: str
    content: str
    on: date
    category: str
    type: str
    line_start: int
    line_end: int
    zone: str
    priority: int = vocabulary.DEFAULT_PRIORITY
    featured: bool = False
    weekly: bool = False
    published: bool = False
    dry_run: bool = False
    channels: tuple[str, ...] = vocabulary.DEFAULT_CHANNELS
    tags: tuple[str, ...] = ()
    template: str = "auto"
    author: str = vocabulary.DEFAULT_AUTHOR
    excerpt: str | None = None
    slug: str | None = None
    seo_description: str | None = None
    urgency: str = "medium"
    blog_category: str | None = None
    scheduled: Moment | None = None
    expires: Moment | None = None
    call_to_action: str | None = None
    media_contact: str | None = None
    press_release: bool = False
    sources: tuple[str, ...] = ()
    link: str | None = None
    image: str | None = None
    alt: str | None = None
    budget: str | None = None
    sensitive: tuple[str, ...] = ()
    session: dict[str, Any] | None = None
    codes: tuple[str, ...] = ()
    duplicate_of: int | None = None
    evidence: dict[str, str] = field(default_factory=dict)
    reading_time_min: int = 1
    word_count: int = 0
    character_count: int = 0
    complexity: str = "simple"
    language: str | None = None
    techniques: tuple[str, ...] = ()
    links: tuple[str, ...] = ()
    images: tuple[str, ...] = ()
    banner: str | None = None
    heading: str = ""
    block_ids: tuple[str, ...] = ()
    is_dated: bool = True
    text: str = ""

    @property
    def is_blocked(self) -> bool:
        return bool(self.codes)

    @property
    def is_archived(self) -> bool:
        return self.banner == "ARCHIVE"

    @property
    def label(self) -> str:
        """The publication label that its wishes amount to; “Published” is for the ledger to say."""
        if not self.published:
            return "Draft"
        if self.dry_run:
            return "Preview"
        return "Scheduled" if self.scheduled else "Ready"

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON form: lists for tuples, `date` as YYYY-MM-DD, times in UTC with Z."""
        plain = {
            part.name: _plain(getattr(self, part.name))
            for part in fields(self)
            if part.name not in ("on", "scheduled", "expires", "is_dated", "text")
        }
        return plain | {
            "date": self.on.isoformat(),
            "scheduled_for": self.scheduled.utc_text if self.scheduled else None,
            "scheduled_for_local": self.scheduled.local_text if self.scheduled else None,
            "expires_at": self.expires.utc_text if self.expires else None,
            "expires_at_local": self.expires.local_text if self.expires else None,
            "blocked": self.is_blocked,
            "archived": self.is_archived,
            "label": self.label,
        }

    def identity(self) -> dict[str, Any]:
        """Return what a fingerprint covers: what the item says, not where it stands or when it was read."""
        said = {key: value for key, value in self.as_dict().items() if key not in _NOT_IDENTITY}
        return said if self.is_dated else said | {"date": None}


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value
