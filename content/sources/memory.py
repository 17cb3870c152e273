"""A source whose texts are put there by hand, for tests and rehearsals."""

from content.sources.base import Fetched, Ref, Source
from halcytone.lib.errors import Refused, RemoteError


class Memory(Source):
    """Holds texts by key; the number of times one was put is its change token.

    `fail_with` makes every fetch raise that error, until it is set to None again.
    """

    def __init__(self) -> None:
        self.texts: dict[str, Fetched] = {}
        self.fail_with: RemoteError | None = None

    def put(self, key: str, data: bytes) -> None:
        known = self.texts.get(key)
        number = int(known.version) + 1 if known else 1
        self.texts[key] = Fetched(data, str(number))

    def fetch(self, ref: Ref, known_version: str) -> Fetched | None:
        if self.fail_with is not None:
            raise self.fail_with
        if ref.key not in self.texts:
            raise Refused(f"There is no text named {ref.key}.", code="not_found")
        found = self.texts[ref.key]
        return None if found.version == known_version else found
