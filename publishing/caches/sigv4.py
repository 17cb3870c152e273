"""AWS Signature Version 4 of a request (docs.aws.amazon.com, "Create a signed AWS API request")."""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import quote, urlsplit

ALGORITHM = "AWS4-HMAC-SHA256"


@dataclass(frozen=True, slots=True)
class Signer:
    """Who signs, for which service of which region."""

    access_key: str
    secret_key: str = field(repr=False)
    region: str
    service: str

    def headers(
        self,
        method: str,
        url: str,
        body: bytes,
        at: datetime,
        extra: Mapping[str, str] | None = None,
    ) -> dict[str, str]:
        """Return the headers that sign this request; `extra` are signed with it. No query in `url`."""
        moment = at.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
        parts = urlsplit(url)
        signed = {"host": parts.netloc, "x-amz-date": moment}
        signed |= {name.lower(): value for name, value in (extra or {}).items()}
        names = ";".join(sorted(signed))
        lines = "".join(f"{name}:{' '.join(signed[name].split())}\n" for name in sorted(signed))
        path = quote(parts.path or "/", safe="/-_.~")
        canonical = "\n".join((method, path, "", lines, names, hashlib.sha256(body).hexdigest()))
        scope = f"{moment[:8]}/{self.region}/{self.service}/aws4_request"
        digest = hashlib.sha256(canonical.encode()).hexdigest()
        text = "\n".join((ALGORITHM, moment, scope, digest))
        signature = hmac.new(self._key(moment[:8]), text.encode(), hashlib.sha256).hexdigest()
        credential = f"{self.access_key}/{scope}"
        return {
            **(extra or {}),
            "X-Amz-Date": moment,
            "Authorization": f"{ALGORITHM} Credential={credential}, SignedHeaders={names}, Signature={signature}",
        }

    def _key(self, day: str) -> bytes:
        key = f"AWS4{self.secret_key}".encode()
        for part in (day, self.region, self.service, "aws4_request"):
            key = hmac.digest(key, part.encode(), "sha256")
        return key
