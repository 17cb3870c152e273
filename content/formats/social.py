"""What posts say: an opening, highlights, a question, and where to read on."""

import re

from content import markdown, plaintext
from content.formats import paths, sentences, titles
from content.formats.base import Edition, Piece

QUESTIONS = {
    "breathscape": "Which of these will you try first?",
    "hardware": "What would you like to know about it?",
    "tips": "What helps you to breathe calmly?",
    "vision": "What matters most to you here?",
    "community": "Where do you practise, and with whom?",
}
_QUESTION = "What do you think?"
_FIGURE = re.compile(r"\d")
_LONGEST = 50_000  # characters; a longer body is too long even for a blog
_KEY_LENGTH = (30, 250)  # characters of a sentence that can stand alone


def prose(piece: Piece) -> str:
    """Return the running text of a piece; what stands far behind its beginning is not for posts."""
    return markdown.to_prose(piece.content)[:_LONGEST]


def on_one_line(piece: Piece) -> str:
    """Return the running text on one line, with a dot between what ends without a mark."""
    return plaintext.on_one_line(prose(piece))


def is_urgent(piece: Piece) -> bool:
    """Tell whether a piece is no occasion for talk: an announcement of high or critical urgency."""
    return piece.type == "announcement" and piece.fields.get("urgency") in {"high", "critical"}


def link(edition: Edition) -> str:
    """Return where to read on: the link of a single piece, else the page of the edition."""
    only = edition.pieces[0] if len(edition.pieces) == 1 else None
    return (only and only.link) or paths.url(edition)


def opening(edition: Edition) -> str:
    """Return the first line of a post."""
    if edition.title:
        return edition.title
    if edition.is_weekly:
        return f"This week at {edition.site.name}: {titles.lead(edition).title}"
    if len(edition.pieces) == 1:
        return edition.pieces[0].title
    return f"{edition.site.name} in {titles.month_year(edition.slot)}: {titles.lead(edition).title}"


def key_sentences(
    piece: Piece, count: int, *, without: str = "", longest: int = _KEY_LENGTH[1]
) -> list[str]:
    """Return up to `count` sentences that carry a figure or a benefit, else early ones, in order.

    Sentences that `without` holds already, and those over `longest` characters, are passed over.
    """
    low, high = _KEY_LENGTH[0], longest
    rows = [
        sentence
        for sentence in dict.fromkeys(sentences.split(prose(piece)))
        if low <= len(sentence) <= high and sentence not in without
    ]
    best = sorted(rows, key=_weight, reverse=True)[:count]
    return [row for row in rows if row in best]


def others(edition: Edition) -> list[Piece]:
    """Return the pieces beside the leading one, in the order of the edition."""
    lead = titles.lead(edition)
    return [piece for piece in edition.pieces if piece is not lead]


def question(piece: Piece) -> str:
    """Return what to ask the readers; nothing where people have to act."""
    return "" if is_urgent(piece) else QUESTIONS.get(piece.section, _QUESTION)


def _weight(sentence: str) -> int:
    return 2 * bool(_FIGURE.search(sentence)) + bool(titles.benefits(sentence, 1))
