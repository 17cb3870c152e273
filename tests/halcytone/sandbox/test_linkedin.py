import time
from urllib.parse import quote

import httpx
import pytest

from halcytone.sandbox.gate import Problem
from halcytone.sandbox.linkedin_rows import Posts, read_text
from halcytone.sandbox.running import run
from halcytone.sandbox.store import connect
from tests.halcytone.sandbox.test_x import PNG

VERSION = time.strftime("%Y%m")
HEADERS = {"LinkedIn-Version": VERSION, "X-Restli-Protocol-Version": "2.0.0"}
AUTHOR = "urn:li:organization:4711"


@pytest.fixture
def api(sandbox):
    with httpx.Client(base_url=sandbox.url("linkedin"), headers=HEADERS, timeout=10) as client:
        yield client


def post(api, text, **changes):
    body = {"author": AUTHOR, "commentary": text, "visibility": "PUBLIC",
            "distribution": {"feedDistribution": "MAIN_FEED"}, "lifecycleState": "PUBLISHED"}  # fmt: skip
    return api.post("/rest/posts", json=body | changes)


def upload(api, data=PNG):
    body = {"initializeUploadRequest": {"owner": AUTHOR}}
    value = api.post("/rest/images?action=initializeUpload", json=body).json()["value"]
    assert api.put(value["uploadUrl"], content=data).status_code == (201 if data == PNG else 400)
    return value["image"]


def test_a_post_is_named_in_the_header_and_read_back(api):
    made = post(api, r"Breathe {hashtag|\#|Halcytone} \(now\)")
    assert (made.status_code, made.content) == (201, b"")
    urn = made.headers["x-restli-id"]
    assert api.get(f"/rest/posts/{quote(urn)}").json()["commentary"].startswith("Breathe {hashtag")
    listed = api.get("/rest/posts", params={"q": "author", "author": AUTHOR}).json()["elements"]
    assert [one["id"] for one in listed] == [urn]
    assert "Breathe #Halcytone (now)" in api.get("/").text


@pytest.mark.parametrize("text", ["(bare)", "a #tag", "a@b", "under_score", "{hashtag|x}"])
def test_a_reserved_character_that_is_bare_is_refused(api, text):
    assert post(api, text).status_code == 400
    with pytest.raises(Problem):
        read_text(text)


def test_a_version_is_asked_for_and_ends_after_a_year(api):
    for version, status in (("", 400), ("v2", 400), ("202001", 426), ("209912", 426)):
        answer = api.post("/rest/posts", json={}, headers={"LinkedIn-Version": version})
        assert answer.status_code == status
    assert (
        api.post("/rest/posts", json={}, headers={"X-Restli-Protocol-Version": ""}).status_code
        == 400
    )


def test_the_same_text_by_the_same_author_is_a_duplicate(api):
    urn = post(api, "one").headers["x-restli-id"]
    again = post(api, "one")
    assert (again.status_code, again.json()["message"]) == (422, f"Content is a duplicate of {urn}")
    assert post(api, "one", author="urn:li:person:abc").status_code == 201
    assert api.delete(f"/rest/posts/{quote(urn)}").status_code == 204
    assert post(api, "one").status_code == 201


def test_images_are_uploaded_described_and_shown(api):
    images = [{"id": upload(api), "altText": f"Äpfel {n} 🍎"} for n in range(2)]
    urn = post(api, "seen", content={"multiImage": {"images": images}}).headers["x-restli-id"]
    page = api.get("/").text
    assert f'id="{urn}"' in page
    for image in images:
        assert f'alt="{image["altText"]}"' in page
        assert api.get(f"/media/{quote(image['id'])}").content == PNG


def test_what_is_no_image_no_upload_or_too_many_is_refused(api):
    empty = upload(api, b"text")
    for content in (
        {"media": {"id": empty, "altText": "a"}},
        {"media": {"id": "urn:li:image:1", "altText": "a"}},
        {"multiImage": {"images": [{"id": upload(api)}]}},
        {"multiImage": {"images": [{"id": upload(api)}] * 21}},
        {"video": {"id": "urn:li:video:1"}},
        {"article": {"source": "no address"}},
    ):
        assert post(api, "refused", content=content).status_code == 422
    assert post(api, "x" * 3001).status_code == 422
    assert post(api, "").status_code == 422
    assert api.put("/dms-uploads/1", content=PNG).status_code == 404


def test_an_upload_address_ends_after_a_quarter_of_an_hour():
    posts = Posts(connect(None))
    image = posts.expect(AUTHOR, "image")
    posts.images.put(image["id"], image | {"ends_at": time.time() - 1}, key=image["number"])
    with pytest.raises(Problem, match=r"\(401"):
        posts.store(image["number"], PNG, "image/png")


def test_comments_stand_below_their_post_and_go_with_it(api):
    urn = quote(post(api, "one").headers["x-restli-id"])
    path = f"/rest/socialActions/{urn}/comments"
    made = api.post(path, json={"actor": AUTHOR, "message": {"text": "more"}})
    assert made.json()["commentUrn"].startswith("urn:li:comment:(urn:li:share:")
    assert [row["message"]["text"] for row in api.get(path).json()["elements"]] == ["more"]
    assert api.post(path, json={"actor": AUTHOR, "message": {"text": ""}}).status_code == 422
    api.delete(f"/rest/posts/{urn}")
    assert api.get(path).status_code == 404


def test_an_edit_needs_its_method(api):
    urn = quote(post(api, "one").headers["x-restli-id"])
    change = {"patch": {"$set": {"commentary": "two"}}}
    assert api.post(f"/rest/posts/{urn}", json=change).status_code == 400
    patch = {"X-RestLi-Method": "PARTIAL_UPDATE"}
    assert api.post(f"/rest/posts/{urn}", json=change, headers=patch).status_code == 204
    assert api.get(f"/rest/posts/{urn}").json()["commentary"] == "two"


def test_tokens_are_checked_when_asked_for():
    with run(ports={"linkedin": 0}, require_auth=True) as strict:
        url = strict.url("linkedin") + f"/rest/posts?q=author&author={AUTHOR}"
        for token, status in (("", 401), ("expired-0123456789", 401), ("0123456789abcdef", 200)):
            headers = HEADERS | ({"Authorization": f"Bearer {token}"} if token else {})
            assert httpx.get(url, headers=headers).status_code == status


def test_everything_is_forgotten_together(api):
    post(api, "one")
    assert api.delete("/api/v1/test-data").json()["status"] == "success"
    assert "No posts yet" in api.get("/").text
    assert api.get("/health").json()["service"] == "linkedin-sandbox"
