"""Google's stand-in: what its documents say in Google's words, and how people write in them."""

import re

import httpx
import pytest

from halcytone.sandbox.google_pages import retold

ID = "letter"
GET = f"/v1/documents/{ID}"
PIXEL = b"\x89PNG\r\n\x1a\n and the rest"


@pytest.fixture
def api(sandbox):
    with httpx.Client(base_url=sandbox.url("sources"), timeout=10) as client:
        yield client


def put(api, *blocks, id=ID, **rest):
    given = {"title": "Letter", "blocks": list(blocks), **rest}
    return api.put(f"/_sandbox/documents/{id}", json=given).json()


def content(api, **params):
    found = api.get(GET, params={"includeTabsContent": "true", **params}).json()
    return found["tabs"][0]["documentTab"]["body"]["content"][1:]


def words(api, **params):
    return [
        "".join(run["textRun"]["content"] for run in element["paragraph"]["elements"])
        for element in content(api, **params)
    ]


def test_a_document_is_answered_in_googles_words(api):
    put(api, {"style": "TITLE", "text": "Letter"}, {"text": "one\ntwo"})
    found = api.get(GET, params={"includeTabsContent": "true"}).json()
    assert (found["documentId"], found["title"]) == (ID, "Letter")
    title, text = content(api)
    assert title["paragraph"]["paragraphStyle"]["namedStyleType"] == "TITLE"
    assert title["paragraph"]["paragraphStyle"]["headingId"].startswith("h.")
    (run,) = text["paragraph"]["elements"]
    assert run["textRun"]["content"] == "one\vtwo\n"
    assert (text["startIndex"], text["endIndex"]) == (title["endIndex"], title["endIndex"] + 8)


def test_without_tabs_the_first_one_is_answered_in_the_older_form(api):
    put(api, {"text": "one"})
    found = api.get(GET).json()
    assert "tabs" not in found
    assert found["body"]["content"][1]["paragraph"]


def test_a_mask_leaves_the_named_fields(api):
    put(api, {"text": "one"})
    assert list(api.get(GET, params={"fields": "revisionId"}).json()) == ["revisionId"]


def test_every_edit_is_a_revision_and_no_edit_is_none(api):
    first = put(api, {"text": "one"})["revision"]
    assert put(api, {"text": "one"})["revision"] == first
    assert put(api, {"text": "two"})["revision"] != first
    assert api.get(GET).json()["revisionId"] != first


def test_viewers_are_told_no_revision_and_strangers_nothing(api):
    put(api, {"text": "one"}, access="view")
    assert "revisionId" not in api.get(GET).json()
    put(api, {"text": "one"}, access="none")
    answer = api.get(GET)
    assert (answer.status_code, answer.json()["error"]["status"]) == (403, "PERMISSION_DENIED")
    assert api.get("/v1/documents/other").json()["error"]["status"] == "NOT_FOUND"


def test_suggestions_are_shown_as_asked(api):
    put(api, {"runs": [{"text": "It is"}, {"text": " not", "suggested": "insertion"}, {"text": " so", "suggested": "deletion"}]})  # fmt: skip
    assert words(api, suggestionsViewMode="PREVIEW_WITHOUT_SUGGESTIONS") == ["It is so\n"]
    assert words(api, suggestionsViewMode="PREVIEW_SUGGESTIONS_ACCEPTED") == ["It is not\n"]
    assert words(api) == ["It is not so\n"]
    assert api.get(GET, params={"suggestionsViewMode": "ALL"}).status_code == 400


def test_blocks_that_stay_keep_their_ids(api):
    before = put(api, {"style": "HEADING_1", "text": "Part"}, {"text": "one"})
    after = put(api, {"text": "new"}, {"style": "HEADING_1", "text": "Part"}, {"text": "one"})
    ids = [[block["id"] for block in doc["tabs"][0]["blocks"]] for doc in (before, after)]
    assert ids[1][1:] == ids[0]
    assert ids[1][0] not in ids[0]


def test_a_token_is_given_for_a_signed_assertion_and_asked_for(api):
    refused = api.post("/token", data={"grant_type": "x", "assertion": "a.b.c"})
    assert refused.status_code == 400


