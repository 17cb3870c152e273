"""Any cache with a receiver of its own: one POST, signed as our webhooks are."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from halcytone.lib import http
from publishing.caches.base import Cache, Forgotten
from publishing.hooks import signing


class Signed(Cache):
    """Posts `{"action": "purge", "urls", "everything", "key"}` to the endpoint; any 2xx is a yes.

    `X-Signature: sha256=` is the HMAC of the raw body with `secret`, `X-Timestamp` the moment.
    """

    name = "signed"
    most = 100

    def forget(self, paths: Sequence[str], *, key: str) -> Forgotten:
        body = {"action": "purge", "urls": self.urls(paths), "everything": not paths, "key": key}
        headers = {
            "X-Signature": f"sha256={signing.hex_of(self.place.secret, http.encoded(body))}",
            "X-Timestamp": datetime.now(UTC).isoformat(),
        }
        with http.TerseClient("The cache", self.place.endpoint, headers={}) as client:
            answer = client.post(self.place.zone or "/", body, request_id=key, headers=headers)
        own = answer.data.get("id") if isinstance(answer.data, Mapping) else ""
        return Forgotten(str(own or key)[:200], len(paths))
