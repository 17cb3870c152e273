"""The cache of this installation: pages, boards and counts kept for seconds."""

from collections.abc import Sequence

from django.core.cache import cache

from publishing.caches.base import Cache, Forgotten


class Own(Cache):
    """Empties Django's cache; single keys where they are named. Its words: redis, memory, local, api."""

    name = "own"
    most = 1_000
    outside = False

    def forget(self, paths: Sequence[str], *, key: str) -> Forgotten:
        named = [path.lstrip("/") for path in paths]
        if not named or any("*" in name for name in named):
            cache.clear()
            return Forgotten(f"cleared-{key}", len(named))
        cache.delete_many(named)
        return Forgotten(f"deleted-{key}", len(named))
