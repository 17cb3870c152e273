import re
from datetime import UTC, datetime

import httpx
import pytest

PAGE = "0a1b2c3d-0000-4000-8000-00000000000a"
BASE = "0a1b2c3d-0000-4000-8000-00000000000b"
NEWER, OLDER = "2025-09-03", "2022-06-28"
PIXEL = b"\x89PNG\r\n\x1a\n and the rest"


@pytest.fixture
def api(sandbox):
    headers = {"Notion-Version": NEWER}
    with httpx.Client(base_url=sandbox.url("sources"), headers=headers, timeout=10) as client:
        yield client


def put(api, id, **given):
    answer = api.put(f"/_sandbox/notion/{id}", json=given)
    assert answer.status_code == 200, answer.text
    return answer.json()


def base_of(api, *titles, **rest):
    rows = [{"properties": {"Name": title, "Category": "Tips"}} for title in titles]
    put(api, BASE, object="database", title="Letters", rows=rows, **rest)
    return api.get(f"/v1/databases/{BASE}").json()["data_sources"][0]["id"]


def query(api, source, **asked):
    return api.post(f"/v1/data_sources/{source}/query", json=asked).json()


def names(answer):
    return [row["properties"]["Name"]["title"][0]["plain_text"] for row in answer["results"]]


def words(text):
    return {"type": "paragraph", "paragraph": {"rich_text": text}}


def test_a_database_names_its_data_sources_and_an_older_version_its_columns(api):
    source = base_of(api, "One")
    database = api.get(f"/v1/databases/{BASE}").json()
    assert (database["object"], database["title"][0]["plain_text"]) == ("database", "Letters")
    assert "properties" not in database
    told = api.get(f"/v1/data_sources/{source}").json()
    assert told["parent"] == {"type": "database_id", "database_id": BASE}
    assert told["properties"]["Category"]["type"] == "select"
    older = api.get(f"/v1/databases/{BASE}", headers={"Notion-Version": OLDER}).json()
    assert older["properties"]["Name"]["type"] == "title"
    assert "data_sources" not in older


def test_rows_come_in_the_order_asked_for_and_page_by_page(api):
    source = base_of(api, "Newest", "Middle", "Oldest")
    sorts = [{"timestamp": "created_time", "direction": "descending"}]
    first = query(api, source, sorts=sorts, page_size=2)
    assert (names(first), first["has_more"]) == (["Newest", "Middle"], True)
    second = query(api, source, sorts=sorts, page_size=2, start_cursor=first["next_cursor"])
    assert (names(second), second["has_more"], second["next_cursor"]) == (["Oldest"], False, None)
    assert first["results"][0]["parent"]["type"] == "data_source_id"
    older = api.post(
        f"/v1/databases/{BASE}/query", json={}, headers={"Notion-Version": OLDER}
    ).json()
    assert older["results"][0]["parent"] == {"type": "database_id", "database_id": BASE}


def test_rows_are_filtered_by_their_last_edit(api):
    rows = [
        {"properties": {"Name": f"Row {n}"}, "last_edited_time": f"2026-03-01T10:0{n}:00.000Z"}
        for n in range(4)
    ]
    put(api, BASE, object="database", title="Letters", rows=rows)
    source = api.get(f"/v1/databases/{BASE}").json()["data_sources"][0]["id"]
    since = {"on_or_after": "2026-03-01T10:02:00.000Z"}
    wanted = {"timestamp": "last_edited_time", "last_edited_time": since}
    assert names(query(api, source, filter=wanted)) == ["Row 2", "Row 3"]
    refused = query(api, source, filter={"property": "Name", "title": {"equals": "x"}})
    assert refused["code"] == "validation_error"


def test_a_row_in_the_trash_is_in_no_query(api):
    source = base_of(api, "One", "Two")
    (one, _) = query(api, source)["results"]
    api.post(f"/notion/{one['id']}", data={"act": "trash"})
    assert names(query(api, source)) == ["Two"]
    assert api.get(f"/v1/pages/{one['id']}").json()["in_trash"] is True
    api.post(f"/notion/{one['id']}", data={"act": "restore"})
    assert names(query(api, source)) == ["One", "Two"]


def test_blocks_come_level_by_level_and_page_by_page(api):
    nested = {"type": "toggle", "toggle": {"rich_text": "More", "children": [words("inside")]}}
    put(api, PAGE, title="A page", children=[*(words(f"{n}") for n in range(101)), nested])
    first = api.get(f"/v1/blocks/{PAGE}/children").json()
    assert (len(first["results"]), first["has_more"]) == (100, True)
    cursor = {"start_cursor": first["next_cursor"]}
    last = api.get(f"/v1/blocks/{PAGE}/children", params=cursor).json()["results"][-1]
    assert (last["type"], last["has_children"]) == ("toggle", True)
    assert "children" not in last["toggle"]
    (inside,) = api.get(f"/v1/blocks/{last['id']}/children").json()["results"]
    assert inside["parent"] == {"type": "block_id", "block_id": last["id"]}
    assert api.get(f"/v1/blocks/{inside['id']}").json() == inside
    (piece,) = inside["paragraph"]["rich_text"]
    assert piece["annotations"]["color"] == "default"
    assert (piece["plain_text"], piece["href"]) == ("inside", None)


def test_images_are_told_with_a_link_that_ends_within_the_hour(api):
    id = api.post("/_sandbox/images", content=PIXEL).json()["id"]
    put(api, PAGE, children=[{"type": "image", "image": {"type": "file", "file": {"image": id}}}])
    (block,) = api.get(f"/v1/blocks/{PAGE}/children").json()["results"]
    file = block["image"]["file"]
    assert httpx.get(file["url"]).content == PIXEL
    left = datetime.fromisoformat(file["expiry_time"]) - datetime.now(UTC)
    assert 3_500 < left.total_seconds() <= 3_600
    api.put("/_sandbox/images", json={"life_s": 0})
    assert httpx.get(file["url"]).status_code == 403


