"""Is a package of a release what was signed? Every file is read once, a little at a time."""

import hashlib
import json
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO

from halcytone.lib.audit import evidence
from publishing.services.packages import CHUNK, KIND, MANIFEST

MANIFEST_MOST = 8 * 2**20  # bytes


def problems_of(file: BinaryIO, *, key: str = "") -> list[str]:
    """Return what is wrong with a package, each naming its file; [] when it is what was signed.

    `key` is the public key that the reader trusts; without it, the one that the manifest names.
    """
    try:
        with zipfile.ZipFile(file) as zipped:
            return list(_problems(zipped, key))
    except (zipfile.BadZipFile, OSError):
        return ["It is no ZIP file, or its end is missing."]


def _problems(zipped: zipfile.ZipFile, key: str) -> Iterator[str]:
    names = zipped.namelist()
    if MANIFEST not in names or zipped.getinfo(MANIFEST).file_size > MANIFEST_MOST:
        yield f"{MANIFEST} is missing: it is no package of a release."
        return
    try:
        text = zipped.read(MANIFEST).decode()
    except (zipfile.BadZipFile, zlib.error, UnicodeDecodeError):
        yield f"{MANIFEST} was changed."
        return
    if wrong := evidence.problems_of(text, key=key):
        yield from (f"{MANIFEST}: {one}" for one in wrong)
        return
    manifest = json.loads(text)
    if manifest.get("kind") != KIND:
        yield f"{MANIFEST} is signed, and not of a package of a release."
        return
    told: dict[str, Mapping[str, Any]] = {one["name"]: one for one in manifest["files"]}
    for name in dict.fromkeys(names):
        if names.count(name) > 1:
            yield f"{name} is there more than once."
        elif name != MANIFEST and name not in told:
            yield f"{name} was added: the manifest does not name it."
    for name, one in told.items():
        if name not in names:
            yield f"{name} is missing."
        elif not _is_same(zipped, name, one):
            yield f"{name} was changed."


def _is_same(zipped: zipfile.ZipFile, name: str, told: Mapping[str, Any]) -> bool:
    """Tell whether a file has the bytes of the manifest; never reads more of it than these."""
    digest, left = hashlib.sha256(), int(told["size"])
    try:
        with zipped.open(name) as file:
            while chunk := file.read(min(CHUNK, left + 1)):
                left -= len(chunk)
                if left < 0:
                    return False
                digest.update(chunk)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError):
        return False
    return left == 0 and digest.hexdigest() == told["sha256"]
