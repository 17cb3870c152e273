"""LinkedIn: one post; what is too long for it continues in comments.

The text is as people read it: escaping for the API belongs to the channel.
"""

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from content.formats import hashtags, shape, social, threads, titles, wording
from content.formats.base import (
    ERROR,
    INFO,
    Edition,
    Finding,
    Format,
    Rendered,
    media,
    require_pieces,
)
from content.formats.truncate import truncate, whole_sentences

LIMIT, PIECE, COMMENTS_MAX = 3_000, 2_800, 2
TAGS_MAX, IMAGES_MAX = 5, 20
BODY, BENEFITS, ALSO = 500, 3, 5
ADVISED = (150, 300)


class LinkedIn(Format):
    name = "linkedin"
    fields: ClassVar[Mapping[str, shape.Kind]] = {
        "text": shape.Kind.TEXT,
        "comments": shape.Kind.TEXTS,
    }

    def render(self, edition: Edition) -> Rendered:
        require_pieces(edition)
        body = _body(edition)
        tags = " ".join(hashtags.choose(edition.pieces, body, TAGS_MAX))
        closing = "\n\n".join(filter(None, [f"Read more: {social.link(edition)}", tags]))
        first, *more = _pieces(body, len(closing) + 2)
        content = {"text": f"{first}\n\n{closing}", "comments": more}
        images = media(edition)
        return Rendered(shape.clean(content), images[:IMAGES_MAX], self._notes(len(images)))

    def check(self, content: Mapping[str, Any]) -> list[Finding]:
        return [
            *self._text(content["text"], "post"),
            *self._advice(content["text"]),
            *self._comments(content["comments"]),
        ]

    def _notes(self, images: int) -> tuple[Finding, ...]:
        if (excess := images - IMAGES_MAX) <= 0:
            return ()
        message = f"The post has {images} images, {excess} more than the {IMAGES_MAX} allowed."
        hint = "Take some out of the text, or choose fewer pieces."
        return (self.finding(ERROR, "images_many", message, hint=hint, where="images"),)

    def _text(self, text: str, where: str) -> Iterator[Finding]:
        if not text.strip():
            yield self.finding(ERROR, "post_empty", f"The {where} has no text.", where=where)
        if (excess := len(text) - LIMIT) > 0:
            message = f"The {where} has {len(text):,} characters, {excess:,} more than {LIMIT:,}."
            hint = "Move the rest to a comment."
            yield self.finding(ERROR, "post_long", message, hint=hint, where=where)
        if (count := len(hashtags.seen(text))) > TAGS_MAX:
            message = f"The {where} has {count} hashtags, {count - TAGS_MAX} more than {TAGS_MAX}."
            yield self.finding(ERROR, "hashtags_many", message, hint="Take some out.", where=where)
        yield from wording.left_overs(self.finding, text, where)
        yield from wording.shouting(self.finding, text, where, emoji=3, marks=2)

    def _advice(self, text: str) -> Iterator[Finding]:
        low, high = ADVISED
        if text.strip() and not low <= len(text) <= high:
            message = f"The post has {len(text):,} characters; {low} to {high} are read best."
            yield self.finding(INFO, "length_advised", message, where="post")

    def _comments(self, comments: list[str]) -> Iterator[Finding]:
        if (excess := len(comments) - COMMENTS_MAX) > 0:
            message = f"{len(comments)} comments, {excess} more than the {COMMENTS_MAX} allowed."
            yield self.finding(ERROR, "comments_many", message, where="comments")
        for place, comment in enumerate(comments, 1):
            yield from self._text(comment, f"comment {place}")


def _body(edition: Edition) -> str:
    lead = titles.lead(edition)
    prose = social.prose(lead)
    body = whole_sentences(prose, BODY)
    gains = [row for row in titles.benefits(prose, BENEFITS) if row not in body]
    others = [f"• {piece.title}" for piece in social.others(edition)[:ALSO]]
    also = ["Also in this edition:\n" + "\n".join(others)] if others else []
    return "\n\n".join(filter(None, [social.opening(edition), body, *gains, *also]))


def _pieces(body: str, reserved: int) -> list[str]:
    """Return the body whole, or in at most three pieces of which the first leaves room."""
    if len(body) + reserved <= LIMIT:
        return [body]
    pieces = threads.pack(body, min(PIECE, LIMIT - reserved), len)
    kept, rest = pieces[:COMMENTS_MAX], pieces[COMMENTS_MAX:]
    return [*kept, truncate("\n".join(rest), PIECE)] if rest else kept
