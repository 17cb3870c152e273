import time
from io import BytesIO

import httpx
import pytest
from PIL import Image

from halcytone.sandbox.gate import Problem
from halcytone.sandbox.meta_rows import PAGE, QUOTA, USER, Gallery
from halcytone.sandbox.running import run
from halcytone.sandbox.store import connect
from tests.halcytone.sandbox.test_x import PNG
from tests.publishing.channels.contract import lent_by


@pytest.fixture
def api(sandbox):
    base = sandbox.url("meta") + "/v24.0/"
    with httpx.Client(base_url=base, timeout=10) as client:
        yield client


def jpeg(size=(100, 100), shade=80):
    out = BytesIO()
    Image.new("RGB", size, (shade, 90, 90)).save(out, "JPEG")
    return out.getvalue()


def code(answer):
    return answer.json()["error"]["code"]


def feed(api, message, **more):
    return api.post(f"{PAGE['id']}/feed", json={"message": message, **more})


def photo(api, alt, data=PNG):
    fields = {"published": "false", "alt_text_custom": alt}
    return api.post(f"{PAGE['id']}/photos", data=fields, files={"source": ("a.png", data)})


def contain(api, **body):
    return api.post(f"{USER['id']}/media", json=body)


def test_a_post_is_kept_changed_and_deleted(api):
    id = feed(api, "one", link="https://halcytone.example/").json()["id"]
    fields = {"fields": "message,permalink_url,created_time"}
    read = api.get(id, params=fields).json()
    assert read["permalink_url"].endswith(f"/#{id}")
    assert api.post(id, json={"message": "two"}).json() == {"success": True}
    assert api.get(f"{PAGE['id']}/feed", params=fields).json()["data"][0]["message"] == "two"
    assert api.delete(id).json() == {"success": True}
    assert api.delete(id).status_code == 404
    assert api.get(id).json()["error"]["error_subcode"] == 33


def test_the_same_text_again_is_a_duplicate(api):
    feed(api, "one")
    assert (feed(api, "one").status_code, code(feed(api, "one"))) == (400, 506)


def test_photos_are_shown_by_their_post_with_their_alt_texts(api):
    ids = [photo(api, f"Äpfel {n} 🍎").json()["id"] for n in range(2)]
    media = [{"media_fbid": id} for id in ids]
    assert feed(api, "seen", attached_media=media).status_code == 200
    page = httpx.get(str(api.base_url.join("/"))).text
    for number, id in enumerate(ids):
        assert f'src="/photos/{id}" alt="Äpfel {number} 🍎"' in page
        assert httpx.get(str(api.base_url.join(f"/photos/{id}"))).content == PNG
    assert code(photo(api, "a", b"text")) == 324
    assert feed(api, "no such", attached_media=[{"media_fbid": "1"}]).status_code == 400
    assert feed(api, "both", attached_media=media, link="https://a.example").status_code == 400
    assert feed(api, "").status_code == 400


def test_answers_say_how_much_of_the_limits_is_used(api):
    assert '"call_count": 0' in feed(api, "one").headers["X-App-Usage"]
    for _ in range(3):
        last = api.get(PAGE["id"])
    assert '"call_count": 2' in last.headers["X-Business-Use-Case-Usage"]


def test_a_limit_says_how_long_it_takes(api, sandbox):
    sandbox.fault("meta", "rate_limit:600")
    refused = feed(api, "one")
    assert (refused.status_code, code(refused)) == (429, 4)
    assert '"estimated_time_to_regain_access": 10' in refused.headers["X-Business-Use-Case-Usage"]


def test_old_versions_and_strange_ids_are_refused(api):
    old = httpx.get(str(api.base_url.join(f"/v9.0/{PAGE['id']}")))
    assert (old.status_code, code(old)) == (400, 2635)
    assert api.post("77/feed", json={"message": "a"}).status_code == 404


def test_a_container_fetches_its_image_and_is_published_once(api, sandbox):
    data = jpeg()
    made = contain(api, image_url=lent_by(sandbox, data), caption="one", alt_text="Zwei Äpfel")
    id = made.json()["id"]
    assert api.get(id, params={"fields": "status_code"}).json()["status_code"] == "FINISHED"
    post = api.post(f"{USER['id']}/media_publish", json={"creation_id": id}).json()["id"]
    assert api.get(id, params={"fields": "status_code"}).json()["status_code"] == "PUBLISHED"
    assert code(api.post(f"{USER['id']}/media_publish", json={"creation_id": id})) == 9007
    page = httpx.get(str(api.base_url.join("/"))).text
    assert f'id="{post}"' in page
    assert f'src="/pictures/{id}" alt="Zwei Äpfel"' in page
    assert httpx.get(str(api.base_url.join(f"/pictures/{id}"))).content == data
    used = api.get(f"{USER['id']}/content_publishing_limit").json()["data"][0]
    assert (used["quota_usage"], used["config"]["quota_total"]) == (1, QUOTA)


