"""Archives as people and attackers pack them."""

import io
import zipfile


def packed(files, *, method=zipfile.ZIP_DEFLATED):
    """Return a ZIP archive; `files` are bytes by a name or a ZipInfo."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in dict(files).items():
            archive.writestr(name, data)
    return out.getvalue()


def altered(data, **files):
    """Return an archive with these files, by their names, in place of its own or beside them."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        old = {name: archive.read(name) for name in archive.namelist()}
    return packed(old | files)


def locked(data):
    """Return the archive with the mark of encryption on each file."""
    marked = bytearray(data)
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        place = marked.find(signature)
        while place >= 0:
            marked[place + offset] |= 1
            place = marked.find(signature, place + 4)
    return bytes(marked)


def link_to(target):
    """Return the entry of a symbolic link, and what it holds."""
    entry = zipfile.ZipInfo("link.md")
    entry.external_attr = 0o120777 << 16
    return {entry: target}
