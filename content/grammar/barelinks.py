"""Bare links in running text, as markdown-it finds them, without looking far for their schemes."""

import re

from markdown_it.rules_inline import StateInline

MAX_URL = 4_096  # characters; no reader follows a longer one
_SCHEME = re.compile(r"(?:^|[^a-z0-9.+-])(https?|ftp)$", re.IGNORECASE)


def read(state: StateInline, silent: bool) -> bool:
    """The inline rule of a bare link; it is asked where `://` stands behind text that is pending."""
    if state.linkLevel > 0 or state.md.linkify is None:
        return False
    pending = state.pending
    found = _SCHEME.search(pending[-8:])
    if found is None:
        return False
    begin = state.pos - len(found[1])
    window = state.src[begin : begin + MAX_URL]
    link = state.md.linkify.match_at_start(window)
    if link is None or link.last_index == MAX_URL:
        return False
    url = link.url.rstrip("*")
    href = state.md.normalizeLink(url)
    if not state.md.validateLink(href):
        return False
    if not silent:
        state.pending = pending[: -len(found[1])]
        _push(state, href, url)
    state.pos = begin + len(url)
    return True


def _push(state: StateInline, href: str, url: str) -> None:
    opening = state.push("link_open", "a", 1)
    opening.attrs = {"href": href}
    opening.markup, opening.info = "linkify", "auto"
    state.push("text", "", 0).content = state.md.normalizeLinkText(url)
    closing = state.push("link_close", "a", -1)
    closing.markup, closing.info = "linkify", "auto"
