"""A source whose texts are put there by hand, for tests and rehearsals."""

from content.sources.base import Changes, Fetched, Known, Ref, Source, Text
from halcytone.lib.errors import Refused, RemoteError


class Memory(Source):
    """Holds texts by key; the number of times one was put is its change token.

    `fail_with` makes every fetch raise that error, until it is set to None again.
    """

    def __init__(self) -> None:
        self.texts: dict[str, Fetched] = {}
        self.put_keys: list[str] = []  # in order; its length is the token of `changed`
        self.asked = 0
        self.fail_with: RemoteError | None = None

    def put(self, key: str, data: bytes, text: Text | None = None) -> None:
        known = self.texts.get(key)
        number = int(known.version) + 1 if known else 1
        self.texts[key] = Fetched(data, str(number), text)
        self.put_keys.append(key)

    def fetch(self, ref: Ref, known: Known) -> Fetched | None:
        self.asked += 1
        if self.fail_with is not None:
            raise self.fail_with
        if ref.key not in self.texts:
            raise Refused(f"There is no text named {ref.key}.", code="not_found")
        found = self.texts[ref.key]
        return None if found.version == known.version else found

    def changed(self, since: str) -> Changes:
        keys = self.put_keys[int(since) :] if since else []
        return Changes(frozenset(keys), str(len(self.put_keys)))
