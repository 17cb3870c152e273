"""The verification token that Notion posts once when a webhook is made: taken while somebody waits for it.

It is kept in the cache alone, for minutes, shown once, and written into no log and no table. The first
one counts: a stranger's would not satisfy Notion, and then one waits anew.
https://developers.notion.com/reference/webhooks
"""

import re

from django.core.cache import cache

WAIT_S = 600
_TOKEN = re.compile(r"[\w-]{8,200}", re.ASCII)
_WAITING, _TAKEN = "notion-hook-waiting", "notion-hook-token"


def wait(wait_s: int = WAIT_S) -> None:
    """Take the next token, for so long."""
    cache.delete(_TAKEN)
    cache.set(_WAITING, "yes", wait_s)


def take(token: str) -> bool:
    """Keep a token that somebody waits for; tells whether anybody does."""
    if not _TOKEN.fullmatch(token) or not cache.get(_WAITING):
        return False
    return bool(cache.add(_TAKEN, token, WAIT_S))


def shown() -> str:
    """Return the token that came, once, and wait no more; "" while there is none."""
    token = cache.get(_TAKEN)
    if token:
        cache.delete_many([_WAITING, _TAKEN])
    return str(token or "")


def stop() -> None:
    """Take no token any more."""
    cache.delete_many([_WAITING, _TAKEN])
