"""Documents to renditions, over the API."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from content.models import Document, Draft
from tests.api import Api, problem
from tests.factories import DraftFactory, ItemFactory, PersonFactory, RevisionFactory

pytestmark = pytest.mark.django_db
TEXT = """## [Tips] Two quiet minutes

Sit, let your shoulders drop, breathe in for four counts and out for six. Repeat ten times.

## [Breathscape] A slower morning session

The morning session now begins with ninety seconds of silence, as you asked for in October.
"""


@pytest.fixture
def api():
    return Api.of("editor")


@pytest.fixture
def document(api):
    return api.post("documents", {"name": "Weekly notes", "text": TEXT}).json()


@pytest.fixture
def items(api, document):
    api.post(f"documents/{document['id']}/sync")
    return api.get("items", {"document": document["id"], "ordering": "position"}).json()["results"]


@pytest.fixture
def draft(api, items):
    pieces = [item["head"]["id"] for item in items]
    body = {"type": "update", "title": "Two quiet minutes", "pieces": pieces}
    return api.post("drafts", body).json()


class TestDocuments:
    def test_a_typed_text_becomes_a_document(self, api, document):
        assert document["kind"] == "inline"
        assert document["owner"] == api.person.username
        assert Document.objects.get().data == TEXT.encode()
        assert "data" not in document

    def test_a_file_becomes_a_document(self, api):
        file = SimpleUploadedFile("notes.md", TEXT.encode(), "text/markdown")
        response = api.client.post(
            "/api/v1/documents", {"name": "File", "file": file}, headers=api.headers
        )
        assert response.status_code == 201
        assert response.json()["kind"] == "upload"
        assert response.json()["file_name"] == "notes.md"

    def test_the_same_file_with_the_same_key_is_kept_once(self, api):
        def send(name):
            file = SimpleUploadedFile("notes.md", TEXT.encode(), "text/markdown")
            headers = api.headers | {"Idempotency-Key": "k1"}
            return api.client.post(
                "/api/v1/documents", {"name": name, "file": file}, headers=headers
            )

        assert send("File").content == send("File").content
        assert Document.objects.count() == 1
        problem(send("Other"), 409, "key_reused")

    def test_a_text_is_required_and_not_given_twice(self, api):
        body = problem(api.post("documents", {"name": "Empty"}), 400, "invalid")
        assert body["errors"][0]["attr"] == "text"

    def test_a_file_over_ten_megabytes_is_413(self, api, settings):
        settings.FILE_UPLOAD_MAX_BYTES = 1000
        file = SimpleUploadedFile("notes.md", b"x" * 100_000, "text/markdown")
        response = api.client.post(
            "/api/v1/documents", {"name": "Big", "file": file}, headers=api.headers
        )
        problem(response, 413, "too_large")

    def test_reading_makes_a_snapshot_items_and_a_job(self, api, document):
        job = api.post(f"documents/{document['id']}/sync").json()
        assert (job["status"], job["result"]) == ("completed", "read")
        assert api.post(f"documents/{document['id']}/sync").json()["result"] == "skipped"
        snapshots = api.get(f"documents/{document['id']}/snapshots").json()["results"]
        assert [snapshot["item_count"] for snapshot in snapshots] == [2]

    def test_problems_have_their_place(self, api):
        text = "---\nzone: Mars/Olympus\n---\n" + TEXT
        document = api.post("documents", {"name": "Wrong", "text": text}).json()
        api.post(f"documents/{document['id']}/sync")
        found = api.get(f"documents/{document['id']}/problems").json()["results"]
        assert found
        assert {"line", "column", "severity", "code", "message", "hint"} <= set(found[0])

    def test_a_text_can_be_tried_without_keeping_it(self, api):
        reading = api.post("documents/parse", {"text": TEXT}).json()
        assert [item["title"] for item in reading["items"]] == [
            "Two quiet minutes",
            "A slower morning session",
        ]
        assert not Document.objects.exists()

    def test_a_change_gives_new_settings_and_text(self, api, document):
        path = f"documents/{document['id']}"
        tag = api.get(path)["ETag"]
        changed = api.patch(path, {"name": "Notes", "text": TEXT * 2}, etag=tag)
        assert changed.json()["name"] == "Notes"
        assert len(Document.objects.get().data) == 2 * len(TEXT.encode())
        problem(api.patch(path, {"name": "Other"}, etag=tag), 412, "version_mismatch")

    def test_a_document_can_be_removed(self, api, document):
        assert api.delete(f"documents/{document['id']}").status_code == 204
        assert not Document.objects.exists()

    def test_a_contributor_sees_own_documents_only(self, document):
        contributor = Api.of("contributor")
        own = contributor.post("documents", {"name": "Mine", "text": TEXT}).json()
        assert [row["id"] for row in contributor.get("documents").json()["results"]] == [own["id"]]
        problem(contributor.get(f"documents/{document['id']}"), 404, "not_found")
        problem(contributor.post(f"documents/{document['id']}/sync"), 404, "not_found")

    def test_a_viewer_cannot_register_or_read_in(self, document):
        viewer = Api.of("viewer")
        problem(viewer.post("documents", {"name": "No", "text": TEXT}), 403, "not_allowed")
        problem(viewer.post(f"documents/{document['id']}/sync"), 403, "not_allowed")


class TestItems:
    def test_items_are_shown_with_the_text_that_counts(self, items):
        assert [item["head"]["section"] for item in items] == ["tips", "breathscape"]
        assert items[0]["head"]["line_start"] == 1
        assert isinstance(items[0]["head"]["fields"], dict)

    def test_an_edit_makes_the_next_revision_and_a_repeat_none(self, api, items):
        path = f"items/{items[0]['id']}/revisions"
        edit = {
            "title": "Three quiet minutes",
            "fields": {"priority": 1},
            "reason": "It takes three",
        }
        made = api.post(path, edit)
        assert made.status_code == 201
        assert (made.json()["number"], made.json()["origin"], made.json()["priority"]) == (
            2,
            "edit",
            1,
        )
        assert api.post(path, edit).status_code == 200
        assert [row["number"] for row in api.get(path).json()["results"]] == [2, 1]

    def test_an_edit_needs_its_reason(self, api, items):
        body = problem(
            api.post(f"items/{items[0]['id']}/revisions", {"title": "New"}), 400, "invalid"
        )
        assert body["errors"][0]["attr"] == "reason"

    def test_nothing_can_be_chosen_where_nothing_changed(self, api, items):
        problem(
            api.post(f"items/{items[0]['id']}/choose", {"choice": "source"}),
            409,
            "nothing_to_choose",
        )


class TestDrafts:
    def test_a_draft_is_made_of_revisions_in_order(self, draft, items):
        assert [piece["id"] for piece in draft["pieces"]] == [item["head"]["id"] for item in items]
        assert draft["formats"]

    def test_settings_are_judged_each_by_name(self, api, items):
        body = {"type": "novel", "title": "X", "pieces": [items[0]["head"]["id"]], "tone": "angry"}
        found = problem(api.post("drafts", body), 400, "invalid")
        assert {each["attr"] for each in found["errors"]} == {"type", "tone"}

    def test_pieces_that_cannot_be_seen_cannot_be_used(self, items):
        contributor = Api.of("contributor")
        body = {"type": "update", "title": "X", "pieces": [items[0]["head"]["id"]]}
        found = problem(contributor.post("drafts", body), 400, "invalid")
        assert found["errors"][0] | {"detail": ""} == {
            "code": "not_found",
            "attr": "pieces",
            "detail": "",
        }

    @pytest.mark.parametrize("id", ["", "abc", "-1", "9" * 18, "²"])
    def test_an_id_that_is_none_is_400(self, api, id):
        assert (
            api.post("drafts", {"type": "update", "title": "X", "pieces": [id]}).status_code == 400
        )

    def test_generating_twice_gives_the_same_bytes(self, api, draft):
        path = f"drafts/{draft['id']}/generate"
        first, second = api.post(path).json()["results"], api.post(path).json()["results"]
        assert [row["digest"] for row in first] == [row["digest"] for row in second]
        assert {row["format"] for row in first} == set(draft["formats"])

    def test_a_preview_says_what_stands_in_the_way(self, api, draft):
        before = api.get(f"drafts/{draft['id']}/preview").json()
        assert (before["results"], set(before["outdated"])) == ([], set(draft["formats"]))
        api.post(f"drafts/{draft['id']}/generate")
        after = api.get(f"drafts/{draft['id']}/preview").json()
        assert after["outdated"] == []
        assert len(after["results"]) == len(draft["formats"])

    def test_a_change_bumps_the_version(self, api, draft):
        path = f"drafts/{draft['id']}"
        changed = api.patch(
            path, {"subject": "A subject of some length", "priority": 2}, etag=api.get(path)["ETag"]
        )
        assert (changed.json()["priority"], changed.json()["version"]) == (2, draft["version"] + 1)

    def test_a_draft_of_somebody_else_is_hidden_from_a_contributor(self, draft):
        contributor = Api.of("contributor")
        for path in (f"drafts/{draft['id']}", f"drafts/{draft['id']}/preview"):
            problem(contributor.get(path), 404, "not_found")
        problem(contributor.post(f"drafts/{draft['id']}/generate"), 404, "not_found")

    def test_a_draft_can_be_removed(self, api, draft):
        assert api.delete(f"drafts/{draft['id']}").status_code == 204
        assert not Draft.objects.exists()

    def test_an_edition_is_assembled_from_documents(self, api, document, items):
        from content.models import Recipe

        recipe = Recipe.objects.first() or Recipe.objects.create(key="weekly", name="Weekly")
        body = {"recipe": recipe.key, "documents": [document["id"]]}
        made = api.post("drafts/assemble", body)
        assert made.status_code == 201
        assert made.json()["type"] == "weekly"
        for wrong in ({"recipe": "none"}, {"zone": "Mars/Olympus"}, {"documents": ["9"]}):
            found = problem(api.post("drafts/assemble", body | wrong), 400, "invalid")
            assert found["errors"][0]["attr"] in wrong

    def test_a_list_of_drafts_costs_a_constant_number_of_queries(
        self, api, django_assert_max_num_queries
    ):
        for _ in range(5):
            DraftFactory(revisions=[RevisionFactory(item=ItemFactory()) for _ in range(3)])
        with django_assert_max_num_queries(9):
            assert len(api.get("drafts").json()["results"]) == 5


class TestRenditions:
    @pytest.fixture
    def x(self, api, draft):
        made = api.post(f"drafts/{draft['id']}/generate").json()["results"]
        return next(row for row in made if row["format"] == "x")

    def test_an_edit_changes_this_format_alone(self, api, draft, x):
        path = f"renditions/{x['id']}"
        body = {"content": {"parts": [{"text": "Two quiet minutes."}]}, "reason": "Shorter"}
        edited = api.patch(path, body, etag=api.get(path)["ETag"])
        assert edited.status_code == 200
        assert edited.json()["is_edited"]
        assert edited.json()["digest"] != x["digest"]
        others = api.get("renditions", {"draft": draft["id"], "is_edited": "false"}).json()[
            "results"
        ]
        assert len(others) == len(draft["formats"]) - 1

    def test_unknown_content_is_refused_by_name(self, api, x):
        path = f"renditions/{x['id']}"
        edited = api.patch(
            path, {"content": {"colour": 1}, "reason": "x"}, etag=api.get(path)["ETag"]
        )
        assert edited.status_code == 400
        assert "colour" in edited.json()["detail"]

    def test_a_format_filter_does_not_change_the_media_type(self, api, x):
        assert [row["id"] for row in api.get("renditions", {"format": "x"}).json()["results"]] == [
            x["id"]
        ]

    def test_a_social_manager_edits_posts_and_nothing_else(self, api, draft, x):
        social = Api(PersonFactory(group="social_manager"))
        path = f"renditions/{x['id']}"
        body = {"content": {"parts": [{"text": "Breathe."}]}, "reason": "Shorter"}
        assert social.patch(path, body, etag=social.get(path)["ETag"]).status_code == 200
        (mail,) = api.get("renditions", {"format": "newsletter"}).json()["results"]
        refused = social.patch(
            f"renditions/{mail['id']}", {"content": {"subject": "X"}, "reason": "x"}, etag="*"
        )
        problem(refused, 403, "not_allowed")
