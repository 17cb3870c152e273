"""LinkedIn's "little text": what a commentary looks like on the wire. Pure.

Source: https://learn.microsoft.com/linkedin/marketing/community-management/shares/little-text-format
"""

import re

from content.formats import hashtags

RESERVED = re.compile(r"[|{}@\[\]()<>#\\*_~]")
TAG = re.compile(r"\{hashtag\|\\([#＃])\|(.*?)(?<!\\)\}", re.DOTALL)
ESCAPED = re.compile(r"\\([|{}@\[\]()<>#\\*_~])")


def commentary(text: str) -> str:
    """Return a text as LinkedIn takes it: reserved characters escaped, hashtags as templates."""
    written, at = [], 0
    for start, end in hashtags.spans(text):
        tag = f"{{hashtag|\\{text[start]}|{_escaped(text[start + 1 : end])}}}"
        written += [_escaped(text[at:start]), tag]
        at = end
    return "".join([*written, _escaped(text[at:])])


def plain(commentary: str) -> str:
    """Return a commentary as people read it: the reverse of `commentary`."""
    return ESCAPED.sub(r"\1", TAG.sub(r"\1\2", commentary))


def _escaped(text: str) -> str:
    return RESERVED.sub(r"\\\g<0>", text)
