"""Registering living documents, giving them texts, and what may be done with their rows."""

from typing import Any
from zoneinfo import available_timezones

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import ProtectedError
from django.utils import timezone

from content import grammar, readings, uploads
from content.models import Document, Revision, Snapshot
from content.services import access
from content.services.access import documents as visible_to
from content.services.jobs import latest as latest_jobs
from content.services.reads import ask, read
from content.sources.base import Source
from content.sources.given import text_of
from halcytone.lib import plugins, rights
from halcytone.lib.errors import Invalid, NotAllowed, Problem, Refused, WrongState
from halcytone.lib.rights import Actor

__all__ = [
    "ask",
    "change",
    "give",
    "latest_jobs",
    "link",
    "read",
    "register",
    "remove",
    "try_parse",
    "visible_to",
]
logger = structlog.get_logger(__name__)
SYNONYMS = {"internal": Document.Kind.INLINE}
_CHANGEABLE = ("name", "zone", "strategy", "is_active", "owner", "interval_minutes", "drift_policy")
MAX_INTERVAL_MINUTES = 7 * 24 * 60


@transaction.atomic
def register(
    *,
    by: Any,
    name: str,
    kind: str,
    data: bytes,
    file_name: str = "",
    zone: str = "",
    strategy: str = Document.Strategy.AUTO,
) -> Document:
    """Register a document that `by` owns, with its first text. Nothing is read yet.

    `zone` is the IANA zone of its wall-clock times, "" for the installation's. Raises Invalid, with
    code `too_large` when the text has more than 10,485,760 bytes.
    """
    rights.require(by, "content.add_document", act="register documents")
    kind = SYNONYMS.get(kind, kind)
    values = {
        "name": name.strip(),
        "kind": kind,
        "zone": zone or settings.DEFAULT_ZONE,
        "strategy": strategy,
    }
    _refuse([*_problems(values), *uploads.check(data, _checked_name(kind, file_name))])
    document = Document.objects.create(
        **values, file_name=file_name[:255], data=data, given_by=by, owner=by
    )
    logger.info("document_registered", document=document.pk, by=by.pk)
    return document


@transaction.atomic
def link(*, by: Any, name: str, kind: str, key: str, **settings_of: Any) -> Document:
    """Register a document that lives at a source, read from there at its interval. Nothing is read yet.

    `key` is its id or address there; `settings_of` may name zone, strategy, interval_minutes and
    drift_policy. Raises Invalid naming each field, also when the same text is registered already.
    """
    rights.require(by, "content.add_document", act="register documents")
    values = {
        "name": name.strip(),
        "kind": kind,
        "zone": settings.DEFAULT_ZONE,
        "strategy": Document.Strategy.AUTO,
        "interval_minutes": settings.SYNC_INTERVAL_MINUTES,
        "drift_policy": Document.DriftPolicy.NOTIFY,
        **{field: value for field, value in settings_of.items() if value not in ("", None)},
    }
    problems = _problems(values)
    document = Document(**values, owner=by) if not problems else None
    if document is None or not document.is_remote:
        problems = problems or [_not_linked(kind)]
        raise Invalid(problems, code=problems[0].code)
    document.source_key = key_of(kind, key)
    document.due_at = timezone.now() if document.interval_minutes else None
    document.save()
    logger.info("document_linked", document=document.pk, kind=kind, by=by.pk)
    return document


def _not_linked(kind: str) -> Problem:
    message = f"A document of kind “{kind}” is given as a text or a file, not as an address."
    return Problem("invalid_field", message, attr="kind")


def key_of(kind: str, text: str) -> str:
    """Return the source's own name for what a person typed, if no document has it yet.

    Raises Invalid naming `kind` or `source_key`.
    """
    if kind not in settings.SOURCES or not Document(kind=kind).is_remote:
        raise Invalid([_not_linked(kind)])
    source = plugins.load("SOURCES", kind, Source)  # type: ignore[type-abstract]
    try:
        key = source.normalized_key(text)
    except Refused as error:
        raise Invalid([Problem(error.code, str(error), attr="source_key")]) from error
    if not 1 <= len(key) <= 500:
        message = "Give the address or the id of the document, at most 500 characters."
        raise Invalid([Problem("required", message, attr="source_key")])
    if known := Document.objects.filter(kind=kind, source_key=key).first():
        message = f"“{known.name}” reads this already. Open it, or switch it off first."
        raise Invalid([Problem("duplicate", message, attr="source_key")])
    return key


@transaction.atomic
def give(document: Document, *, by: Any, data: bytes, file_name: str = "") -> Document:
    """Replace the text of a document; `read` takes it in. `file_name` "" keeps the name it has."""
    access.require_document(by, document, act="give this document a new text")
    name = file_name or document.file_name
    _refuse(uploads.check(data, _checked_name(document.kind, name)))
    document = Document.objects.select_for_update().get(pk=document.pk)
    document.data, document.file_name, document.given_by = data, name[:255], by
    document.version += 1
    document.save(update_fields=["data", "file_name", "given_by", "version"])
    logger.info("document_given", document=document.pk, by=by and by.pk)
    return document


