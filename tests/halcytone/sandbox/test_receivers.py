import hashlib
import hmac

import httpx
import pytest

from publishing.caches.cloudfront import document


@pytest.fixture
def api(sandbox):
    with httpx.Client(base_url=sandbox.url("receivers"), timeout=10) as client:
        yield client


def test_a_webhook_takes_a_text_and_says_ok(api):
    text = "Mira: <http://127.0.0.1:8000/admin/|A &lt;title&gt;>\n> why"
    taken = api.post("/services/T0/B0/x", json={"text": text})
    assert (taken.status_code, taken.text) == (200, "ok")
    assert [each["text"] for each in api.get("/_sandbox/messages").json()["messages"]] == [text]
    page = api.get("/").text
    assert (
        '<a href="http://127.0.0.1:8000/admin/" rel="nofollow noreferrer">A &lt;title&gt;</a>'
        in page
    )


def test_a_message_without_text_is_refused(api):
    refused = api.post("/services/T0/B0/x", json={"text": " "})
    assert (refused.status_code, refused.json()["error"]) == (400, "no_text")


def test_it_fails_on_demand(api, sandbox):
    sandbox.fault("receivers", "rate_limit:7")
    refused = api.post("/services/T0/B0/x", json={"text": "x"})
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "7")
    assert api.get("/_sandbox/messages").json()["messages"] == []


def test_cloudflare_takes_thirty_files_a_call_and_wants_a_token(api):
    url, bearer = "/zones/z/purge_cache", {"Authorization": "Bearer a-good-key-of-the-zone"}
    assert api.post(url, json={"files": ["a"]}).status_code == 401
    assert api.post(url, json={"files": ["a"] * 31}, headers=bearer).status_code == 400
    assert api.post(url, json={}, headers=bearer).status_code == 400
    taken = api.post(url, json={"purge_everything": True}, headers=bearer).json()
    assert taken["success"]
    (held,) = api.get("/_sandbox/purges").json()["purges"]
    assert (held["id"], held["everything"]) == (taken["result"]["id"], True)


def test_cloudfront_knows_an_invalidation_by_its_reference(api):
    url = "/2020-05-31/distribution/E1/invalidation"
    body = document(["/a", "/b"], "ref-1")
    assert api.post(url, content=body).status_code == 403
    signed = {"Authorization": "AWS4-HMAC-SHA256 Credential=a, SignedHeaders=host, Signature=b"}
    answers = {api.post(url, content=body, headers=signed).text for _ in range(2)}
    assert len(answers) == 1
    assert api.post(url, content=b"<x", headers=signed).status_code == 400
    assert api.post(url, content=body.replace(b">2<", b">3<"), headers=signed).status_code == 400
    assert len(api.get("/_sandbox/purges").json()["purges"]) == 1


def test_index_now_takes_addresses_of_one_host(api):
    ping = {"host": "a.example", "key": "12345678", "urlList": ["https://a.example/x"]}
    assert api.post("/indexnow", json=ping).status_code == 202
    assert api.post("/indexnow", json={**ping, "key": "short"}).status_code == 403
    assert (
        api.post("/indexnow", json={**ping, "urlList": ["https://b.example/"]}).status_code == 422
    )
    assert api.post("/indexnow", json={**ping, "urlList": []}).status_code == 400
    assert [one["urls"] for one in api.get("/_sandbox/pings").json()["pings"]] == [ping["urlList"]]


def test_a_webhook_is_kept_with_what_its_signature_is_worth(api):
    body = b'{"event": "release.done"}'
    right = "sha256=" + hmac.new(b"sandbox-secret", body, hashlib.sha256).hexdigest()
    for signature, status in ((right, 200), ("sha256=no", 401), ("", 200)):
        headers = {"X-Signature": signature} if signature else {}
        assert api.post("/webhooks/team", content=body, headers=headers).status_code == status
    held = api.get("/_sandbox/hooks").json()["hooks"]
    assert sorted(one["signature"] for one in held) == ["none", "valid", "wrong"]


def test_every_receiver_stands_on_the_page_and_is_emptied(api):
    api.post("/webhooks/team", json={"a": "<b>"})
    assert "&lt;b&gt;" in api.get("/").text
    assert api.delete("/api/v1/test-data").status_code == 200
    assert api.get("/_sandbox/hooks").json()["hooks"] == []
