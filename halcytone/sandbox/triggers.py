"""Words in a subject or title that make a stand-in fail: publishing specification §13."""

import re
from collections.abc import Mapping

from aiohttp import web

from halcytone.sandbox.gate import Problem, wait


def has_word(word: str, text: str) -> bool:
    """Tell whether a text has this word; letters around it make it another word."""
    return re.search(rf"(?<![a-z]){word}(?![a-z])", text.lower()) is not None


def obey(request: web.Request, text: str, statuses: Mapping[str, int], *, slow_s: float) -> None:
    """Act on the trigger words of a text: refuse with a status, or answer late. Raises Problem."""
    for word, status in statuses.items():
        if has_word(word, text):
            raise Problem(status, f"The text asks for {status} ({word})")
    if has_word("slow", text):
        wait(request, slow_s)
