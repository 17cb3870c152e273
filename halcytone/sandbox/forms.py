"""What clients upload: the fields of a multipart form, and what kind of image some bytes are."""

import re
from email.parser import BytesParser
from email.policy import HTTP

from halcytone.sandbox.gate import Problem

IMAGES = {b"\x89PNG": "image/png", b"\xff\xd8\xff": "image/jpeg", b"GIF8": "image/gif"}


def image_type(data: bytes) -> str:
    """Return the media type of an image by its first bytes; "" for anything else."""
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    return next((kind for magic, kind in IMAGES.items() if data.startswith(magic)), "")


def parts(content_type: str, body: bytes) -> dict[str, bytes]:
    """Return the fields of a multipart form, bytes untouched. Raises Problem(400)."""
    if not content_type.startswith("multipart/form-data"):
        raise Problem(400, "multipart/form-data is expected")
    head = f"Content-Type: {content_type}\r\n\r\n".encode()
    fields: dict[str, bytes] = {}
    for part in BytesParser(policy=HTTP).parsebytes(head + body).iter_parts():
        name = re.search(r'\bname="?([^";]+)', str(part.get("Content-Disposition", "")))
        content = part.get_payload(decode=True)
        if name and isinstance(content, bytes):
            fields[name[1]] = content
    return fields
