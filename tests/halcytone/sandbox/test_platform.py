import time

import httpx
import pytest

from halcytone.sandbox.running import run

PAGE = {"title": "Breathe on Tuesday", "content": "<p>" + "word " * 30 + "</p>", "slug": "tuesday"}


@pytest.fixture
def api(sandbox):
    with httpx.Client(base_url=sandbox.url("platform"), timeout=10) as client:
        yield client


def created(api, **changes):
    answer = api.post("/api/v1/content", json=PAGE | changes)
    assert answer.status_code == 201, answer.text
    return answer.json()


def test_a_published_page_is_read_back_by_slug_and_shown_with_its_release_key(api):
    answer = api.post("/api/v1/content", json=PAGE, headers={"X-Request-ID": "key-1"}).json()
    found = api.get("/api/v1/content", params={"slug": "tuesday"}).json()
    assert [item["id"] for item in found["items"]] == [answer["id"]]
    assert found["items"][0]["x_release"] == "key-1"
    page = httpx.get(answer["url"])
    assert page.status_code == 200
    assert '<meta name="x-release" content="key-1">' in page.text


def test_the_marker_may_also_come_in_the_metadata(api):
    page = created(api, seo_metadata={"x-release": "key-2"})
    assert '<meta name="x-release" content="key-2">' in httpx.get(page["url"]).text


def test_a_correction_brings_its_own_marker_and_one_without_keeps_the_old(api):
    page = created(api, seo_metadata={"x-release": "key-1"})
    path = f"/api/v1/content/{page['id']}"
    assert api.patch(path, json={"title": "Again"}).json()["x_release"] == "key-1"
    changed = api.patch(path, json={"seo_metadata": {"x-release": "key-2"}}).json()
    assert changed["x_release"] == "key-2"


def test_the_public_page_carries_what_search_engines_read(api):
    seo = {"canonical": "https://halcytone.example/a", "description": "Short"}
    seo |= {"open_graph": {"og:title": "Shared"}, "json_ld": {"headline": "</script>"}}
    html = httpx.get(created(api, seo_metadata=seo)["url"]).text
    assert '<link rel="canonical" href="https://halcytone.example/a">' in html
    assert '<meta property="og:title" content="Shared">' in html
    assert r'{"headline": "\u003c/script\u003e"}' in html


def test_a_repeated_request_id_gets_the_first_answer_and_makes_no_second_page(api, sandbox):
    answers = [
        api.post("/api/v1/content", json=PAGE, headers={"X-Request-ID": "once"}) for _ in range(2)
    ]
    assert answers[0].content == answers[1].content
    assert api.get("/api/v1/content").json()["total"] == 1
    assert [entry["replayed"] for entry in sandbox.requests("platform", method="POST")] == [
        False,
        True,
    ]


def test_a_taken_slug_is_refused_until_its_page_is_deleted(api):
    page = created(api)
    assert api.post("/api/v1/content", json=PAGE).status_code == 409
    assert api.delete(f"/api/v1/content/{page['id']}").status_code == 200
    assert api.get(f"/api/v1/content/{page['id']}").status_code == 404
    assert httpx.get(page["url"]).status_code == 404
    created(api)


def test_a_scheduled_page_appears_when_its_time_comes(api):
    page = created(api, status="scheduled", scheduled_at="2999-01-01T00:00:00Z")
    assert httpx.get(page["url"]).status_code == 404
    api.post(
        f"/api/v1/content/{page['id']}/schedule", json={"scheduled_at": "2020-01-01T00:00:00Z"}
    )
    assert httpx.get(page["url"]).status_code == 200
    assert api.get(f"/api/v1/content/{page['id']}").json()["status"] == "published"


def test_a_page_is_changed_in_parts_versioned_and_archived(api):
    page = created(api)
    path = f"/api/v1/content/{page['id']}"
    assert (
        api.post(f"{path}/versions", json={"version_number": 1, "changes": {}}).status_code == 201
    )
    assert api.patch(path, json={"title": "A better title"}).json()["slug"] == "tuesday"
    assert api.put(path, json={"tags": ["breath"]}).json()["title"] == "A better title"
    assert len(api.get(f"{path}/versions").json()["versions"]) == 1
    assert api.post(f"{path}/archive").json()["status"] == "archived"
    assert httpx.get(page["url"]).status_code == 404


