"""X: one post, or a thread of numbered parts."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar

import regex

from content.formats import hashtags, sentences, shape, social, threads, titles, wording
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
from content.formats.weight import weighted_length

LIMIT, TAGS_MAX, PARTS_MAX, IMAGES_MAX = threads.LIMIT, 2, threads.MAX_PARTS, 4
TEXT_ADVISED = 250  # weighted, of a part before its number and link
WEEKLY_STORIES = 4  # beside opening, link and closing: seven parts
KEY_SENTENCES = 5
_TITLE_SHOWN = 50
_WHOLE_MAX = (
    2 * PARTS_MAX * LIMIT
)  # weighted; no text of more fits ten parts, blanks between them and all
_NUMBER = regex.compile(r"(?P<place>\d+)/(?P<total>\d+)$")


class X(Format):
    name = "x"
    fields: ClassVar[Mapping[str, shape.Kind]] = {"parts": shape.Kind.PARTS}

    def render(self, edition: Edition) -> Rendered:
        require_pieces(edition)
        is_single = len(edition.pieces) == 1
        parts = _single(edition) if is_single else threads.numbered(_several(edition))
        content = {"parts": [{"text": part} for part in parts]}
        return Rendered(shape.clean(content), *first_images(self, edition, IMAGES_MAX))

    def check(self, content: Mapping[str, Any]) -> list[Finding]:
        texts = [part["text"] for part in content["parts"]]
        found = list(self._count(texts))
        for place, text in enumerate(texts, 1):
            where = f"part {place}" if len(texts) > 1 else "post"
            found += [*self._part(text, where), *self._number(text, place, len(texts))]
        return found

    def _count(self, texts: Sequence[str]) -> Iterator[Finding]:
        if not texts:
            yield self.finding(ERROR, "thread_empty", "There is no part to post.", where="thread")
        if (excess := len(texts) - PARTS_MAX) > 0:
            message = (
                f"The thread has {len(texts)} parts, {excess} more than the {PARTS_MAX} allowed."
            )
            hint = "Shorten it to title, excerpt, key sentences and link by rendering it again."
            yield self.finding(ERROR, "thread_long", message, hint=hint, where="thread")

    def _part(self, text: str, where: str) -> Iterator[Finding]:
        length = weighted_length(text)
        if not text.strip():
            yield self.finding(ERROR, "part_empty", f"The {where} has no text.", where=where)
        if length > LIMIT:
            message = (
                f"The {where} weighs {length}, {length - LIMIT} more than the {LIMIT} allowed."
            )
            yield self.finding(
                ERROR, "part_long", message, hint="Shorten it.", where=where, evidence=text
            )
        if (count := len(hashtags.seen(text))) > TAGS_MAX:
            message = f"The {where} has {count} hashtags, {count - TAGS_MAX} more than {TAGS_MAX}."
            yield self.finding(
                ERROR, "hashtags_many", message, hint="Take some out.", where=where, evidence=text
            )
        yield from wording.left_overs(self.finding, text, where)
        yield from wording.shouting(self.finding, text, where, emoji=5, marks=3)

    def _number(self, text: str, place: int, total: int) -> list[Finding]:
        if total == 1:
            return []
        match = _NUMBER.search(text)
        if match and (int(match["place"]), int(match["total"])) == (place, total):
            return []
        message = f"Part {place} does not end with its number {place}/{total}."
        where = f"part {place}"
        return [self.finding(WARNING, "part_number", message, hint="Number it.", where=where)]


def _single(edition: Edition) -> list[str]:
    """Return the whole text if it fits ten parts, else title, excerpt, key sentences and link."""
    piece, link = edition.pieces[0], social.link(edition)
    whole = f"{piece.title}\n\n{social.prose(piece)}"
    if weighted_length(whole) <= _WHOLE_MAX:
        parts = _tagged(whole, link, edition.pieces)
        if len(parts) <= PARTS_MAX:
            return parts
    beginning = whole_sentences(social.on_one_line(piece), titles.EXCERPT_MAX)
    for count in range(KEY_SENTENCES, -1, -1):
        keys = social.key_sentences(piece, count, without=beginning)
        parts = _tagged("\n\n".join([piece.title, beginning, *keys]), link, edition.pieces)
        if len(parts) <= PARTS_MAX:
            break
    return parts


def _tagged(text: str, link: str, pieces: tuple[Piece, ...]) -> list[str]:
    """Return the thread with as many hashtags behind the link as cost no further part."""
    least = threads.thread(text, link, TEXT_ADVISED)
    for count in range(TAGS_MAX, 0, -1):
        closing = " ".join([link, *hashtags.choose(pieces, text, count)])
        parts = threads.thread(text, closing, TEXT_ADVISED)
        if len(parts) == len(least):
            return parts
    return least


def _several(edition: Edition) -> list[str]:
    """Return opening, stories and link of an edition, and the closing of a weekly one."""
    stories = _stories(edition)
    tags = " ".join(hashtags.choose(edition.pieces, "", TAGS_MAX))
    link = f"Read the whole edition:\n{social.link(edition)}"
    told = [_contents(edition, stories), *map(_story, stories)]
    if not edition.is_weekly:
        return [*told, f"{link}\n\n{tags}"]
    question = social.question(titles.lead(edition))
    closing = [*filter(None, [question, "Breathe easy until next week."])]
    return [*told, link, f"{' '.join(closing)}\n\n{tags}"]


def _stories(edition: Edition) -> list[Piece]:
    """Return the leading piece, the tips, and others while there is room, in edition order."""
    rest = social.others(edition)
    ranked = [titles.lead(edition), *sorted(rest, key=lambda piece: piece.section != "tips")]
    chosen = {piece.key for piece in ranked[:WEEKLY_STORIES]}
    return [piece for piece in edition.pieces if piece.key in chosen]


def _contents(edition: Edition, stories: Sequence[Piece]) -> str:
    month = titles.month_year(edition.slot)
    head = (
        edition.title or ("This week" if edition.is_weekly else month) + f" at {edition.site.name}"
    )
    rows = [f"• {truncate(piece.title, _TITLE_SHOWN, weighted_length)}" for piece in stories]
    return truncate("\n".join([f"{head}:", "", *rows]), TEXT_ADVISED, weighted_length)


def _story(piece: Piece) -> str:
    """Return title and first sentences; a first one over the advised length stays whole if it fits."""
    title, text = (
        truncate(piece.title, TEXT_ADVISED // 2, weighted_length),
        social.on_one_line(piece),
    )
    spent = weighted_length(f"{title}\n\n")
    first = "".join(sentences.split(text)[:1])
    most = LIMIT - weighted_length(threads.number(PARTS_MAX, PARTS_MAX))
    if TEXT_ADVISED < spent + weighted_length(first) <= most:
        return f"{title}\n\n{first}"
    return f"{title}\n\n{whole_sentences(text, TEXT_ADVISED - spent, weighted_length)}".strip()


__all__ = ["X", "weighted_length"]
