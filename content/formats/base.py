"""What a format takes in and gives back. A format is a pure function from an edition to bytes."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import date, datetime
from typing import Any, ClassVar

from content import markdown
from content.formats import shape
from halcytone.lib import canonical
from halcytone.lib.errors import Invalid

INFO, WARNING, ERROR, CRITICAL = "info", "warning", "error", "critical"
BLOCKING = frozenset({ERROR, CRITICAL})


@dataclass(frozen=True, slots=True)
class Piece:
    """One revision as a format sees it.

    `key` is the revision's id, or `line-<n>` in a preview. `content` is Markdown as written.
    `excerpt` is "" when the format should make one. `line` is the 1-based line of its document.
    """

    key: str
    title: str
    content: str
    section: str
    on: date
    type: str = "update"
    priority: int = 3
    featured: bool = False
    weekly: bool = False
    tags: tuple[str, ...] = ()
    link: str = ""
    image: str = ""
    alt: str = ""
    sources: tuple[str, ...] = ()
    excerpt: str = ""
    author: str = ""
    line: int | None = None
    fields: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Site:
    """Who publishes. `base_url` has no slash at its end; `logo_url` may be empty."""

    name: str
    base_url: str
    postal_address: str
    logo_url: str = ""


@dataclass(frozen=True, slots=True)
class Edition:
    """A draft as a format sees it: pieces in the order of publication, and the slot in its zone.

    `title`, `subject` and `preheader` are derived from the pieces where they are "", and so is
    `slug`, the last word of its page's address, which every format that links to the page reads.
    """

    type: str
    title: str
    pieces: tuple[Piece, ...]
    slot: datetime
    site: Site
    template: str = "auto"
    tone: str = "auto"
    subject: str = ""
    preheader: str = ""
    slug: str = ""

    @property
    def is_weekly(self) -> bool:
        return self.type == "weekly"


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong, or could be better, with a rendition.

    `field` is the format's name and `where` the place in it ("subject", "part 3"). `evidence` is
    the text that shows it, by which `origins.place` finds the piece and its line.
    """

    severity: str
    code: str
    message: str
    hint: str = ""
    field: str = ""
    where: str = ""
    line: int | None = None
    piece: str = ""
    evidence: str = ""

    @property
    def blocks(self) -> bool:
        return self.severity in BLOCKING

    def of(self, piece: Piece) -> "Finding":
        return replace(self, line=piece.line, piece=piece.key)

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Media:
    """An image of a rendition. `sha256` is "" while its bytes were not fetched."""

    url: str
    sha256: str
    alt: str


@dataclass(frozen=True, slots=True)
class ImageRule:
    """What a place takes as an image: a JPEG of at most so many bytes, width by height within these."""

    place: str
    max_bytes: int
    narrowest: float
    widest: float


@dataclass(frozen=True, slots=True)
class Rendered:
    """What a format made. `notes` say what it left out or changed; they are no part of the body."""

    content: Mapping[str, Any]
    media: tuple[Media, ...] = ()
    notes: tuple[Finding, ...] = ()

    def body(self) -> str:
        """Return the canonical JSON whose UTF-8 bytes the rendition's digest is taken from."""
        return canonical.text(self.content)


class Format(ABC):
    """One shape of publication: a plug-in that reads neither ORM, settings, clock nor network."""

    name: ClassVar[str]
    version: str = "1"  # changes whenever templates or rules change
    fields: ClassVar[Mapping[str, shape.Kind]]  # the keys of its content
    is_by_wish: ClassVar[bool] = False  # a draft has it only where somebody asks for it
    image_rule: ClassVar[ImageRule | None] = None  # None: images go as they are

    @abstractmethod
    def render(self, edition: Edition) -> Rendered:
        """Return what this format makes of an edition. Same edition, same bytes.

        Raises Invalid when it cannot be made at all.
        """

    @abstractmethod
    def check(self, content: Mapping[str, Any]) -> list[Finding]:
        """Return what is wrong with this content, edited or not: hard limits are errors."""

    def parse_edit(self, content: Any, before: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Return edited content in its known shape. Raises Invalid naming each wrong field.

        `before` is what the rendition said until now; what follows from a change is changed too.
        """
        problems = shape.problems(self.name, self.fields, content)
        if problems:
            raise Invalid(problems, code="edit_invalid")
        return {name: shape.clean(content[name]) for name in self.fields}

    def finding(self, severity: str, code: str, message: str, **rest: Any) -> Finding:
        return Finding(severity, code, message, field=self.name, **rest)


def require_pieces(edition: Edition) -> None:
    """Raise Invalid when there is nothing to render."""
    if not edition.pieces:
        raise Invalid(
            "There is no piece in this edition. Add one, then render again.", code="empty"
        )


def media(edition: Edition) -> tuple[Media, ...]:
    """Return the images of an edition, each once: those of the pieces, then those in their text."""
    heads = [(piece.image, piece.alt) for piece in edition.pieces if piece.image]
    inner = [image for piece in edition.pieces for image in markdown.images(piece.content)]
    return tuple(Media(url, "", alt) for url, alt in dict.fromkeys([*heads, *inner]))


def first_images(
    form: Format, edition: Edition, most: int
) -> tuple[tuple[Media, ...], tuple[Finding, ...]]:
    """Return the images that a post of this format carries, and a remark if it leaves some out."""
    images = media(edition)
    if len(images) <= most:
        return images, ()
    message = f"The post carries the first {most} of {len(images)} images."
    return images[:most], (form.finding(INFO, "images_left_out", message, where="images"),)