def test_lists_are_filtered_and_paged(api):
    for number in range(3):
        created(api, slug=f"p{number}", tags=[f"t{number}"], type="blog_post")
    created(api, slug="other", type="update")
    found = api.get("/api/v1/content", params={"type": "blog_post", "limit": 2, "offset": 2}).json()
    assert (found["total"], len(found["items"])) == (3, 1)
    assert api.get("/api/v1/content", params={"tags": "t0,t1"}).json()["total"] == 2


@pytest.mark.parametrize(
    ("title", "status"), [("An ERROR here", 400), ("timeout", 408), ("Forbidden", 403)]
)
def test_a_word_in_the_title_asks_for_a_refusal(api, title, status):
    assert api.post("/api/v1/content", json=PAGE | {"title": title}).status_code == status
    assert api.get("/api/v1/content").json()["total"] == 0


def test_words_that_only_contain_a_trigger_are_harmless(api):
    assert created(api, title="Slower terrors, drafty errors")["status"] == "published"


def test_slow_in_the_title_answers_after_three_seconds_and_draft_makes_a_draft(api):
    started = time.monotonic()
    created(api, title="Slow breath")
    assert time.monotonic() - started >= 3
    assert created(api, title="Draft of mine", slug="d")["status"] == "draft"


def test_publish_takes_the_older_shape(api):
    data = {"title": "Now", "content": "text", "content_type": "web_update", "metadata": {}}
    answer = api.post("/api/v1/content/publish", json=data | {"tags": []})
    assert set(answer.json()) == {"content_id", "url", "status", "published_at", "scheduled_at"}
    held = api.post(
        "/api/v1/content/publish", json=data | {"title": "L8", "publish_immediately": False}
    )
    assert held.json()["status"] == "draft"


def test_limits_are_named_when_they_are_broken(api):
    answer = api.post("/api/v1/content", json=PAGE | {"excerpt": "x" * 501})
    assert answer.status_code == 422
    assert "excerpt has 501, at most 500" in answer.json()["detail"]


def test_social_posts_know_their_networks_and_refuse_banned_words(api):
    post = {"platform": "twitter", "content": "hello", "media_urls": [], "hashtags": []}
    id = api.post("/api/v1/social/post", json=post).json()["post_id"]
    assert api.get(f"/api/v1/social/{id}").json()["status"] == "posted"
    assert api.get(f"/api/v1/analytics/social/{id}").json()["likes"] == 0
    assert api.post("/api/v1/social/post", json=post | {"platform": "myspace"}).status_code == 400
    assert api.post("/api/v1/social/post", json=post | {"content": "banned!"}).status_code == 403


def test_views_are_counted_from_real_readers(api):
    page = created(api)
    httpx.get(page["url"])
    httpx.get(page["url"], headers={"User-Agent": "HalcytoneContentGenerator/publishing"})
    analytics = api.get(f"/api/v1/analytics/content/{page['id']}").json()
    assert analytics["views"] == 1
    assert sum(analytics["traffic_sources"].values()) == 1


def test_sync_creates_and_changes(api):
    page = created(api)
    items = [{"id": page["id"], "title": "Changed"}, PAGE | {"slug": "second"}]
    answer = api.post(
        "/api/v1/content/sync", json={"items": items, "source": "s", "timestamp": "t"}
    )
    assert (answer.json()["created"], answer.json()["updated"]) == (1, 1)


def test_the_smaller_calls_answer(api):
    assert api.get("/health").json()["status"] == "healthy"
    assert api.post("/api/v1/updates", json=PAGE).status_code == 201
    assert api.get("/api/v1/updates").json()["total"] == 1
    assert api.post("/api/v1/monitoring/events", json={"event_id": "1"}).status_code == 200
    event = {"event_type": "content.published", "content_id": "1", "data": {}}
    assert api.post("/api/v1/webhooks/content", json=event).json()["status"] == "success"
    assert api.get("/api/v1/stats").json()["content"] == 1
    assert api.delete("/api/v1/test-data").json()["status"] == "success"
    assert api.get("/api/v1/nothing").status_code == 404


def test_a_page_is_shown_without_its_scripts(api):
    page = created(api, content="<p>Hi</p><script>alert(1)</script>")
    assert "alert(1)" not in httpx.get(page["url"]).text


def test_keys_are_checked_when_asked_for():
    with run(ports={"platform": 0}, require_auth=True) as strict:
        url = strict.url("platform") + "/api/v1/stats"
        assert httpx.get(url).status_code == 401
        assert httpx.get(url, headers={"X-API-Key": "short"}).status_code == 401
        assert httpx.get(url, headers={"X-API-Key": "0123456789abcdef"}).status_code == 200
        assert httpx.get(strict.url("platform") + "/health").status_code == 200
