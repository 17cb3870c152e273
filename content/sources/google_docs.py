"""Google Docs: a document with all its tabs, read by a service account it is shared with.

The change token is the document's `revisionId`, which Google tells to editors alone; to a mere viewer a
hash of what it says stands in for it.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpx
from google.auth.credentials import AnonymousCredentials, Credentials

from content.sources import google_api, google_reading
from content.sources.base import Changes, Fetched, Known, Ref, Source
from content.sources.google_api import Api, Http, Methods, methods, parsed
from halcytone.lib import canonical, http, outbound
from halcytone.lib.errors import Refused, Unavailable
from halcytone.lib.patience import FIRST_WAIT_S

DOCS, DRIVE, PAGES = (
    "https://docs.googleapis.com",
    "https://www.googleapis.com",
    "https://docs.google.com",
)
READ_DOCUMENTS = "https://www.googleapis.com/auth/documents.readonly"
READ_CHANGES = "https://www.googleapis.com/auth/drive.metadata.readonly"
STAND_IN = "sources"
_HASH = "sha256:"
#: All tabs, and nothing that is only suggested.
_VIEW = {"includeTabsContent": True, "suggestionsViewMode": "PREVIEW_WITHOUT_SUGGESTIONS"}
_CHANGES = {
    "pageSize": 1_000,
    "includeItemsFromAllDrives": True,
    "supportsAllDrives": True,
    "fields": "nextPageToken,newStartPageToken,changes(fileId)",
}
_ADDRESS = re.compile(r"/document/(?:u/\d+/)?d/(?!e/)([\w-]+)")
_ID = re.compile(r"(?:gdocs:)?([\w-]{3,200})")


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Where Google's services answer, and where people open documents."""

    docs: str = "https://docs.googleapis.com"
    drive: str = "https://www.googleapis.com"
    pages: str = "https://docs.google.com"


GOOGLE = Endpoints()


class GoogleDocs(Source):
    """`credentials` is the JSON text of a service account; the stand-ins answer without one, too.

    `first_wait_s` is the wait before the first repeat of a question that failed.
    """

    def __init__(
        self,
        credentials: str = "",
        endpoints: Endpoints = GOOGLE,
        read_timeout_s: float = 30.0,
        first_wait_s: float = FIRST_WAIT_S,
    ) -> None:
        self.credentials, self.endpoints = credentials, endpoints
        self.timeout = httpx.Timeout(read_timeout_s, connect=http.TIMEOUT.connect)
        self.first_wait_s = first_wait_s

    def fetch(self, ref: Ref, known: Known) -> Fetched | None:
        with self._docs() as docs:
            if known.version and not known.version.startswith(_HASH):
                about = parsed(docs.ask("get", documentId=ref.key, **_VIEW, fields="revisionId"))
                if _token(about) == known.version:
                    return None
            data = docs.ask("get", documentId=ref.key, **_VIEW)
        document = parsed(data)
        if not document.get("documentId") or not {"tabs", "body"} & document.keys():
            raise Unavailable("Google's answer holds no document.", code="source_truncated")
        version = _token(document) or f"{_HASH}{google_reading.digest(document)}"
        if version == known.version:
            return None
        return Fetched(data, version, google_reading.read(document, self.url(ref)))

    def normalized_key(self, text: str) -> str:
        text = text.strip()
        parts = urlsplit(text)
        found = _ADDRESS.search(parts.path) if parts.netloc else _ID.fullmatch(text)
        if not found:
            message = (
                "This names no Google document. Give the address that the browser shows while you edit"
                " it (…/document/d/…), or the id in it."
            )
            raise Refused(message, code="key_invalid")
        return found[1]

    def url(self, ref: Ref) -> str:
        return f"{_pages(self.endpoints.pages)}/document/d/{ref.key}/edit"

    def changed(self, since: str) -> Changes | None:
        with self._drive() as drive:
            if not since:
                return Changes(frozenset(), _start(drive))
            try:
                return _changes(drive, since)
            except Refused as error:
                if error.code not in ("not_found", "refused"):
                    raise
                return Changes(frozenset(), _start(drive))  # Google forgot the token; begin anew

    def _docs(self) -> Api:
        own = self.endpoints.docs
        here = outbound.endpoint(STAND_IN, own)
        known = methods("docs", "v1", "documents", f"{here}/")
        return self._api(known, READ_DOCUMENTS, "" if here == own else here)

    def _drive(self) -> Api:
        own = self.endpoints.drive
        here = outbound.endpoint(STAND_IN, own)
        known = methods("drive", "v3", "changes", f"{here}/drive/v3/")
        return self._api(known, READ_CHANGES, "" if here == own else here)

    def _api(self, known: Methods, scope: str, stand_in: str) -> Api:
        return Api(known, Http(self.timeout, self.first_wait_s), self._credentials(scope, stand_in))

    def _credentials(self, scope: str, stand_in: str) -> Credentials:
        if self.credentials:
            token_url = f"{stand_in}/token" if stand_in else ""
            return google_api.credentials(self.credentials, scope=scope, token_url=token_url)
        if stand_in:
            return AnonymousCredentials()  # type: ignore[no-untyped-call]
        message = (
            "This installation has no service account for Google. Whoever runs it must set"
            " GOOGLE_CREDENTIALS_JSON."
        )
        raise Refused(message, code="credentials_missing")


def _pages(own: str) -> str:
    """Return where people open documents: at Google also when nothing may be asked of it."""
    try:
        return outbound.endpoint(STAND_IN, own)
    except Unavailable:
        return own


def _token(document: Mapping[str, Any]) -> str:
    revision = str(document.get("revisionId") or "")
    return revision if len(revision) <= 128 else f"revision-{canonical.sha256(revision)}"


def _start(drive: Api) -> str:
    return _told(parsed(drive.ask("getStartPageToken", supportsAllDrives=True)), "startPageToken")


def _changes(drive: Api, since: str) -> Changes:
    """Return what changed, over all pages."""
    keys: set[str] = set()
    token, seen = since, set()
    while True:
        answer = parsed(drive.ask("list", pageToken=token, **_CHANGES))
        keys |= {
            str(change["fileId"]) for change in answer.get("changes") or () if "fileId" in change
        }
        if "nextPageToken" not in answer:
            return Changes(frozenset(keys), _told(answer, "newStartPageToken"))
        seen.add(token)
        token = str(answer["nextPageToken"])
        if token in seen:
            message = "Google's list of changes has no end, so it was not used."
            raise Unavailable(message, code="source_truncated")


def _told(answer: Mapping[str, Any], name: str) -> str:
    token = str(answer.get(name) or "")
    if not token:
        raise Unavailable("Google's answer names no next token.", code="source_truncated")
    return token