@pytest.mark.parametrize(
    ("path", "version", "status", "code"),
    [
        (f"/v1/pages/{BASE}", NEWER, 404, "object_not_found"),
        (f"/v1/databases/{PAGE}", NEWER, 400, "validation_error"),
        ("/v1/pages/nonsense", NEWER, 400, "validation_error"),
        (f"/v1/blocks/{BASE}/children", NEWER, 404, "object_not_found"),
        (f"/v1/blocks/{PAGE}/children?page_size=101", NEWER, 400, "validation_error"),
        (f"/v1/blocks/{PAGE}/children?start_cursor=x", NEWER, 400, "validation_error"),
        (f"/v1/data_sources/{BASE}", OLDER, 400, "invalid_request_url"),
        (f"/v1/pages/{PAGE}", "", 400, "missing_version"),
    ],
)
def test_refusals_speak_as_notion_does(api, path, version, status, code):
    put(api, PAGE, title="A page")
    answer = api.get(path, headers={"Notion-Version": version})
    told = answer.json()
    assert (answer.status_code, told["object"], told["status"]) == (status, "error", status)
    assert told["code"] == code
    assert told["message"]


@pytest.mark.parametrize(
    ("kind", "status", "code"),
    [
        ("status:403", 403, "restricted_resource"),
        ("rate_limit:7", 429, "rate_limited"),
        ("status:500", 500, "internal_server_error"),
        ("expired_token", 401, "unauthorized"),
    ],
)
def test_failures_on_demand_speak_as_notion_does(api, sandbox, kind, status, code):
    sandbox.fault("sources", kind)
    answer = api.get("/v1/users/me")
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    if status == 429:
        assert answer.headers["Retry-After"] == "7"
    assert api.get("/v1/users/me").json()["type"] == "bot"


def test_an_edit_is_told_by_the_minute_and_a_second_one_as_the_next_minute(api):
    first = put(api, PAGE, title="A page", children=[words("one")])["last_edited_time"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:00\.000Z", first)
    assert put(api, PAGE, title="A page", children=[words("one")])["last_edited_time"] == first
    assert put(api, PAGE, title="A page", children=[words("two")])["last_edited_time"] > first


def test_a_row_that_is_given_again_as_it_was_keeps_its_times(api):
    source = base_of(api, "One", "Two")
    before = query(api, source)["results"]
    base_of(api, "One", "Two", "Three")
    after = query(api, source)["results"]
    assert after[:2] == before


def test_what_is_no_page_is_refused(api):
    for id, given in (("nonsense", {}), (PAGE, {"children": [{"paragraph": {}}]}), (PAGE, [])):
        assert api.put(f"/_sandbox/notion/{id}", json=given).status_code == 400


def test_a_person_edits_a_page_and_its_blocks_keep_their_ids(api):
    put(api, PAGE, title="A page", children=[words("The price is 79 euros."), words("Stays.")])
    before = api.get(f"/v1/blocks/{PAGE}/children").json()["results"]
    page = api.get(f"/notion/{PAGE}").text
    assert "The price is 79 euros." in page
    form = {
        "column:title": "Another name", f"block:{before[0]['id']}": "The price is 89 euros.",
        "kind": "heading_2", "text": "[Tips] New",
    }  # fmt: skip
    answer = api.post(f"/notion/{PAGE}", data=form)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/notion/{PAGE}")
    after = api.get(f"/v1/blocks/{PAGE}/children").json()["results"]
    assert [block["id"] for block in after[:2]] == [block["id"] for block in before]
    said = [block[block["type"]]["rich_text"][0]["plain_text"] for block in after]
    assert said == ["The price is 89 euros.", "Stays.", "[Tips] New"]
    told = api.get(f"/v1/pages/{PAGE}").json()
    assert told["properties"]["title"]["title"][0]["plain_text"] == "Another name"
    assert told["last_edited_time"] > before[0]["last_edited_time"]


def test_saving_a_page_without_a_change_is_no_edit(api):
    edited = put(api, PAGE, title="A page", children=[words("one")])["last_edited_time"]
    api.post(f"/notion/{PAGE}", data={"column:title": "A page"})
    assert api.get(f"/v1/pages/{PAGE}").json()["last_edited_time"] == edited


def test_a_person_edits_columns_and_adds_rows(api):
    source = base_of(api, "One")
    (row,) = query(api, source)["results"]
    form = {"column:Name": "First", "column:Category": "Vision"}
    api.post(f"/notion/{row['id']}", data=form)
    api.post(f"/notion/{BASE}", data={"title": "Second"})
    told = query(api, source)
    assert set(names(told)) == {"First", "Second"}
    assert api.get(f"/v1/pages/{row['id']}").json()["properties"]["Category"]["select"] == {
        "name": "Vision"
    }
    assert "Second" in api.get(f"/notion/{BASE}").text


def test_documents_stand_on_the_front_page_and_are_forgotten_with_the_rest(api):
    base_of(api, "One")
    put(api, PAGE, title="A page of its own", children=[words("one")])
    front = api.get("/").text
    assert "Letters" in front
    assert "A page of its own" in front
    assert "Notion · database · 1 row" in front
    api.delete("/api/v1/test-data")
    assert "No document yet." in api.get("/").text
    assert api.get(f"/v1/blocks/{PAGE}/children").status_code == 404
    assert api.get(f"/notion/{PAGE}").status_code == 404
