"""Texts that a person gave: uploaded files and typed text. Their bytes are kept here."""

from content.sources.base import Fetched, Ref, Source
from halcytone.lib import canonical
from halcytone.lib.errors import Refused


class Given(Source):
    """Answers with the bytes that came with the question; their hash is the change token."""

    def fetch(self, ref: Ref, known_version: str) -> Fetched | None:
        if not ref.held:
            raise Refused(
                "Nothing was given yet. Upload a file or type a text.", code="nothing_given"
            )
        version = f"sha256:{canonical.sha256(ref.held)}"
        return None if version == known_version else Fetched(ref.held, version)
