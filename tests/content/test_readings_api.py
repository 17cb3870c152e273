"""Linked documents, sync jobs and waiting snapshots, over the API."""

import pytest

from content.services import rounds
from halcytone.lib.errors import Unavailable
from tests.api import Api, problem
from tests.content.services.conftest import WEEK, source  # noqa: F401

pytestmark = pytest.mark.django_db


@pytest.fixture
def api():
    return Api.of("editor")


@pytest.fixture
def document(api, source):  # noqa: F811
    source.put("doc-1", WEEK.encode())
    body = {"name": "Week", "kind": "google_docs", "source_key": "doc-1", "interval_minutes": 15}
    return api.post("documents", body).json()


def sync(api, document, **body):
    job = api.post(f"documents/{document['id']}/sync", body)
    assert job.status_code == 202, job.content
    rounds.work()
    return api.get(f"sync-jobs/{job.json()['job_id']}").json()


def test_a_document_is_linked_and_read_by_a_worker(api, document):
    assert (document["ref"], document["interval_minutes"], document["halted"]) == (
        "gdocs:doc-1",
        15,
        "",
    )
    job = sync(api, document)
    assert (job["status"], job["result"]) == ("completed", "read")
    snapshot = api.get(f"snapshots/{job['snapshot_id']}").json()
    assert snapshot["text"] == WEEK
    assert (snapshot["state"], snapshot["item_count"]) == ("taken", 6)
    assert {"kind", "hash", "source_url"} <= set(snapshot["blocks"][0])


def test_a_document_that_waits_to_be_read_is_not_asked_for_twice(api, document):
    assert api.post(f"documents/{document['id']}/sync").status_code == 202
    problem(api.post(f"documents/{document['id']}/sync"), 409, "already_running")


def test_a_waiting_job_is_taken_back(api, document):
    job = api.post(f"documents/{document['id']}/sync").json()
    assert api.delete(f"sync-jobs/{job['job_id']}").status_code == 204
    assert api.get(f"sync-jobs/{job['job_id']}").json()["status"] == "cancelled"
    problem(api.delete(f"sync-jobs/{job['job_id']}"), 409, "wrong_state")


def test_the_channels_that_were_asked_for_are_reported(api, document, source):  # noqa: F811
    source.put("doc-1", f"<!-- channels: email -->\n{WEEK}".encode())
    job = sync(api, document, channels=["email", "twitter", "website"])
    assert (job["status"], job["channels"]) == ("partial", ["email", "web", "x"])
    assert job["results"] == {"email": {"items": 6}, "web": {"items": 0}, "x": {"items": 0}}
    problem(api.post(f"documents/{document['id']}/sync", {"channels": ["fax"]}), 400, "invalid")


def test_what_failed_is_tried_again(api, document, source):  # noqa: F811
    source.fail_with = Unavailable("The source does not answer.", code="unreachable")
    failed = sync(api, document)
    assert failed["errors"][0]["code"] == "unreachable"
    again = api.post(f"sync-jobs/{failed['job_id']}/retry")
    assert again.status_code == 202
    assert again.json()["correlation_id"] == f"retry_{failed['correlation_id']}"
    rounds.work()
    assert len(api.post("sync-jobs/retry-failed").json()["results"]) == 1


def test_the_figures_are_those_of_the_jobs_one_may_see(api, document, source):  # noqa: F811
    sync(api, document, channels=["email"])
    source.fail_with = Unavailable("The source does not answer.", code="unreachable")
    sync(api, document)
    figures = api.get("sync-jobs/statistics").json()
    assert (figures["total_jobs"], figures["active_jobs"], figures["success_rate"]) == (2, 0, 50.0)
    assert figures["status_breakdown"] == {"completed": 1, "failed": 1}
    assert figures["channel_breakdown"] == {"email": 1}
    assert figures["average_processing_time_seconds"] >= 0
    assert list(figures["last_sync_times"]) == [document["id"]]
    assert Api.of("contributor").get("sync-jobs/statistics").json()["total_jobs"] == 0


def test_a_shrunken_document_is_taken_by_a_person(api, document, source):  # noqa: F811
    sync(api, document)
    source.put("doc-1", WEEK.split("### Breath pacing")[0].encode())
    job = sync(api, document)
    assert job["result"] == "waiting"
    waiting = job["snapshot_id"]
    problem(Api.of("viewer").post(f"snapshots/{waiting}/accept"), 403, "not_allowed")
    assert api.post(f"snapshots/{waiting}/accept").json()["state"] == "taken"
    problem(api.post(f"snapshots/{waiting}/refuse"), 409, "not_waiting")
    items = api.get("items", {"document": document["id"], "is_present": "true"}).json()["results"]
    assert len(items) == 1
