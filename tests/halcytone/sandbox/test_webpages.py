import httpx
import pytest


@pytest.fixture
def api(sandbox):
    with httpx.Client(base_url=sandbox.url("sources"), timeout=10) as client:
        yield client


def put(api, body="<p>one", **query):
    headers = {"Content-Type": query.pop("type", "text/html; charset=utf-8")}
    answer = api.put("/_sandbox/pages/a", content=body, params=query, headers=headers)
    assert answer.status_code == 201
    return answer.json()["url"]


def test_a_page_stands_there_with_its_type_and_tokens_until_it_is_taken_away(api):
    url = put(api)
    page = api.get(url)
    assert (page.text, page.headers["content-type"]) == ("<p>one", "text/html; charset=utf-8")
    assert page.headers["etag"]
    assert page.headers["last-modified"].endswith("GMT")
    api.delete("/_sandbox/pages/a")
    assert api.get(url).status_code == 404


def test_who_has_the_page_is_told_that_nothing_is_new(api):
    url = put(api)
    first = api.get(url).headers
    for known in ({"If-None-Match": first["etag"]}, {"If-Modified-Since": first["last-modified"]}):
        assert api.get(url, headers=known).status_code == 304
    put(api, "<p>two")
    again = api.get(url, headers={"If-None-Match": first["etag"]})
    assert (again.status_code, again.text) == (200, "<p>two")


@pytest.mark.parametrize(("tokens", "left"), [("date", ["last-modified"]), ("none", [])])
def test_a_page_may_have_fewer_tokens(api, tokens, left):
    headers = api.get(put(api, tokens=tokens)).headers
    assert [name for name in ("etag", "last-modified") if name in headers] == left


def test_a_page_may_lead_elsewhere_or_fail(api, sandbox):
    answer = api.get(put(api, location="https://169.254.169.254/"), follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (302, "https://169.254.169.254/")
    assert api.get(put(api, status=503)).status_code == 503
    sandbox.fault("sources", "status:500", match={"path": "/pages/"})
    assert api.get(put(api)).status_code == 500


def test_pages_are_listed_and_forgotten_with_the_rest(api):
    url = put(api)
    assert url in api.get("/").text
    api.delete("/api/v1/test-data")
    assert api.get(url).status_code == 404
