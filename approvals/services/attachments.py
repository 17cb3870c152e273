"""Files that come with comments: told by their bytes, kept under their hash, given only to whoever sees the review.

Source: approvals specification §8: PNG, JPEG, PDF, DOCX, at most 10 MB, scanned for type.
"""

import re
import unicodedata
from pathlib import PurePath
from typing import IO

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import QuerySet

from approvals.models import Attachment, Comment
from approvals.services import talk
from content import pictures
from content.sources import docx
from content.sources.archives import Archive
from halcytone.lib import canonical
from halcytone.lib.errors import Invalid, NotAllowed, Problem, Refused
from halcytone.lib.rights import Actor

MAX_BYTES = 10_485_760
MOST = 10  # of one comment
TAKEN = "PNG, JPEG, PDF and Word documents (.docx) are taken, up to 10 MB each."
MEDIA_TYPES = {
    "png": "image/png",
    "jpg": "image/jpeg",
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
}
_ENDINGS = {".png": "png", ".jpg": "jpg", ".jpeg": "jpg", ".pdf": "pdf", ".docx": "docx"}
_PROGRAMS = (b"/JavaScript", b"/Launch", b"/EmbeddedFile")
_UNFIT = re.compile(r"[^\w .,()+-]+")


@transaction.atomic
def attach(comment: Comment, *, by: Actor, name: str, data: bytes) -> Attachment:
    """Keep a file with one's own comment.

    Raises NotAllowed for the comment of somebody else; Invalid, code `attachment_refused`, for bytes that
    are not what the name says, carry programs, or are of no kind that is taken.
    """
    if comment.person_id != by.pk:
        raise NotAllowed("A file comes with one's own comment. Write one, and attach it there.")
    if comment.attachments.count() >= MOST:
        raise _refused(f"A comment has at most {MOST} files")
    kind, kept = accepted(name, data)
    row = Attachment.objects.create(
        comment=comment,
        name=_shown_name(name),
        kind=kind,
        size_bytes=len(kept),
        sha256=canonical.sha256(kept),
    )
    if not default_storage.exists(path(row)):
        default_storage.save(path(row), ContentFile(kept))
    return row


def accepted(name: str, data: bytes) -> tuple[str, bytes]:
    """Return the kind of a file and the bytes to keep; an image comes back written anew."""
    if len(data) > MAX_BYTES:
        raise _refused(f"“{_shown_name(name)}” has {len(data):,} bytes")
    wanted = _ENDINGS.get(PurePath(name).suffix.lower())
    if wanted is None:
        raise _refused(f"“{_shown_name(name)}” is of a kind that is not taken")
    try:
        found, kept = _told(data)
    except Refused as error:
        raise _refused(f"“{_shown_name(name)}” is not taken: {str(error).rstrip('.')}") from error
    if found != wanted:
        what = dict(Attachment.Kind.choices).get(found, "something else")
        raise _refused(f"“{_shown_name(name)}” is not what its name says: its bytes are {what}")
    return found, kept


def visible_to(person: Actor) -> QuerySet[Attachment]:
    """Return the files of the threads that this person may see."""
    return Attachment.objects.filter(comment__thread__in=talk.visible_to(person))


def opened(row: Attachment) -> IO[bytes]:
    """Return the stored bytes. Raises FileNotFoundError when the store has lost them."""
    file: IO[bytes] = default_storage.open(path(row))
    return file


def path(row: Attachment) -> str:
    """Return where in the store the bytes lie: apart from the images that everybody sees."""
    return f"attachments/{row.sha256[:2]}/{row.sha256}.{row.kind}"


def _told(data: bytes) -> tuple[str, bytes]:
    """Return what bytes are, told by themselves: a kind that is taken, or "". Raises Refused."""
    if data.startswith((b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff")):
        picture = pictures.accepted(data)
        return picture.extension, picture.data
    if data.startswith(b"%PDF-"):
        return _pdf(data), data
    if data.startswith(b"PK\x03\x04"):
        archive = Archive(data)
        docx.require_plain(archive)
        return "docx" if docx.is_word(archive) else "", data
    return "", data


def _pdf(data: bytes) -> str:
    if b"%%EOF" not in data[-2048:]:
        raise Refused("it is cut off or damaged")
    if any(word in data for word in _PROGRAMS):
        raise Refused("it carries programs or other files")
    return "pdf"


def _shown_name(name: str) -> str:
    """Return the end of a name as it may stand in a header: no path, no control characters."""
    plain = unicodedata.normalize("NFC", PurePath(name.replace("\\", "/")).name)
    plain = _UNFIT.sub("_", plain).strip(" .") or "file"
    stem, dot, ending = plain.rpartition(".")
    return f"{stem[:100]}{dot}{ending[:10]}" if dot else plain[:110]


def _refused(why: str) -> Invalid:
    return Invalid(
        [Problem("attachment_refused", f"{why}. {TAKEN}", "file")], code="attachment_refused"
    )
