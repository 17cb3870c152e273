"""Facebook: an opening, three highlights, a question, and a link of its own."""

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar
from urllib.parse import urlsplit

from content.formats import hashtags, shape, social, titles, wording
from content.formats.base import (
    ERROR,
    WARNING,
    Edition,
    Finding,
    Format,
    Piece,
    Rendered,
    first_images,
    require_pieces,
)
from content.formats.truncate import truncate, whole_sentences

LIMIT, ADVISED = 63_206, 3_000
TAGS_MAX, TAGS, IMAGES_MAX = 5, 3, 10
HIGHLIGHTS, HIGHLIGHT, URGENT = 3, 160, 1_000


class Facebook(Format):
    name = "facebook"
    fields: ClassVar[Mapping[str, shape.Kind]] = {
        "text": shape.Kind.TEXT,
        "link": shape.Kind.TEXT,
    }

    def render(self, edition: Edition) -> Rendered:
        require_pieces(edition)
        body = _body(edition)
        tags = " ".join(hashtags.choose(edition.pieces, body, TAGS))
        text = "\n\n".join(filter(None, [body, tags]))
        content = {"text": text, "link": social.link(edition)}
        return Rendered(shape.clean(content), *first_images(self, edition, IMAGES_MAX))

    def check(self, content: Mapping[str, Any]) -> list[Finding]:
        text = content["text"]
        return [
            *self._length(text),
            *self._hashtags(text),
            *self._link(content["link"]),
            *wording.left_overs(self.finding, text, "post"),
            *wording.shouting(self.finding, text, "post", emoji=5, marks=3),
        ]

    def _length(self, text: str) -> Iterator[Finding]:
        size = len(text)
        if not text.strip():
            yield self.finding(ERROR, "post_empty", "The post has no text.", where="post")
        elif size > LIMIT:
            message = f"The post has {size:,} characters, {size - LIMIT:,} more than {LIMIT:,}."
            yield self.finding(ERROR, "post_long", message, hint="Shorten it.", where="post")
        elif size > ADVISED:
            message = f"The post has {size:,} characters, {size - ADVISED:,} over the {ADVISED:,} advised."
            yield self.finding(WARNING, "post_long", message, hint="Shorten it.", where="post")

    def _hashtags(self, text: str) -> Iterator[Finding]:
        if (count := len(hashtags.seen(text))) > TAGS_MAX:
            message = f"The post has {count} hashtags, {count - TAGS_MAX} more than {TAGS_MAX}."
            yield self.finding(ERROR, "hashtags_many", message, hint="Take some out.", where="post")

    def _link(self, link: str) -> Iterator[Finding]:
        parts = urlsplit(link)
        if link and not (parts.scheme in {"http", "https"} and parts.netloc):
            message = f"“{link}” is no web address."
            yield self.finding(ERROR, "link_empty", message, hint="Use https://…", where="link")


def _body(edition: Edition) -> str:
    lead = titles.lead(edition)
    rows = [social.opening(edition), _middle(edition, lead), social.question(lead)]
    return "\n\n".join(filter(None, rows))


def _middle(edition: Edition, lead: Piece) -> str:
    """Return three highlights; of an urgent announcement all that it says, as far as there is room."""
    if social.is_urgent(lead):
        return whole_sentences(social.prose(lead), URGENT)
    rows = _highlights(edition, lead)
    return "\n".join(f"• {row}" for row in rows) if len(rows) > 1 else "".join(rows)


def _highlights(edition: Edition, lead: Piece) -> list[str]:
    others = social.others(edition)
    if len(others) < HIGHLIGHTS:
        keys = social.key_sentences(lead, HIGHLIGHTS - len(others), longest=HIGHLIGHT)
        rows = [*keys, *(piece.title for piece in others)] or [titles.excerpt(lead)]
    else:
        rows = [piece.title for piece in others[:HIGHLIGHTS]]
    return [truncate(row, HIGHLIGHT) for row in rows if row]
