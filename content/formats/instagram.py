"""Instagram: a caption with three tips below the images of the edition, its hashtags in the first comment."""

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from content.formats import hashtags, shape, social, titles, wording
from content.formats.base import (
    ERROR,
    INFO,
    Edition,
    Finding,
    Format,
    ImageRule,
    Rendered,
    first_images,
    require_pieces,
)
from content.formats.truncate import truncate, whole_sentences

LIMIT, TAGS_MAX, IMAGES_MAX, COMMENTS_MAX = 2_200, 30, 10, 1
BODY, TIPS, TIP, TAGS = 300, 3, 120, 10
VISIBLE = 150  # characters that are seen before “more”
TAGS_ADVISED = (10, 15)


class Instagram(Format):
    """Made only where it is asked for: most editions have no image, and Instagram shows nothing else."""

    name = "instagram"
    is_by_wish = True
    fields: ClassVar[Mapping[str, shape.Kind]] = {
        "text": shape.Kind.TEXT,
        "comments": shape.Kind.TEXTS,
    }
    image_rule = ImageRule("Instagram", max_bytes=8_000_000, narrowest=4 / 5, widest=1.91)

    def render(self, edition: Edition) -> Rendered:
        require_pieces(edition)
        caption = _caption(edition)
        tags = " ".join(hashtags.choose(edition.pieces, caption, TAGS))
        content = {"text": caption, "comments": [tags] if tags else []}
        images, notes = first_images(self, edition, IMAGES_MAX)
        if not images:
            message = "There is no image, and Instagram shows nothing without one."
            hint = "Put one into the text, or take Instagram out."
            notes = (self.finding(ERROR, "images_missing", message, hint=hint, where="images"),)
        return Rendered(shape.clean(content), images, notes)

    def check(self, content: Mapping[str, Any]) -> list[Finding]:
        caption, comments = content["text"], content["comments"]
        found = [*self._text(caption, "caption"), *self._visible(caption)]
        for comment in comments:
            found += self._text(comment, "first comment")
        return [*found, *self._comments(comments), *self._hashtags(" ".join([caption, *comments]))]

    def _text(self, text: str, where: str) -> Iterator[Finding]:
        if not text.strip():
            yield self.finding(ERROR, "post_empty", f"The {where} has no text.", where=where)
        if (excess := len(text) - LIMIT) > 0:
            message = f"The {where} has {len(text):,} characters, {excess:,} more than {LIMIT:,}."
            yield self.finding(ERROR, "post_long", message, hint="Shorten it.", where=where)
        yield from wording.left_overs(self.finding, text, where)
        yield from wording.shouting(self.finding, text, where, emoji=10, marks=3)

    def _visible(self, caption: str) -> Iterator[Finding]:
        if len(first := caption.split("\n")[0]) > VISIBLE:
            message = (
                f"The first line has {len(first)} characters; {VISIBLE} are seen before “more”."
            )
            yield self.finding(INFO, "length_advised", message, where="caption")

    def _comments(self, comments: list[str]) -> Iterator[Finding]:
        if len(comments) > COMMENTS_MAX:
            message = f"{len(comments)} comments; Instagram gets one."
            yield self.finding(ERROR, "comments_many", message, where="first comment")

    def _hashtags(self, text: str) -> Iterator[Finding]:
        count, (low, high) = len(hashtags.seen(text)), TAGS_ADVISED
        if count > TAGS_MAX:
            message = f"There are {count} hashtags, {count - TAGS_MAX} more than {TAGS_MAX}."
            yield self.finding(ERROR, "hashtags_many", message, hint="Take some out.", where="post")
        elif count > high:
            message = f"There are {count} hashtags; {low} to {high} work best."
            yield self.finding(INFO, "hashtags_advised", message, where="post")


def _caption(edition: Edition) -> str:
    lead = titles.lead(edition)
    body = whole_sentences(social.prose(lead), BODY)
    tips = [f"• {row}" for row in _tips(edition, body)]
    rows = [social.opening(edition), body, "\n".join(tips), f"Read more: {social.link(edition)}"]
    return truncate("\n\n".join(filter(None, rows)), LIMIT)


def _tips(edition: Edition, without: str) -> list[str]:
    """Return three short tips: titles of the other pieces, tips first, else sentences of the leading one."""
    others = sorted(social.others(edition), key=lambda piece: piece.section != "tips")
    lead = titles.lead(edition)
    keys = social.key_sentences(lead, TIPS, without=without, longest=TIP)
    return [truncate(row, TIP) for row in [*(piece.title for piece in others), *keys][:TIPS]]
