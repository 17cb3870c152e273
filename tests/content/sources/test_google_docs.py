import json
from functools import cache

import httpx
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from content.sources.base import Known, Ref
from content.sources.google_docs import GoogleDocs
from content.sources.tree import (
    Code,
    Heading,
    ListItem,
    Paragraph,
    Quote,
    Rule,
    Table,
)
from halcytone.lib.errors import Refused, Unavailable
from tests.content.sources import reference
from tests.content.sources.contract import RichSourceContract

ID = "sandbox-letter"
REF = Ref(ID)
GET = f"/v1/documents/{ID}"


@cache
def account(issuer="reader@press.example.iam.gserviceaccount.com"):
    """Return the JSON of a service account, as Google issues it, with a key of its own."""
    key = rsa.generate_private_key(public_exponent=65_537, key_size=2_048)
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return json.dumps(
        {
            "type": "service_account",
            "project_id": "press",
            "private_key_id": "k1",
            "private_key": pem.decode(),
            "client_email": issuer,
            "token_uri": "https://oauth2.googleapis.com/token",
        }
    )


@pytest.fixture
def google(sandbox_settings):
    """The stand-ins, with a way to have a document stand there."""
    return Google(sandbox_settings)


class Google:
    def __init__(self, sandbox):
        self.sandbox = sandbox
        self.source = GoogleDocs(account(), first_wait_s=0.01)

    def put(self, *blocks, id=ID, **rest):
        given = {"title": "Letter", "blocks": list(blocks), **rest}
        return self.sandbox.ask("sources", "PUT", f"/_sandbox/documents/{id}", given)

    def image(self, data):
        return _image(self.sandbox, data)

    def fetch(self, version=""):
        return self.source.fetch(REF, Known(version))

    def text(self, *blocks, **rest):
        self.put(*blocks, **rest)
        return self.fetch().text

    def calls(self, path="/v1/documents/"):
        return self.sandbox.requests("sources", path=path)

    def fault(self, kind, path=GET, **rest):
        return self.sandbox.fault("sources", kind, match={"path": path, **rest}, times=None)


def _image(sandbox, data):
    return httpx.post(f"{sandbox.url('sources')}/_sandbox/images", content=data).json()["id"]


class TestGoogleDocs(RichSourceContract):
    @pytest.fixture(autouse=True)
    def _stand_in(self, sandbox_settings):
        self.sandbox = sandbox_settings

    def source(self):
        return GoogleDocs(account(), first_wait_s=0.01)

    def ref_to(self, *blocks, footnotes=None, pictures=None):
        stored = {key: _image(self.sandbox, data) for key, data in (pictures or {}).items()}
        given = {
            "title": "Letter",
            "blocks": [_block(block, stored) for block in blocks],
            "footnotes": {
                key: {"runs": _runs(note, stored)} for key, note in (footnotes or {}).items()
            },
        }
        self.sandbox.ask("sources", "PUT", f"/_sandbox/documents/{ID}", given)
        return REF


def _block(block, stored):
    match block:
        case Heading():
            return {"style": f"HEADING_{block.level}", "runs": _runs(block.runs, stored)}
        case ListItem():
            kind = "number" if block.number else "bullet" if block.is_checked is None else "check"
            given = {"kind": kind, "level": block.level, "number": block.number}
            return {
                "list": given | {"checked": block.is_checked},
                "runs": _runs(block.runs, stored),
            }
        case Table():
            rows = [[_cell(cell, stored) for cell in row] for row in block.rows]
            heads = sum(row[0].is_head for row in block.rows)
            return {"table": rows, "headers": heads}
        case Quote():
            said, who = _runs(block.runs, stored), _runs(block.attribution, stored)
            return {"quote": {"runs": said}, "attribution": {"runs": who}}
        case Code():
            return {"code": block.text}
        case Rule():
            return {"rule": True}
        case Paragraph():
            return {"runs": _runs(block.runs, stored)}
    raise TypeError(block)


def _cell(cell, stored):
    return {"runs": _runs(cell.runs, stored), "columns": cell.columns, "rows": cell.rows}


def _runs(given, stored):
    return [_run(run, stored) for run in given]


def _run(run, stored):
    if run.image:
        return {"image": stored[run.image], "description": run.text}
    if run.footnote:
        return {"footnote": run.footnote}
    looks = {name: True for name in ("bold", "italic", "strike", "code") if getattr(run, name)}
    return {"text": run.text} | looks | ({"link": run.link} if run.link else {})