@transaction.atomic
def change(
    document: Document, *, by: Actor, version: int | None = None, **changes: Any
) -> Document:
    """Change name, zone, strategy, is_active or owner; without a difference nothing is written.

    Handing it to another owner needs the right to manage documents. Raises WrongState with code
    `version_mismatch` when `version` is given and is not the current one.
    """
    access.require_document(by, document, act="change this document")
    if "owner" in changes and by is not None:
        rights.require(by, "content.manage_document", act="hand over documents")
    document = Document.objects.select_for_update().get(pk=document.pk)
    require_version(document, version)
    _refuse(_problems(changes, known=_CHANGEABLE))
    changed = [name for name, value in changes.items() if getattr(document, name) != value]
    if not changed:
        return document
    for name in changed:
        setattr(document, name, changes[name])
    document.version += 1
    document.halted = ""  # a person has looked at it: machines may try again
    document.due_at = timezone.now() if document.interval_minutes and document.is_remote else None
    document.save(update_fields=[*changed, "version", "halted", "due_at"])
    logger.info("document_changed", document=document.pk, fields=changed)
    return document


@transaction.atomic
def remove(document: Document, *, by: Any) -> None:
    """Remove a document with all that was read from it. Raises WrongState when a draft uses it."""
    if by is not None and not access.may_remove_document(by, document):
        who = rights.who_may("content.manage_document")
        raise NotAllowed(f"You may not remove this document. {who}")
    pk = document.pk
    texts = Revision.objects.filter(item__document=document)
    texts.update(parent=None)  # so that they can go together
    try:
        document.items.all().delete()
        Snapshot.objects.filter(document=document).delete()
        document.delete()
    except ProtectedError as error:
        raise WrongState(
            "A draft or a cadence uses this document, so its texts must stay. "
            "Switch it off instead; then it is no longer read.",
            code="in_use",
        ) from error
    logger.info("document_removed", document=pk)


def try_parse(
    data: bytes, *, name: str, file_name: str = "", zone: str = "", strategy: str = "auto"
) -> grammar.Reading:
    """Read a text, or a file by its name, as a document would be read, and save nothing.

    Images are not fetched. Raises Invalid as `give`.
    """
    values = {"zone": zone or settings.DEFAULT_ZONE, "strategy": strategy}
    _refuse([*_problems(values), *uploads.check(data, file_name)])
    try:
        text = text_of(data, file_name)
    except Refused as error:
        raise Invalid([Problem(error.code, str(error), attr="data")], code=error.code) from error
    return readings.read(data, text, readings.Asked(name, **values, at=timezone.now()))


def require_version(row: Any, version: int | None) -> None:
    """Raise WrongState with code `version_mismatch` unless the row still has this version."""
    if version is not None and row.version != version:
        raise WrongState(
            f"Somebody else changed this since you opened it (version {row.version}, you had "
            f"{version}). Load it again, then repeat your change.",
            code="version_mismatch",
        )


def _checked_name(kind: str, file_name: str) -> str:
    return file_name or "a file without a name" if kind == Document.Kind.UPLOAD else ""


def _problems(values: dict[str, Any], known: tuple[str, ...] = ()) -> list[Problem]:
    found = []
    for name, value in values.items():
        if known and name not in known:
            found.append(Problem("unknown_field", f"A document has no field “{name}”.", attr=name))
        elif message := _wrong(name, value):
            found.append(Problem("invalid_field", message, attr=name))
    return found


def _wrong(name: str, value: Any) -> str:
    match name:
        case "name" if not 1 <= len(value.strip()) <= 200:
            return "A document needs a name of 1 to 200 characters."
        case "kind" if value not in settings.SOURCES:
            return f"“{value}” is no kind of document here. Known: {', '.join(settings.SOURCES)}."
        case "strategy" if value not in Document.Strategy.values:
            return f"“{value}” is no way to read. Known: {', '.join(Document.Strategy.values)}."
        case "interval_minutes" if not 0 <= value <= MAX_INTERVAL_MINUTES:
            return (
                "Readings are 1 minute to 7 days (10,080 minutes) apart; 0 reads only when asked."
            )
        case "drift_policy" if value not in Document.DriftPolicy.values:
            return f"“{value}” is no policy. Known: {', '.join(Document.DriftPolicy.values)}."
        case "zone" if value not in available_timezones():
            return f"“{value}” is no IANA time zone, such as America/New_York."
    return ""


def _refuse(problems: list[Problem]) -> None:
    if problems:
        raise Invalid(problems, code=problems[0].code)
