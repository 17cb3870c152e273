"""The cache of this installation in its Redis, and nothing else that lives there."""

import re
from collections.abc import Iterator, Sequence

import redis

from halcytone.lib.errors import Unavailable
from publishing.caches.base import Cache, Forgotten, Place

BATCH = 500
GLOB = re.compile(r"[\[\]?\\]")  # what Redis would read as a pattern besides *


class Own(Cache):
    """Deletes keys of Django's cache, named without their first slash. Its words: redis, local.

    `location` is the URL of the Redis and `prefix` what Django's keys begin with: the queue, the counts of
    limits and locks may lie in the same database, and stay.
    """

    name = "own"
    most = 1_000
    outside = False

    def __init__(self, place: Place, *, location: str, prefix: str) -> None:
        super().__init__(place)
        self.location, self.prefix = location, prefix

    def forget(self, paths: Sequence[str], *, key: str) -> Forgotten:
        """Forget these; `keys` counts what was really there."""
        gone = 0
        try:
            with redis.Redis.from_url(self.location, socket_timeout=5) as client:
                for batch in _batches(self._found(client, paths)):
                    gone += int(client.delete(*batch))
        except redis.RedisError as error:
            raise Unavailable("The Redis of this installation does not answer") from error
        return Forgotten(f"deleted-{key}", gone)

    def _found(self, client: "redis.Redis", paths: Sequence[str]) -> Iterator[bytes | str]:
        for path in paths or ["*"]:
            name = f"{self.prefix}{path.lstrip('/')}"
            if "*" not in path:
                yield name
                continue
            yield from client.scan_iter(match=GLOB.sub(r"\\\g<0>", name), count=BATCH)


def _batches(keys: Iterator[bytes | str]) -> Iterator[list[bytes | str]]:
    batch: list[bytes | str] = []
    for key in keys:
        batch.append(key)
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch
