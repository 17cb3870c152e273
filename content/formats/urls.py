"""Where the URLs of a text stand, as X counts them: with or without a scheme.

The rules are those of twitter-text, configuration version 3: a host needs a known top-level
domain, a bare host must not touch `@`, `#`, `$` or a word, and a mail address holds no URL.
"""

from functools import lru_cache

import regex
from linkify_it.tlds import TLDS

# The name that RFC 2606 keeps for examples stands for a real address in rehearsals.
_RESERVED = "example"
_DOTTED = regex.compile(r"[^\s.]\.[^\s.\d]")  # before a top-level domain
_MAX_URL = 4096
_MAX_SLUG = 40  # of a t.co address

_SPACES = r"\s\u180E\u200B-\u200D\u2060"
_INVALID = r"\uFFFE\uFEFF\uFFFF\u202A-\u202E\u061C\u200E\u200F\u2066-\u2069"
_HOST = rf"[^!'#%&()*+,\\\-./:;<=>?@\[\]^_{{|}}~${_SPACES}{_INVALID}\p{{Cc}}]"
_LATIN = r"\u00C0-\u00D6\u00D8-\u00F6\u00F8-\u024F\u0253-\u02BB\u0300-\u036F\u1E00-\u1EFF"
_PATH = rf"[A-Za-z0-9_\p{{Cyrillic}}{_LATIN}!*';:=+,.$/%#\[\]\-\u2013~@|&]"
_PATH_END = rf"[A-Za-z0-9_\p{{Cyrillic}}{_LATIN}+\-=#/]"
_BALANCED = rf"\((?:{_PATH}++|{_PATH}*+\({_PATH}++\){_PATH}*+)\)"
_QUERY, _QUERY_END = r"[A-Za-z0-9!?*'@();:&=+$/%#\[\]\-_.,~|]", r"[A-Za-z0-9\-_&=#/]"
_TLD = r"(?:\L<tlds>|xn--[A-Za-z0-9\-]+)(?=[^0-9A-Za-z@+\-]|$)"


@lru_cache(maxsize=1)
def _tlds() -> list[str]:
    names = {name.lower() for name in TLDS} | {_RESERVED}
    return sorted(names | {name.encode().decode("idna") for name in names if "xn--" in name})


@lru_cache(maxsize=1)
def _url() -> regex.Pattern[str]:
    # Possessive, bounded steps (RFC 1035: labels of 63, names of 253) keep this linear.
    label, name = (
        rf"{_HOST}{{1,63}}+(?:{joint}++{_HOST}++){{0,62}}+\." for joint in (r"[_\-]", "-")
    )
    return regex.compile(
        rf"(?P<before>[^A-Za-z0-9@＠$#＃\uFFFE\uFEFF\uFFFF]|^)"
        rf"(?P<url>(?P<scheme>https?://)?(?P<host>(?:{label}){{0,15}}{name}{_TLD})"
        rf"(?::\d+)?(?P<path>/(?:(?:{_PATH}|{_BALANCED})*(?:{_PATH_END}|{_BALANCED}))?)?"
        rf"(?:\?{_QUERY}*{_QUERY_END})?)",
        regex.IGNORECASE,
        tlds=_tlds(),
    )


@lru_cache(maxsize=1)
def _bare_host() -> regex.Pattern[str]:
    return regex.compile(rf"(?:[A-Za-z0-9\-{_LATIN}]+\.)+{_TLD}", regex.IGNORECASE, tlds=_tlds())


_SHORT = regex.compile(r"https?://t\.co/(?P<slug>[A-Za-z0-9]+)", regex.IGNORECASE)


def spans(text: str) -> list[tuple[int, int]]:
    """Return (start, end) of each URL, in order, in code points."""
    if not _DOTTED.search(text):
        return []
    found: list[tuple[int, int]] = []
    position = 0
    while match := _url().search(text, position):
        position = max(match.end(), match.start() + 1)
        found.extend(_with_scheme(match) if match["scheme"] else _bare(match))
    return found


def _with_scheme(match: "regex.Match[str]") -> list[tuple[int, int]]:
    start, end = match.span("url")
    if end - start > _MAX_URL:
        return []
    if short := _SHORT.match(match["url"]):
        return [] if len(short["slug"]) > _MAX_SLUG else [(start, start + short.end())]
    return [(start, end)]


def _bare(match: "regex.Match[str]") -> list[tuple[int, int]]:
    if match["before"] in tuple("-_./"):
        return []
    start = match.start("url")
    hosts = [
        (start + host.start(), start + host.end()) for host in _bare_host().finditer(match["host"])
    ]
    if hosts and match["path"]:
        hosts[-1] = (hosts[-1][0], match.end("url"))
    return hosts