def test_a_carousel_is_made_of_items_alone(api, sandbox):
    items = [
        contain(api, image_url=lent_by(sandbox, jpeg(shade=n)), is_carousel_item=True).json()["id"]
        for n in (10, 20)
    ]
    alone = contain(api, image_url=lent_by(sandbox, jpeg())).json()["id"]
    good = contain(api, media_type="CAROUSEL", children=items, caption="two")
    assert good.status_code == 200
    for children in ([items[0]], [*items, alone], ["1", "2"], items * 6):
        assert contain(api, media_type="CAROUSEL", children=children).status_code == 400
    assert code(api.post(f"{USER['id']}/media_publish", json={"creation_id": items[0]})) == 9007


@pytest.mark.parametrize(
    ("data", "word"),
    [(PNG, 9004), (b"text", 9004), (jpeg((100, 130)), 36003), (jpeg((200, 100)), 36003)],
    ids=["png", "text", "too tall", "too wide"],
)
def test_an_image_that_instagram_does_not_take_is_refused(api, sandbox, data, word):
    refused = contain(api, image_url=lent_by(sandbox, data))
    assert (refused.status_code, code(refused)) == (400, word)


def test_an_image_is_fetched_from_this_machine_alone(api, sandbox):
    for url in ("", "https://halcytone.example/a.jpg", sandbox.url("sources") + "/images/none"):
        assert code(contain(api, image_url=url)) == 9004
    assert contain(api, image_url=lent_by(sandbox, jpeg()), caption="a" * 2201).status_code == 400


def test_states_of_containers_come_on_order(api, sandbox):
    id = contain(api, image_url=lent_by(sandbox, jpeg())).json()["id"]
    sandbox.ask("meta", "POST", "/_sandbox/containers", {"states": ["IN_PROGRESS", "ERROR"]})
    seen = [api.get(id, params={"fields": "status_code"}).json()["status_code"] for _ in "123"]
    assert seen == ["IN_PROGRESS", "ERROR", "FINISHED"]
    with pytest.raises(ValueError, match="IN_PROGRESS"):
        sandbox.ask("meta", "POST", "/_sandbox/containers", {"states": ["LOST"]})


def test_a_container_ends_after_a_day_and_the_quota_is_that_of_a_day():
    gallery = Gallery(connect(None))
    made = gallery.contain(jpeg(), caption="one", alt="", is_item=False)
    gallery.containers.put(made["id"], made | {"made_at": time.time() - 86_401})
    assert gallery.status(made["id"]) == "EXPIRED"
    fresh = gallery.contain(jpeg(), caption="two", alt="", is_item=False)
    for number in range(QUOTA):
        gallery.media.put(str(number), {"unix": time.time() - 86_000})
    with pytest.raises(Problem, match="#9"):
        gallery.publish(fresh["id"])
    gallery.media.put("0", {"unix": time.time() - 86_401})
    assert gallery.publish(fresh["id"])["caption"] == "two"


def test_comments_stand_below_posts_and_pictures(api, sandbox):
    post = feed(api, "one").json()["id"]
    made = api.post(f"{post}/comments", json={"message": "more"}).json()["id"]
    assert api.get(f"{post}/comments", params={"fields": "message"}).json()["data"] == [
        {"id": made, "message": "more"}
    ]
    assert api.post("404/comments", json={"message": "more"}).status_code == 404
    assert api.post(f"{post}/comments", json={"message": ""}).status_code == 400


def test_tokens_are_checked_when_asked_for():
    with run(ports={"meta": 0}, require_auth=True) as strict:
        url = strict.url("meta") + f"/v24.0/{PAGE['id']}"
        for token, status in (("", 401), ("expired-0123456789", 401), ("0123456789abcdef", 200)):
            headers = {"Authorization": f"Bearer {token}"} if token else {}
            answer = httpx.get(url, headers=headers)
            assert answer.status_code == status
            if status == 401:
                assert code(answer) == 190


def test_everything_is_forgotten_together(api):
    feed(api, "one")
    wiped = httpx.delete(str(api.base_url.join("/api/v1/test-data")))
    assert wiped.json()["status"] == "success"
    assert api.get(f"{PAGE['id']}/feed").json()["data"] == []
