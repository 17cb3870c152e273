"""Trying a source before a document is registered: can it be read, and what would be found in it."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.utils import timezone

from content import grammar
from content.services import documents
from content.services.reads import CREDENTIAL_CODES
from content.sources.base import Known, Ref, Source
from halcytone.lib import plugins, rights
from halcytone.lib.errors import Invalid, Problem, RemoteError


@dataclass(frozen=True, slots=True)
class Trial:
    """What a first reading found. Nothing of it is kept."""

    key: str
    title: str
    url: str
    images: int
    reading: grammar.Reading

    @property
    def blocking(self) -> list[grammar.Problem]:
        return [problem for problem in self.reading.problems if problem.is_blocking]

    @property
    def advice(self) -> list[grammar.Problem]:
        return [problem for problem in self.reading.problems if problem.severity == "warning"]

    @property
    def remarks(self) -> list[grammar.Problem]:
        return [problem for problem in self.reading.problems if problem.severity == "info"]


def of(*, by: Any, kind: str, key: str, zone: str = "", strategy: str = "auto") -> Trial:
    """Read a document at its source once, and keep nothing.

    Raises Invalid naming the field: an address that means nothing, a text that is registered already, a
    source that refuses our credentials or does not answer. No transaction may be open.
    """
    rights.require(by, "content.add_document", act="register documents")
    key = documents.key_of(kind, key)
    source = plugins.load("SOURCES", kind, Source)  # type: ignore[type-abstract]
    try:
        fetched = source.fetch(Ref(key), Known())
    except RemoteError as error:
        hint = "Ask whoever runs this installation for working credentials, or share the document with them."
        hint = hint if error.code in CREDENTIAL_CODES else ""
        raise Invalid([Problem(error.code, str(error), attr="key", hint=hint)]) from error
    if fetched is None:  # without a known version there is always a text
        raise Invalid([Problem("nothing_read", "The source gave no text.", attr="key")])
    text = fetched.text
    reading = grammar.parse(
        text.markdown if text else fetched.data,
        zone=zone or settings.DEFAULT_ZONE,
        strategy=strategy,
        at=timezone.now(),
    )
    title = (text.title if text else "") or reading.title
    images = len(text.pictures) if text else 0
    return Trial(key, title, source.url(Ref(key)), images, reading)
