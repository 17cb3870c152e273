"""What people write to each other: plain text with a very small Markdown, always escaped. Pure.

**bold**, *emphasis*, `code`, [words](address), bare addresses, @names and line ends; nothing else. Whatever
looks like HTML is shown as text. An address is https, http, or a page of this desk.
"""

import re

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

MENTION = re.compile(r"(?<![\w@/.])@([A-Za-z0-9][\w.+-]{0,149})")
_URL = r"https?://(?:(?!&(?:quot|lt|gt|#x27);)[^\s<>\"'()\[\]`*])+"
_ADDRESS = rf"(?:{_URL}|/admin/[A-Za-z0-9/_.#?=&;%-]*)"
#: Each over text that is escaped already, so nothing of it can open a tag or leave an attribute.
_TOKEN = re.compile(
    r"`(?P<code>[^`\n]+)`"
    rf"|\[(?P<words>[^\[\]\n]{{1,200}})\]\((?P<to>{_ADDRESS})\)"
    rf"|(?P<bare>{_URL}(?<![.,;:!?]))"
    r"|\*\*(?P<bold>[^*\n]+)\*\*"
    r"|(?<!\w)\*(?P<em>[^*\s][^*\n]*)\*(?!\w)"
    r"|(?<![\w@/.])@(?P<name>[A-Za-z0-9][\w.+-]{0,149})"
)


def html(text: str) -> SafeString:
    """Return a remark as HTML: paragraphs, with the few marks that are known."""
    paragraphs = re.split(r"\n\s*\n", text.strip().replace("\r\n", "\n"))
    inner = (_TOKEN.sub(_marked, escape(one)).replace("\n", "<br>") for one in paragraphs)
    return mark_safe("".join(f"<p>{one}</p>" for one in inner))  # noqa: S308  (escaped before marking)


def names(text: str) -> list[str]:
    """Return the user names that a remark mentions, once each; a full stop after one is not of it."""
    return list(dict.fromkeys(found[1].rstrip(".-+") for found in MENTION.finditer(text)))


def _marked(found: re.Match[str]) -> str:
    kind = found.lastgroup
    if kind == "code":
        return f"<code>{found['code']}</code>"
    if kind == "to":
        return _link(found["to"], found["words"])
    if kind == "bare":
        return _link(found["bare"], found["bare"])
    if kind == "bold":
        return f"<strong>{found['bold']}</strong>"
    if kind == "em":
        return f"<em>{found['em']}</em>"
    return f'<span class="mention">@{found["name"]}</span>'


def _link(to: str, words: str) -> str:
    return f'<a href="{to}" rel="noopener noreferrer nofollow">{words}</a>'
