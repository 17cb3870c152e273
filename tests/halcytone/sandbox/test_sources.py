import time

import httpx
import pytest

PIXEL = b"\x89PNG\r\n\x1a\n and the rest"


@pytest.fixture
def api(sandbox):
    with httpx.Client(base_url=sandbox.url("sources"), timeout=10) as client:
        yield client


def link_to(api, data, *, made=0.0, life_s=1800):
    id = api.post("/_sandbox/images", content=data).json()["id"]
    return f"/images/{id}?made={made or time.time()}&life={life_s}"


def test_an_image_is_shown_until_its_link_expires(api):
    answer = api.get(link_to(api, PIXEL))
    assert (answer.content, answer.headers["content-type"]) == (PIXEL, "image/png")
    assert api.get(link_to(api, PIXEL, made=time.time() - 1801)).status_code == 403


def test_the_life_of_links_can_be_cut_short_and_given_back(api):
    link = link_to(api, PIXEL)
    api.put("/_sandbox/images", json={"life_s": 0})
    assert api.get(link).status_code == 403
    api.put("/_sandbox/images", json={"life_s": None})
    assert api.get(link).status_code == 200


def test_images_fail_on_demand_and_are_noted(api, sandbox):
    link = link_to(api, PIXEL)
    sandbox.fault("sources", "status:500")
    assert api.get(link).status_code == 500
    (call,) = sandbox.requests("sources", path="/images/")
    assert (call["fault"], call["taken"]) == ("status:500", False)


def test_forgetting_takes_images_and_settings(api):
    link = link_to(api, PIXEL)
    api.put("/_sandbox/images", json={"life_s": 0})
    api.delete("/api/v1/test-data")
    assert api.get(link).status_code == 404
    assert api.get(link_to(api, PIXEL)).status_code == 200


def test_the_front_page_says_that_nothing_is_there_yet(api):
    page = api.get("/")
    assert page.status_code == 200
    assert "No document yet." in page.text
