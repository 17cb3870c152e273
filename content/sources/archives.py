"""ZIP archives that people give: opened within limits, and refused where they are odd.

Nothing is unpacked but the file that is asked for, into memory. An archive inside is a file like others.
"""

import re
import stat
import zipfile
import zlib
from collections.abc import Mapping
from io import BytesIO

from halcytone.lib.errors import Refused

MAX_ENTRIES = 1_000
MAX_UNPACKED = 52_428_800  # 50 MB
MAX_RATIO = 200  # of a file above 1 MB; text packs 3 to 20 times
_LOOKED_AT = 1_048_576
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_LOCKED = 0x1 | 0x40  # encrypted, strongly encrypted
_LEADS_OUT = re.compile(r"(?:^|[/\\])\.\.(?:[/\\]|$)|^[/\\]|^[A-Za-z]:|\\|[\x00-\x1f]")
_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, ValueError)


class Archive:
    """What is in an archive: its files by name, as big as they say they are. Raises Refused."""

    def __init__(self, data: bytes) -> None:
        try:
            self.zip = zipfile.ZipFile(BytesIO(data))
        except _BROKEN as error:
            raise _refused("It cannot be opened; it is cut or damaged") from error
        entries = self.zip.infolist()
        _judge(entries)
        self.files: Mapping[str, zipfile.ZipInfo] = {
            entry.filename: entry for entry in entries if not entry.is_dir()
        }

    def read(self, name: str) -> bytes:
        """Return the bytes of a file. What does not unpack as it should is refused."""
        try:
            return self.zip.read(self.files[name])
        except _BROKEN as error:
            raise _refused(f"“{name}” in it cannot be unpacked") from error


def _judge(entries: list[zipfile.ZipInfo]) -> None:
    if len(entries) > MAX_ENTRIES:
        raise _refused(f"It holds {len(entries):,} files; at most {MAX_ENTRIES:,} are taken")
    total = sum(entry.file_size for entry in entries)
    if total > MAX_UNPACKED:
        raise _refused(f"It unpacks to {total:,} bytes; at most {MAX_UNPACKED:,} (50 MB) are taken")
    for entry in entries:
        if why := _odd(entry):
            raise _refused(why)
    if len({entry.filename for entry in entries}) < len(entries):
        raise _refused("It holds two files of the same name")


def _odd(entry: zipfile.ZipInfo) -> str:
    name = entry.filename[:80]
    if entry.flag_bits & _LOCKED:
        return f"“{name}” in it is locked with a password"
    if _LEADS_OUT.search(entry.orig_filename):
        return f"“{name}” in it names a place outside of the archive"
    if stat.S_ISLNK(entry.external_attr >> 16):
        return f"“{name}” in it is a link to another file"
    if entry.compress_type not in _METHODS:
        return f"“{name}” in it is packed in a way that is not read"
    if entry.file_size > max(_LOOKED_AT, MAX_RATIO * entry.compress_size):
        return f"“{name}” in it unpacks to more than {MAX_RATIO} times its size"
    return ""


def _refused(why: str) -> Refused:
    return Refused(
        f"The archive is not taken. {why}. Pack it anew, with plain files.", code="archive_refused"
    )
