"""From a page of the web to the pieces that are kept, through the jobs that read it."""

from datetime import date

import httpx
import pytest
from markdown_it import MarkdownIt

from content.models import Asset, Document, Item, Snapshot
from content.services import documents, reads
from halcytone.lib.errors import Invalid
from tests.content.sources import reference
from tests.content.sources.reference import MARKDOWN
from tests.content.sources.test_web import Site

pytestmark = pytest.mark.django_db
RENDERED = MarkdownIt("commonmark", {"html": True}).enable("table").render(MARKDOWN)
PIECE = "<h2>A calm evening</h2><p>Turn the lamp low an hour before you want to sleep.</p>"


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def site(sandbox_settings, settings):
    patient = {"BACKEND": "content.sources.web.Web", "OPTIONS": {"first_wait_s": 0}}
    settings.SOURCES = {**settings.SOURCES, "url": patient}
    return Site(sandbox_settings)


def link(cast, ref):
    return documents.link(by=cast.editor, name="Page", kind="url", key=ref.key)


def read(document):
    return reads.read(document, by=document.owner)


def heads(document):
    return [item.head for item in document.items.filter(is_present=True).order_by("pk")]


@pytest.mark.parametrize(
    ("body", "kind"),
    [(f"<nav>Home</nav><main>{RENDERED}</main>", "text/html"), (MARKDOWN, "text/markdown"), (MARKDOWN, "text/plain")],
)  # fmt: skip
def test_the_reference_document_gives_its_nine_pieces(cast, site, body, kind):
    document = link(cast, site.put(body, kind=kind))
    assert document.ref.startswith("url:")
    assert read(document).result == "read"
    found = heads(document)
    assert len(found) == 9
    assert found[0].title == "Sessions wait for you"
    assert found[0].on == date(2026, 11, 16)
    assert all(one.fields["published"] for one in found)
    assert read(document).result == "skipped"
    assert [call["status"] for call in site.asked()] == [200, 304]


def test_a_page_lends_its_pieces_its_author_and_day_and_keeps_their_place(cast, site):
    about = '<meta name=author content="Jo Roe"><meta name=date content="2026-11-02">'
    image = f'<img alt="A lamp" src="{site.image(reference.PNG)}">'
    document = link(cast, site.put(f"{about}<article id=top>{PIECE}{image}</article>"))
    assert read(document).result == "read"
    (head,) = heads(document)
    assert (head.title, head.on, head.fields["author"]) == (
        "A calm evening",
        date(2026, 11, 2),
        "Jo Roe",
    )
    assert f"media:{Asset.objects.get().name}" in head.content
    block = document.snapshots.get().blocks[0]
    assert block["source_url"].startswith(document.source_key)


def test_an_image_that_is_gone_blocks_its_piece_alone(cast, site):
    missing = f'<img alt="A lamp" src="{site.url}/images/none?made=1&life=1">'
    other = "<h2>Early</h2><p>Open the window for as long as ten slow breaths take you.</p>"
    document = link(cast, site.put(f"<article>{PIECE}{missing}{other}</article>"))
    assert read(document).result == "read"
    codes = {problem["code"] for problem in document.snapshots.get().problems}
    assert "image_unreachable" in codes


@pytest.mark.parametrize(
    ("broken", "code"),
    [
        ({"body": "", "location": "https://169.254.169.254/latest"}, "address_refused"),
        ({"body": "", "location": "https://127.0.0.1/"}, "address_refused"),
        ({"body": reference.PNG, "kind": "image/png"}, "type_refused"),
        ({"body": b"<p>caf\xe9"}, "encoding"),
        ({"body": b"<p>x" * 30_000}, "source_truncated"),
        ({"body": b"<p>" + b"x" * 10_485_760}, "too_large"),
        ({"body": "", "status": 404}, "not_found"),
        ({"body": "", "status": 403}, "not_shown"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_goes_wrong_is_told_and_what_was_read_before_stays(cast, site, broken, code):
    document = link(cast, site.put(f"<article>{PIECE}</article>"))
    assert read(document).result == "read"
    site.put(broken.pop("body"), **broken)
    job = read(document)
    assert (job.status, job.errors[0]["code"]) == ("failed", code)
    assert [head.title for head in heads(document)] == ["A calm evening"]
    site.put(f"<article>{PIECE}<p>More of it.</p></article>")
    assert read(document).result == "read", "the next good page clears it"
    assert "More of it." in heads(document)[0].content


def test_a_page_that_is_suddenly_empty_waits_for_a_person(cast, site):
    document = link(cast, site.put(f"<article>{PIECE}</article>"))
    read(document)
    site.put("<article></article><footer>Soon</footer>")
    assert read(document).result == "waiting"
    assert [head.title for head in heads(document)] == ["A calm evening"]


def test_a_page_with_the_same_words_under_a_new_token_is_skipped_and_the_token_is_kept(cast, site):
    document = link(cast, site.put(f"<article>{PIECE}</article>"))
    read(document)
    site.put(f"<article> {PIECE}</article>")
    assert [read(document).result, read(document).result] == ["skipped", "skipped"]
    assert [call["status"] for call in site.asked()] == [200, 200, 304]


def test_a_page_that_never_was_one_leaves_nothing(cast, site):
    document = link(cast, site.put(reference.PNG, kind="image/png"))
    assert read(document).status == "failed"
    assert not Snapshot.objects.exists()
    assert not Item.objects.exists()
    assert Document.objects.get().halted == ""


@pytest.mark.parametrize(
    "key", ["http://example.com/", "https://169.254.169.254/", "https://localhost/", ""]
)
def test_an_address_that_may_not_be_asked_is_not_registered(cast, key):
    with pytest.raises(Invalid) as caught:
        documents.link(by=cast.editor, name="Page", kind="url", key=key)
    assert caught.value.problems[0].attr == "source_key"
    assert not Document.objects.exists()


def test_the_source_that_is_down_is_asked_three_times(cast, site):
    document = link(cast, site.put(f"<article>{PIECE}</article>"))
    read(document)
    httpx.delete(f"{site.url}/_sandbox/requests")
    site.sandbox.fault("sources", "status:503", match={"path": "/pages/"}, times=None)
    job = read(document)
    assert (job.status, job.errors[0]["code"]) == ("failed", "unavailable")
    assert len(site.asked()) == 3
    assert [head.title for head in heads(document)] == ["A calm evening"]