# what is asked, and what when it fails


def test_an_unchanged_document_costs_one_small_question(google):
    google.put({"text": "one"})
    version = google.fetch().version
    google.sandbox.ask("sources", "DELETE", "/_sandbox/requests")
    assert google.fetch(version) is None
    (call,) = google.sandbox.requests("sources")
    assert call["path"].startswith(GET)
    assert "fields=revisionId" in call["path"]


def test_a_viewer_is_told_no_revision_and_still_asks_once(google):
    google.put({"text": "one"}, access="view")
    version = google.fetch().version
    assert version.startswith("sha256:")
    google.sandbox.ask("sources", "DELETE", "/_sandbox/requests")
    assert google.fetch(version) is None
    assert len(google.calls()) == 1
    google.put({"text": "two"}, access="view")
    assert google.fetch(version).version != version


def test_the_hash_of_a_viewer_stays_while_links_to_images_change(google):
    image = google.image(reference.PNG)
    google.put({"runs": [{"image": image, "title": "A lamp"}]}, access="view")
    first = google.fetch()
    assert google.fetch(first.version) is None
    assert google.fetch().data != first.data  # the address of the image is another each time


def test_the_account_signs_in_once_for_many_questions(google):
    google.sandbox.ask("sources", "DELETE", "/_sandbox/requests")
    source = GoogleDocs(account("many@press.example.iam.gserviceaccount.com"))
    google.put({"text": "one"})
    for _ in range(3):
        source.fetch(REF, Known())
    (token,) = google.calls("/token")
    assert token["method"] == "POST"
    assert "assertion=" in token["body"]


def test_a_token_that_ended_early_is_renewed_on_the_way(google):
    google.put({"text": "one"})
    google.sandbox.fault("sources", "expired_token", match={"path": GET})
    assert google.fetch().text.markdown == "one\n"


def test_without_an_account_only_the_stand_ins_can_be_asked(google, settings):
    google.put({"text": "one"})
    assert GoogleDocs().fetch(REF, Known()).text.markdown == "one\n"
    settings.OUTBOUND = "live"
    with pytest.raises(Refused) as caught:
        GoogleDocs().fetch(REF, Known())
    assert caught.value.code == "credentials_missing"
    assert "GOOGLE_CREDENTIALS_JSON" in str(caught.value)


def test_nothing_is_asked_while_outbound_is_off(google, settings):
    settings.OUTBOUND = "off"
    with pytest.raises(Unavailable) as caught:
        google.fetch()
    assert caught.value.code == "outbound_off"
    assert google.source.url(REF) == f"https://docs.google.com/document/d/{ID}/edit"


@pytest.mark.parametrize("given", ["not json", "[]", "{}", '{"private_key": "x"}'])
def test_a_key_that_is_none_is_refused_without_being_repeated(google, given):
    with pytest.raises(Refused) as caught:
        GoogleDocs(given).fetch(REF, Known())
    assert caught.value.code == "unauthorized"
    assert given not in str(caught.value)
    assert caught.value.__cause__ is None


def test_an_account_that_google_refuses_is_told_as_such(google):
    google.put({"text": "one"})
    with pytest.raises(Refused) as caught:
        GoogleDocs(account("invalid@press.example")).fetch(REF, Known())
    assert caught.value.code == "unauthorized"
    assert google.calls() == []


@pytest.mark.parametrize(
    ("kind", "error", "code"),
    [
        ("status:401", Refused, "unauthorized"),
        ("status:403", Refused, "forbidden"),
        ("status:404", Refused, "not_found"),
        ("status:400", Refused, "refused"),
        ("rate_limit:900", Unavailable, "rate_limited"),
        ("status:429", Unavailable, "rate_limited"),
        ("status:500", Unavailable, "status_500"),
        ("status:503", Unavailable, "status_503"),
        ("drop_before", Unavailable, "source_truncated"),
        ("truncate", Unavailable, "source_truncated"),
        ("garbage", Unavailable, "unreadable"),
        ("empty", Unavailable, "unreadable"),
    ],
)
def test_each_failure_is_told_by_its_name(google, kind, error, code):
    google.put({"text": "one"})
    google.fault(kind)
    with pytest.raises(error) as caught:
        google.fetch()
    assert caught.value.code == code
    assert str(caught.value).endswith(".")
    assert ID not in str(caught.value)


