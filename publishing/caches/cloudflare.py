"""Cloudflare: `POST /zones/{zone}/purge_cache`, 30 files a call (developers.cloudflare.com/api)."""

from collections.abc import Mapping, Sequence

from halcytone.lib import http
from halcytone.lib.errors import Refused, Unclear
from publishing.caches.base import Cache, Forgotten


class Cloudflare(Cache):
    """`zone` is the zone's id, `secret` an API token with the right to purge."""

    name = "cloudflare"
    takes_patterns = False

    def forget(self, paths: Sequence[str], *, key: str) -> Forgotten:
        body = {"files": self.urls(paths)} if paths else {"purge_everything": True}
        headers = {"Authorization": f"Bearer {self.place.secret}"}
        with http.Client("Cloudflare", self.place.endpoint, headers=headers) as client:
            answer = client.post(f"/zones/{self.place.zone}/purge_cache", body, request_id=key)
        data = answer.data if isinstance(answer.data, Mapping) else {}
        if data.get("success") is False:
            raise Refused("Cloudflare refused the purge", code="purge_refused")
        result = data.get("result")
        if not isinstance(result, Mapping) or not result.get("id"):
            raise Unclear("Cloudflare named no purge", code="no_id")
        return Forgotten(str(result["id"]), len(paths))
