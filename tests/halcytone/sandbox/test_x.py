import httpx
import pytest

from halcytone.sandbox import weighted
from halcytone.sandbox.running import run

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) + b"\r\r\n\n--x\r\n\x00"


@pytest.fixture
def api(sandbox):
    with httpx.Client(base_url=sandbox.url("x"), timeout=10) as client:
        yield client


def post(api, text, **more):
    return api.post("/2/tweets", json={"text": text, **more})


def reply(id):
    return {"reply": {"in_reply_to_tweet_id": id}}


def test_a_thread_is_kept_in_order_and_read_back(api, sandbox):
    first = post(api, "one").json()["data"]["id"]
    second = post(api, "two", **reply(first)).json()["data"]["id"]
    post(api, "three", **reply(second))
    assert [p["text"] for p in sandbox.posts()] == ["one", "two", "three"]
    read = api.get(f"/2/tweets/{second}").json()["data"]
    assert read["conversation_id"] == first
    assert read["referenced_tweets"] == [{"type": "replied_to", "id": first}]


def test_the_answer_carries_the_limit_headers(api):
    answer = post(api, "one")
    assert answer.status_code == 201
    assert int(answer.headers["x-rate-limit-remaining"]) == 299
    assert int(answer.headers["x-rate-limit-reset"]) > 1_700_000_000


def test_the_same_text_twice_in_the_same_place_is_a_duplicate(api):
    first = post(api, "one").json()["data"]["id"]
    refusal = post(api, "one")
    assert refusal.status_code == 403
    assert "duplicate content" in refusal.json()["detail"]
    assert post(api, "one", **reply(first)).status_code == 201
    api.delete(f"/2/tweets/{first}")
    assert post(api, "one").status_code == 201


def test_a_repeated_request_id_gets_the_first_answer(api, sandbox):
    answers = [
        api.post("/2/tweets", json={"text": "t"}, headers={"X-Request-ID": "k"}) for _ in "12"
    ]
    assert answers[0].json() == answers[1].json()
    assert len(sandbox.posts()) == 1


def test_a_text_over_280_weighted_is_refused(api):
    assert post(api, "a" * 280).status_code == 201
    assert post(api, "a" * 281).status_code == 400
    assert post(api, "界" * 141).status_code == 400
    assert post(api, "b" * 256 + " https://halcytone.example/" + "x" * 200).status_code == 201


@pytest.mark.parametrize(
    ("text", "length"),
    [("é", 1), ("e\u0301", 1), ("界", 2), ("👩‍👩‍👧‍👦", 2), ("x.com a", 25), ("a@b.com", 7)],
)
def test_the_weights_are_those_of_twitter_text(text, length):
    assert weighted.length(text) == length


def test_a_reply_to_nothing_and_unknown_media_are_refused(api):
    assert post(api, "one", **reply("1")).status_code == 403
    assert post(api, "one", media={"media_ids": ["1"]}).status_code == 400
    assert post(api, "").status_code == 400


def test_an_image_and_its_alt_text_arrive_byte_for_byte(api, sandbox):
    form = {"media_category": "tweet_image"}
    media = api.post("/2/media/upload", data=form, files={"media": ("a.png", PNG)}).json()["data"]
    assert media["size"] == len(PNG)
    alt = {"alt_text": {"text": "Zwei Äpfel 🍎"}}
    assert (
        api.post("/2/media/metadata", json={"id": media["id"], "metadata": alt}).status_code == 200
    )
    assert post(api, "seen", media={"media_ids": [media["id"]]}).status_code == 201
    assert api.get(f"/media/{media['id']}").content == PNG
    assert 'alt="Zwei Äpfel 🍎"' in api.get("/").text
    older = api.post("/1.1/media/upload.json", files={"media": ("a.png", PNG)}).json()
    assert older["media_id_string"] == str(older["media_id"])


def test_a_file_that_is_no_image_and_a_long_alt_text_are_refused(api):
    assert api.post("/2/media/upload", files={"media": ("a.png", b"text")}).status_code == 400
    assert api.post("/2/media/upload", content=b"x").status_code == 400
    media = api.post("/2/media/upload", files={"media": ("a.png", PNG)}).json()["data"]
    alt = {"id": media["id"], "metadata": {"alt_text": {"text": "x" * 1001}}}
    assert api.post("/2/media/metadata", json=alt).status_code == 400


def test_the_timeline_is_newest_first_and_paged(api):
    for number in range(7):
        post(api, f"number {number}")
    me = api.get("/2/users/me").json()["data"]["id"]
    first = api.get(f"/2/users/{me}/tweets", params={"max_results": 5}).json()
    assert first["data"][0]["text"] == "number 6"
    token = first["meta"]["next_token"]
    params = {"max_results": 5, "pagination_token": token}
    second = api.get(f"/2/users/{me}/tweets", params=params).json()
    assert [p["text"] for p in second["data"]] == ["number 1", "number 0"]
    assert "next_token" not in second["meta"]
    assert api.get("/2/users/5/tweets").status_code == 404


def test_an_unknown_or_deleted_post_is_not_found(api):
    id = post(api, "one").json()["data"]["id"]
    assert api.delete(f"/2/tweets/{id}").json() == {"data": {"deleted": True}}
    assert api.get(f"/2/tweets/{id}").status_code == 404


def test_a_token_is_refreshed_into_a_new_pair(api):
    form = {"grant_type": "refresh_token", "refresh_token": "r1", "client_id": "c"}
    pair = api.post("/2/oauth2/token", data=form).json()
    assert pair["expires_in"] == 7200
    assert pair["access_token"] != api.post("/2/oauth2/token", data=form).json()["access_token"]
    form["refresh_token"] = "invalid"
    assert api.post("/2/oauth2/token", data=form).status_code == 400


def test_tokens_are_checked_when_asked_for():
    with run(ports={"x": 0}, require_auth=True) as strict:
        url = strict.url("x") + "/2/users/me"
        signed = 'OAuth oauth_consumer_key="a", oauth_token="b", oauth_signature="c"'
        assert httpx.get(url).status_code == 401
        assert (
            httpx.get(url, headers={"Authorization": "Bearer expired-0123456789"}).status_code
            == 401
        )
        assert (
            httpx.get(url, headers={"Authorization": "Bearer 0123456789abcdef"}).status_code == 200
        )
        assert httpx.get(url, headers={"Authorization": signed}).status_code == 200