def test_a_document_not_shared_with_the_account_says_whom_to_share_it_with(google):
    google.put({"text": "one"}, access="none")
    with pytest.raises(Refused) as caught:
        google.fetch()
    assert caught.value.code == "forbidden"
    assert "Share it with the address of the account" in str(caught.value)


def test_a_long_wait_is_left_to_the_caller_and_a_short_one_is_waited(google):
    google.put({"text": "one"})
    google.fault("rate_limit:900")
    with pytest.raises(Unavailable) as caught:
        google.fetch()
    assert caught.value.retry_after_s == 900
    assert len(google.calls()) == 1
    google.sandbox.ask("sources", "DELETE", "/_sandbox/faults")
    google.sandbox.fault("sources", "rate_limit:1", match={"path": GET}, times=1)
    assert google.fetch().text.markdown == "one\n"


def test_what_failed_once_is_asked_again(google):
    google.put({"text": "one"})
    google.sandbox.fault("sources", "status:503", match={"path": GET}, times=1)
    assert google.fetch().text.markdown == "one\n"
    assert [call["status"] for call in google.calls()] == [503, 200]


def test_a_slow_answer_ends_at_the_time_out(google):
    google.put({"text": "one"})
    google.fault("slow:1500")
    source = GoogleDocs(account(), read_timeout_s=0.2)
    with pytest.raises(Unavailable) as caught:
        source.fetch(REF, Known())
    assert caught.value.code == "timeout"


def test_an_empty_document_is_an_empty_text(google):
    google.put()
    assert google.fetch().text.markdown == ""


def test_quota_told_as_forbidden_is_a_wait(google):
    google.put({"text": "one"}, access="busy")
    with pytest.raises(Unavailable) as caught:
        google.fetch()
    assert caught.value.code == "rate_limited"


# what changed


def test_changes_are_told_over_all_pages(google):
    before = google.source.changed("").token
    for number in range(5):
        google.put({"text": "new"}, id=f"letter-{number}")
    google.put({"text": "newer"}, id="letter-1")
    google.sandbox.ask("sources", "DELETE", "/_sandbox/documents/letter-4")
    google.sandbox.ask("sources", "PUT", "/_sandbox/changes", {"most": 2})
    changes = google.source.changed(before)
    assert changes.keys == {f"letter-{number}" for number in range(5)}
    assert len(google.calls("/drive/v3/changes?")) > 2
    assert google.source.changed(changes.token).keys == frozenset()


def test_the_first_question_for_changes_tells_nothing_but_the_token(google):
    google.put({"text": "one"})
    changes = google.source.changed("")
    assert changes.keys == frozenset()
    google.put({"text": "two"})
    assert google.source.changed(changes.token).keys == {ID}


def test_a_page_of_changes_that_cannot_be_read_tells_none(google):
    before = google.source.changed("").token
    for number in range(3):
        google.put({"text": "new"}, id=f"letter-{number}")
    google.sandbox.ask("sources", "PUT", "/_sandbox/changes", {"most": 1})
    google.fault("truncate", "/drive/v3/changes?", nth=3)
    with pytest.raises(Unavailable):
        google.source.changed(before)


def test_a_token_that_google_forgot_begins_anew(google):
    changes = google.source.changed("none of Google's")
    assert changes.keys == frozenset()
    assert google.source.changed(changes.token).keys == frozenset()


# keys


@pytest.mark.parametrize(
    "text",
    [
        "1aBcD_efGh-123",
        "gdocs:1aBcD_efGh-123",
        " https://docs.google.com/document/d/1aBcD_efGh-123/edit?tab=t.0#heading=h.x ",
        "https://docs.google.com/document/u/1/d/1aBcD_efGh-123/edit",
        "http://127.0.0.1:8006/document/d/1aBcD_efGh-123/edit",
    ],
)
def test_a_key_is_read_from_what_a_person_has(text):
    assert GoogleDocs().normalized_key(text) == "1aBcD_efGh-123"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a document",
        "https://docs.google.com/document/d/e/2PACX-1vQ/pub",
        "https://docs.google.com/spreadsheets/d/1aBcD_efGh-123/edit",
        "https://a.example/",
    ],
)
def test_what_names_no_document_is_refused(text):
    with pytest.raises(Refused) as caught:
        GoogleDocs().normalized_key(text)
    assert caught.value.code == "key_invalid"
