"""Where the URLs of a text stand, as X counts them: with or without a scheme.

The rules are those of twitter-text, configuration version 3: a host needs a known top-level
domain, a bare host must not touch `@`, `#`, `$` or a word, and a mail address holds no URL.
Each label is read a bounded number of times, so that the time grows with the text, whatever it is.
"""

from functools import lru_cache
from typing import NamedTuple

import regex
from linkify_it.tlds import TLDS

# The name that RFC 2606 keeps for examples stands for a real address in rehearsals.
_RESERVED = "example"
_MAX_URL = 4096
_MAX_LABEL = 63  # of a host, RFC 1035
_MAX_SLUG = 40  # of a t.co address
_SCHEME = 6  # characters: `https`, and what stands before it

_SPACES = r"\s\u180E\u200B-\u200D\u2060"
_INVALID = r"\uFFFE\uFEFF\uFFFF\u202A-\u202E\u061C\u200E\u200F\u2066-\u2069"
_HOST = rf"[^!'#%&()*+,\\\-./:;<=>?@\[\]^_{{|}}~${_SPACES}{_INVALID}\p{{Cc}}]"
_LATIN = r"\u00C0-\u00D6\u00D8-\u00F6\u00F8-\u024F\u0253-\u02BB\u0300-\u036F\u1E00-\u1EFF"
_PATH = rf"[A-Za-z0-9_\p{{Cyrillic}}{_LATIN}!*';:=+,.$/%#\[\]\-\u2013~@|&]"
_PATH_END = rf"[A-Za-z0-9_\p{{Cyrillic}}{_LATIN}+\-=#/]"
_BALANCED = rf"\((?:{_PATH}++|{_PATH}*+\({_PATH}++\){_PATH}*+)\)"
_QUERY, _QUERY_END = r"[A-Za-z0-9!?*'@();:&=+$/%#\[\]\-_.,~|]", r"[A-Za-z0-9\-_&=#/]"

_DOTTED = regex.compile(r"[^\s.]\.[^\s.\d]")  # before a top-level domain
_START = regex.compile(
    r"(?P<before>[^A-Za-z0-9@＠$#＃\uFFFE\uFEFF\uFFFF]|^)"
    rf"(?P<scheme>https?://)?(?P<host>(?={_HOST}))",
    regex.IGNORECASE,
)
_LABEL = regex.compile(rf"{_HOST}++(?:[_\-]++{_HOST}++)*+")
_ASCII_LABEL = regex.compile(rf"[A-Za-z0-9\-{_LATIN}]++")
_REST = regex.compile(
    rf"(?::\d+)?(?P<path>/(?:(?:{_PATH}|{_BALANCED})*(?:{_PATH_END}|{_BALANCED}))?)?"
    rf"(?:\?{_QUERY}*{_QUERY_END})?"
)
_SHORT = regex.compile(r"https?://t\.co/(?P<slug>[A-Za-z0-9]+)", regex.IGNORECASE)
_BORDER = r"(?=[^0-9A-Za-z@+\-]|$)"


class _Walk(NamedTuple):
    """Labels read one after another: where the longest host ends, and where reading stopped.

    `host` is 0 where there is none. `odd` is the end of a last host whose name has an underscore,
    which only a part of it may not have: it is read over.
    """

    host: int
    odd: int
    stop: int


@lru_cache(maxsize=1)
def _tlds() -> tuple[frozenset[str], regex.Pattern[str]]:
    """Return the top-level domains in ASCII, and a pattern that any of them is read by."""
    names = {name.lower() for name in TLDS} | {_RESERVED}
    local = sorted((n.encode().decode("idna") for n in names if "xn--" in n), key=len, reverse=True)
    plain = rf"(?P<plain>[A-Za-z]{{2,{max(map(len, names))}}}+)"
    ending = rf"(?:xn--[A-Za-z0-9\-]++|{plain}|(?=[^\x00-\x7F])(?:{'|'.join(local)})){_BORDER}"
    return frozenset(names), regex.compile(ending, regex.IGNORECASE)


def spans(text: str) -> list[tuple[int, int]]:
    """Return (start, end) of each URL, in order, in code points."""
    if not _DOTTED.search(text):
        return []
    found: list[tuple[int, int]] = []
    position = 0
    while match := _START.search(text, position):
        walk = _walk(text, match.end(), len(text), _LABEL)
        if end := walk.host or walk.odd:
            rest = _REST.match(text, end)
            position = rest.end() if rest else end
            found += _urls(text, match, end, rest) if walk.host else []
        else:
            behind = _SCHEME if text.startswith("://", walk.stop) else 0
            position = max(match.start() + 1, walk.stop - behind)
    return found


def _walk(text: str, start: int, stop: int, label: "regex.Pattern[str]") -> _Walk:
    """Read labels with their dots from `start` on."""
    names, tld = _tlds()
    host, odd = 0, 0
    while (read := label.match(text, start, stop)) and text[read.end() : read.end() + 1] == ".":
        start = read.end() + 1
        ending = tld.match(text, start, stop)
        if ending and (ending["plain"] is None or ending["plain"].lower() in names):
            host, odd = (host, ending.end()) if "_" in read[0] else (ending.end(), odd)
    return _Walk(host, odd, max(start, read.end() if read else start))


def _urls(
    text: str, match: "regex.Match[str]", end: int, rest: "regex.Match[str] | None"
) -> list[tuple[int, int]]:
    """Return the URLs of one host and what follows it."""
    host = match.end()
    start, last = match.start("scheme") if match["scheme"] else host, rest.end() if rest else end
    if last - start > _MAX_URL or max(map(len, text[host:end].split("."))) > _MAX_LABEL:
        return []
    if not match["scheme"]:
        has_path = bool(rest and rest["path"])
        return [] if match["before"] in tuple("-_./") else _bare(text, host, end, last * has_path)
    if short := _SHORT.match(text, start, last):
        return [] if len(short["slug"]) > _MAX_SLUG else [(start, short.end())]
    return [(start, last)]


def _bare(text: str, start: int, end: int, path_end: int) -> list[tuple[int, int]]:
    """Return the hosts in ASCII between these places; the path, if there is one, is the last's."""
    hosts: list[tuple[int, int]] = []
    while found := _ASCII_LABEL.search(text, start, end):
        walk = _walk(text, found.start(), end, _ASCII_LABEL)
        if walk.host:
            hosts.append((found.start(), walk.host))
        start = walk.host or walk.stop
    if hosts and path_end:
        hosts[-1] = (hosts[-1][0], path_end)
    return hosts
