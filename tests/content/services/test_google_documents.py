"""From a document at Google's stand-in to what readers see, through the jobs that read it."""

import logging
import zlib
from datetime import timedelta

import httpx
import pytest
import time_machine
from django.utils import timezone

from content.models import Document, Notice, Snapshot, SyncJob
from content.services import documents, drafts, reads, renditions, rounds
from tests.content.sources import reference
from tests.content.sources.test_google_docs import account
from tests.factories import DraftFactory

pytestmark = pytest.mark.django_db
ID = "sandbox-letter"
BODY = "Sit, let your shoulders drop, breathe in for four counts and out for six. Repeat ten times."
HEAD = (
    {"style": "TITLE", "text": "Letter"},
    {"style": "HEADING_1", "text": "[Tips] Small habits"},
    {"style": "HEADING_2", "text": "Two minutes"},
)


def put(sandbox, *blocks, **rest):
    return sandbox.ask(
        "sources", "PUT", f"/_sandbox/documents/{ID}", {"title": "Letter", "blocks": blocks, **rest}
    )


def image(sandbox):
    url = f"{sandbox.url('sources')}/_sandbox/images"
    return httpx.post(url, content=reference.PNG).json()["id"]


@pytest.fixture
def letter(cast, sandbox_settings):
    put(sandbox_settings, *HEAD, {"text": BODY})
    return documents.link(
        by=cast.editor,
        name="Letter",
        kind="google_docs",
        key=f"https://docs.google.com/document/d/{ID}/edit?tab=t.0",
    )


def read(document):
    return reads.read(document, by=document.owner)


def web(document, cast):
    (item,) = document.items.all()
    draft = DraftFactory(author=cast.editor, revisions=[item.head], formats=["web"])
    drafts.generate(draft, by=cast.editor)
    return renditions.content(draft.renditions.get(format="web"))["html"]


def test_a_document_is_known_by_the_id_in_its_address(letter):
    assert (letter.source_key, letter.ref) == (ID, f"gdocs:{ID}")


def test_reading_twice_without_a_change_is_one_question_and_skipped(letter, sandbox_settings):
    assert read(letter).result == "read"
    sandbox_settings.ask("sources", "DELETE", "/_sandbox/requests")
    job = read(letter)
    assert (job.status, job.result) == ("completed", "skipped")
    assert len(sandbox_settings.requests("sources")) == 1


def test_table_nested_list_footnote_and_both_tabs_stand_on_the_web_page(
    letter, cast, sandbox_settings
):
    table = {
        "table": [[{"text": "Second"}, {"text": "Volume"}], [{"text": "30"}, {"text": "half"}]]
    }
    first = [
        *HEAD,
        {"runs": [{"text": BODY}, {"footnote": "n1"}]},
        table | {"headers": 1},
        {"list": {"kind": "bullet"}, "text": "Sit down"},
        {"list": {"kind": "number", "level": 2}, "text": "Feet on the floor"},
    ]
    tabs = [
        {"id": "t.0", "blocks": first},
        {"id": "t.1", "blocks": [{"style": "HEADING_3", "text": "From the second tab"}, {"text": "Last words."}]},
    ]  # fmt: skip
    notes = {"n1": {"text": " A study of 2025."}}
    sandbox_settings.ask(
        "sources", "PUT", f"/_sandbox/documents/{ID}",
        {"title": "Letter", "tabs": tabs, "footnotes": notes},
    )  # fmt: skip
    assert read(letter).errors == []
    html = web(letter, cast)
    assert "<th>Second</th>" in html
    assert "<td>half</td>" in html
    assert "<ol>\n<li>Feet on the floor</li>\n</ol>" in html
    assert '<sup class="note"><a href="#' in html
    assert '<ol class="notes">' in html
    assert "A study of 2025." in html
    assert "From the second tab" in html
    assert "Last words." in html


def test_an_image_is_shown_a_day_after_its_link_has_ended(letter, cast, client, sandbox_settings):
    shown = {"runs": [{"image": image(sandbox_settings), "title": "A lamp on a desk"}]}
    put(sandbox_settings, *HEAD, {"text": BODY}, shown)
    sandbox_settings.ask("sources", "PUT", "/_sandbox/images", {"life_s": 60})
    assert read(letter).errors == []
    sandbox_settings.ask("sources", "PUT", "/_sandbox/images", {"life_s": 0})
    (item,) = letter.items.all()
    (name,) = item.head.content.split("(media:")[1:]
    with time_machine.travel(timezone.now() + timedelta(days=1)):
        answer = client.get(f"/media/{name.partition(')')[0]}")
        assert answer.status_code == 200
        assert b"".join(answer.streaming_content).startswith(b"\x89PNG")
    assert 'alt="A lamp on a desk"' in web(letter, cast)