def test_changes_are_listed_page_by_page(api):
    token = api.get("/drive/v3/changes/startPageToken").json()["startPageToken"]
    for number in range(3):
        put(api, {"text": "new"}, id=f"letter-{number}")
    api.delete("/_sandbox/documents/letter-0")
    found, pages = {}, 0
    while token:
        page = api.get("/drive/v3/changes", params={"pageToken": token, "pageSize": 2}).json()
        found |= {change["fileId"]: change["removed"] for change in page["changes"]}
        pages, token = pages + 1, page.get("nextPageToken")
    assert found == {"letter-0": True, "letter-1": False, "letter-2": False}
    assert pages == 2
    assert api.get("/drive/v3/changes", params={"pageToken": "x"}).status_code == 400
    assert api.get("/drive/v3/files/letter-1").json()["name"] == "Letter"


def test_documents_stand_on_the_front_page_the_last_edited_first(api):
    put(api, {"text": "one"}, id="a", title="First")
    put(api, {"text": "one"}, id="b", title="Second")
    put(api, {"text": "two"}, id="a", title="First")
    assert re.findall(r'href="/document/d/(\w)/edit"', api.get("/").text) == ["a", "b"]


def test_a_person_edits_adds_and_removes_blocks(api):
    image = api.post("/_sandbox/images", content=PIXEL).json()["id"]
    document = put(
        api,
        {"runs": [{"text": "It costs "}, {"text": "9", "bold": True}, {"text": " euros."}]},
        {"text": "Gone."},
        {"table": [[{"text": "a"}, {"text": "b"}]]},
        {"runs": [{"image": image, "title": "A lamp"}]},
        footnotes={"1": {"text": "A study."}},
    )
    price, gone, table, picture = (block["id"] for block in document["tabs"][0]["blocks"])
    page = api.get(f"/document/d/{ID}/edit")
    assert "It costs 9 euros." in page.text
    assert f'<img src="{api.base_url}'[:-1] in page.text
    form = {
        "title": "New name", f"text:{price}": "It costs 12 euros.", f"remove:{gone}": "1",
        f"text:{table}": "a | c", f"text:{picture}": "", "note:1": "Two studies.",
        f"style:{price}": "HEADING_2", "add:t.0": "At the end", "style:t.0": "bullet",
    }  # fmt: skip
    assert api.post(f"/document/d/{ID}/edit", data=form).status_code == 303
    heading, table, picture, added = content(api)
    runs = [run["textRun"] for run in heading["paragraph"]["elements"]]
    assert [(run["content"], run["textStyle"].get("bold", False)) for run in runs] == [
        ("It costs ", False), ("12", True), (" euros.\n", False),
    ]  # fmt: skip
    assert heading["paragraph"]["paragraphStyle"]["namedStyleType"] == "HEADING_2"
    assert table["table"]["tableRows"][0]["tableCells"][1]["content"][0]["paragraph"]["elements"][0]["textRun"]["content"] == "c\n"  # fmt: skip
    assert "inlineObjectElement" in picture["paragraph"]["elements"][0]
    assert added["paragraph"]["bullet"]["listId"]
    assert api.get(GET).json()["title"] == "New name"


def test_a_person_begins_a_document_and_no_other_site_does(api):
    answer = api.post("/document")
    assert answer.status_code == 303
    assert api.get(answer.headers["location"]).status_code == 200
    foreign = {"Sec-Fetch-Site": "cross-site"}
    assert api.post("/document", headers=foreign).status_code == 403
    assert api.post(answer.headers["location"], headers=foreign).status_code == 403


def test_forgetting_takes_documents_and_changes(api):
    put(api, {"text": "one"})
    api.delete("/api/v1/test-data")
    assert api.get(GET).status_code == 404
    assert api.get(f"/document/d/{ID}/edit").status_code == 404


@pytest.mark.parametrize(
    ("before", "words", "after"),
    [
        (["one ", "two"], "one two", ["one ", "two"]),
        (["one ", "two"], "one three", ["one ", "three"]),
        (["one ", "two", " three"], "one three", ["one ", "t", "hree"]),
        (["It costs ", "9", " euros"], "It costs 12 euros", ["It costs ", "12", " euros"]),
        (["one"], "one more", ["one more"]),
        (["one"], "", []),
        ([], "new", ["new"]),
    ],
)
def test_what_stays_at_both_ends_keeps_its_look(before, words, after):
    runs = [{"text": text, "n": n} for n, text in enumerate(before)]
    made = retold(runs, words)
    assert [run["text"] for run in made] == after
