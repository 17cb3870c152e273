"""Texts that a person gave: uploaded files and typed text. Their bytes are kept here."""

from pathlib import PurePath

from content.sources import bundle, docx, html_reading
from content.sources.base import Fetched, Known, Ref, Source, Text
from halcytone.lib import canonical
from halcytone.lib.errors import Refused

_READERS = {".html": html_reading.file, ".docx": docx.text, ".zip": bundle.text}


class Given(Source):
    """Answers with the bytes that came with the question; their hash is the change token."""

    def fetch(self, ref: Ref, known: Known) -> Fetched | None:
        if not ref.held:
            raise Refused(
                "Nothing was given yet. Upload a file or type a text.", code="nothing_given"
            )
        version = f"sha256:{canonical.sha256(ref.held)}"
        if version == known.version:
            return None
        return Fetched(ref.held, version, text_of(ref.held, ref.file_name))


def text_of(data: bytes, file_name: str) -> Text | None:
    """Return what a file says, None where its bytes are the text (Markdown, plain text, JSON).

    Raises Refused with the code of what is wrong. No network, no rows.
    """
    reader = _READERS.get(PurePath(file_name).suffix.lower())
    return reader(data) if reader else None