def test_an_image_whose_link_ends_before_it_is_fetched_is_a_problem_at_its_line(
    letter, sandbox_settings
):
    shown = {"runs": [{"image": image(sandbox_settings), "title": "A lamp on a desk"}]}
    put(sandbox_settings, *HEAD, {"text": BODY}, shown)
    sandbox_settings.ask("sources", "PUT", "/_sandbox/images", {"life_s": 0})
    job = read(letter)
    (problem,) = [p for p in job.errors if p["code"] == "image_unreachable"]
    assert problem["line"] == 9
    assert problem["source_url"].startswith(sandbox_settings.url("sources"))


def test_an_image_without_alternative_text_is_told_at_its_place(letter, sandbox_settings):
    put(sandbox_settings, *HEAD, {"text": BODY}, {"runs": [{"image": image(sandbox_settings)}]})
    (problem,) = [p for p in read(letter).snapshot.problems if p["code"] == "image_no_alt"]
    assert (problem["line"], problem["severity"]) == (9, "error")
    assert "#heading=h." in problem["source_url"]


def test_problems_lead_to_their_place_at_the_source(letter, sandbox_settings):
    put(sandbox_settings, *HEAD, {"text": "<!-- urgancy: high -->"}, {"text": BODY})
    job = read(letter)
    problems = job.errors or job.snapshot.problems
    (problem,) = [p for p in problems if p["code"] == "directive_unknown"]
    base = f"{sandbox_settings.url('sources')}/document/d/{ID}/edit"
    assert problem["source_url"].startswith(f"{base}?tab=t.0#heading=h.")
    assert "urgency" in problem["hint"]


def test_what_google_tells_of_its_changes_makes_documents_due_at_once(letter, sandbox_settings):
    rounds.listen(timezone.now())
    read(letter)
    letter.refresh_from_db()
    later = letter.due_at
    put(sandbox_settings, *HEAD, {"text": f"{BODY} And again tomorrow."})
    assert rounds.listen(timezone.now()) == 1
    letter.refresh_from_db()
    assert letter.due_at < later
    assert rounds.listen(timezone.now()) == 0


def test_a_refused_account_halts_the_document_until_a_person_asks(letter, sandbox_settings):
    put(sandbox_settings, *HEAD, {"text": BODY}, access="none")
    (error,) = read(letter).errors
    assert error["code"] == "forbidden"
    letter.refresh_from_db()
    assert letter.halted
    assert Notice.objects.filter(document=letter).exists()


def test_the_last_reading_stays_while_google_is_down(letter, sandbox_settings):
    read(letter)
    sandbox_settings.fault("sources", "drop_before", match={"path": "/v1/"}, times=None)
    job = read(letter)
    assert (job.status, letter.items.count()) == ("failed", 1)
    sandbox_settings.ask("sources", "DELETE", "/_sandbox/faults")
    assert read(letter).result == "skipped"


def test_neither_the_key_nor_a_token_is_written_anywhere(
    letter, settings, sandbox_settings, caplog
):
    key = account("writes-nothing@press.example.iam.gserviceaccount.com")
    options = {"OPTIONS": {"credentials": key}}
    settings.SOURCES = {
        **settings.SOURCES,
        "google_docs": settings.SOURCES["google_docs"] | options,
    }
    with caplog.at_level(logging.DEBUG):
        read(letter)
        sandbox_settings.fault("sources", "status:401", match={"path": "/v1/"}, times=None)
        assert read(letter).errors[0]["code"] == "unauthorized"
    assert sandbox_settings.requests("sources", path="/token")
    rows = [*Document.objects.values(), *SyncJob.objects.values(), *Notice.objects.values()]
    raw = b"".join(zlib.decompress(snapshot.raw) for snapshot in Snapshot.objects.all())
    written = f"{rows} {list(Snapshot.objects.values())} {raw.decode()} {caplog.text}"
    for secret in ("PRIVATE KEY", "sandbox-google-token", "writes-nothing@"):
        assert secret not in written
