"""Pages at addresses of the web: asked politely, read as what they say they are, and as nothing else."""

import re
from collections.abc import Collection

from content import uploads
from content.sources import encodings, html_reading
from content.sources.base import Fetched, Known, Ref, Source, Text
from halcytone.lib import canonical, fetch
from halcytone.lib.errors import Refused
from halcytone.lib.patience import FIRST_WAIT_S, patiently

_PAGES = frozenset({"text/html", "application/xhtml+xml"})
_TEXTS = frozenset({"text/markdown", "text/plain", "application/json"})
_CHARSET = re.compile(r"charset\s*=\s*\"?([\w.:-]+)", re.IGNORECASE)
_READ = "Web pages, Markdown, plain text and JSON are read."
_MAX_TOKEN = 110  # characters of a change token that are kept whole


class Web(Source):
    """`trusted` are origins that may be plain http and lie anywhere (`http://wiki.internal:8080`).

    `first_wait_s` is the wait before the first repeat of a question that failed.
    """

    def __init__(self, trusted: Collection[str] = (), first_wait_s: float = FIRST_WAIT_S) -> None:
        self.trusted, self.first_wait_s = frozenset(trusted), first_wait_s

    def fetch(self, ref: Ref, known: Known) -> Fetched | None:
        """The change token is the ETag, else Last-Modified, else the hash of the bytes."""
        headers = _condition(known.version)
        page = patiently(
            lambda: fetch.get(ref.key, headers=headers, trusted=self.trusted),
            first_wait_s=self.first_wait_s,
        )
        if page.status == 304 and headers:
            return None
        version = _version(page)
        return None if version == known.version else Fetched(page.data, version, _text(page))

    def normalized_key(self, text: str) -> str:
        """Return the whole address; one without a scheme is taken for https."""
        text = text.strip()
        address = text if re.match(r"[A-Za-z][\w+.-]*:(?!\d)", text) else f"https://{text}"
        try:
            return fetch.judged(address, self.trusted)
        except Refused as error:
            raise Refused(str(error), code="key_invalid") from error

    def url(self, ref: Ref) -> str:
        return ref.key


def _condition(version: str) -> dict[str, str]:
    """Return the header that asks for the page only if it has changed since this token."""
    kind, _, token = version.partition(":")
    names = {"etag": "If-None-Match", "modified": "If-Modified-Since"}
    return {names[kind]: token} if kind in names else {}


def _version(page: fetch.Page) -> str:
    for kind, header in (("etag", "etag"), ("modified", "last-modified")):
        token = page.headers.get(header, "").strip()
        if token and len(token) <= _MAX_TOKEN and token.isprintable() and token.isascii():
            return f"{kind}:{token}"
    return f"sha256:{canonical.sha256(page.data)}"


def _text(page: fetch.Page) -> Text | None:
    """Return what a page says; None where its bytes are the text. Raises Refused (`type_refused` …)."""
    kind, charset = page.media_type, _charset(page)
    if page.status != 200 or not page.data.strip():
        raise Refused("The page is empty.", code="document_empty")
    if kind not in _PAGES | _TEXTS:
        raise Refused(_no_page(kind), code="type_refused")
    found = uploads.kind(page.data, ".html" if kind in _PAGES else "")
    if kind in _PAGES:
        if found not in (uploads.PAGE, uploads.TEXT):
            raise Refused(f"It calls itself a page and is {found}. {_READ}", code="type_refused")
        return html_reading.page(page.data, url=page.url, charset=charset)
    if encodings.known(charset) in ("", "utf-8"):
        return None
    return Text(encodings.decoded(page.data, charset))


def _charset(page: fetch.Page) -> str:
    found = _CHARSET.search(page.headers.get("content-type", ""))
    return found[1] if found else ""


def _no_page(kind: str) -> str:
    if not kind:
        return f"The host does not say what this address holds. {_READ}"
    what = "an image" if kind.startswith("image/") else "no text"
    return f"This address holds {what} ({kind[:60]}). {_READ}"
