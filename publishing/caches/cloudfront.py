"""CloudFront: CreateInvalidation, XML over REST, signed by SigV4 (CloudFront API 2020-05-31)."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote
from xml.sax.saxutils import escape

from lxml import etree

from halcytone.lib import http
from halcytone.lib.errors import Refused, Unclear
from publishing.caches.base import Cache, Forgotten, Place
from publishing.caches.sigv4 import Signer

VERSION = "2020-05-31"
SPACE = f"http://cloudfront.amazonaws.com/doc/{VERSION}/"
REGION = "us-east-1"  # CloudFront is signed for this region, wherever it serves


class CloudFront(Cache):
    """`zone` is the distribution's id, `secret` is `access key:secret key`."""

    name = "cloudfront"
    most = 1_000

    def __init__(self, place: Place, **options: Any) -> None:
        super().__init__(place, **options)
        access, _, secret = place.secret.partition(":")
        self.signer = Signer(access, secret, REGION, "cloudfront")

    def forget(self, paths: Sequence[str], *, key: str) -> Forgotten:
        paths = list(paths) or ["/*"]
        path = f"/{VERSION}/distribution/{quote(self.place.zone, safe='')}/invalidation"
        body = document([quote(one, safe="/*-_.~%") for one in paths], key)
        base = self.place.endpoint.rstrip("/")
        headers = self.signer.headers("POST", f"{base}{path}", body, datetime.now(UTC))
        with http.TextClient("CloudFront", base, headers={"Accept": "text/xml"}) as client:
            answer = client.post_bytes(path, body, media_type="text/xml", headers=headers)
        return Forgotten(_id(str(answer.data)), len(paths))


def document(paths: Sequence[str], reference: str) -> bytes:
    """Return the InvalidationBatch of these paths; a repeated reference is the same invalidation."""
    items = "".join(f"<Path>{escape(path)}</Path>" for path in paths)
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><InvalidationBatch xmlns="{SPACE}">'
        f"<Paths><Quantity>{len(paths)}</Quantity><Items>{items}</Items></Paths>"
        f"<CallerReference>{escape(reference)}</CallerReference></InvalidationBatch>"
    ).encode()


def _id(text: str) -> str:
    parser = etree.XMLParser(resolve_entities=False, no_network=True)
    try:
        root = etree.fromstring(text.encode(), parser)
    except etree.XMLSyntaxError as error:
        raise Unclear("CloudFront gave an unreadable answer", code="unreadable") from error
    found = root.findtext(f"{{{SPACE}}}Id")
    if etree.QName(root).localname == "ErrorResponse":
        raise Refused("CloudFront refused the invalidation", code="purge_refused")
    if not found:
        raise Unclear("CloudFront named no invalidation", code="no_id")
    return str(found)
