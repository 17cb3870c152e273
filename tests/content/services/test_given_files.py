"""Files of every kind that may be given, from the upload to the items; and what is wrong with some."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from markdown_it import MarkdownIt

from content import grammar
from content.models import Asset, Item, Snapshot
from content.services import documents
from content.sources.tree import Cell, Paragraph, Run, Table
from halcytone.lib.errors import Invalid
from tests.api import Api
from tests.content.sources import docx_forms, html_forms, reference
from tests.content.sources.archives_forms import altered, packed
from tests.content.sources.reference import MARKDOWN, NOW, runs

pytestmark = pytest.mark.django_db
RENDERED = MarkdownIt("commonmark", {"html": True}).enable("table").render(MARKDOWN)


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


def register(cast, name, data):
    return documents.register(by=cast.author, name=name, kind="upload", data=data, file_name=name)


def read(cast, name, data):
    document = register(cast, name, data)
    return document, documents.read(document)


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("week.docx", docx_forms.of(*reference.blocks())),
        ("week.html", html_forms.page(*reference.blocks()).encode()),
        ("week.html", RENDERED.encode()),
        ("week.html", f"<title>x</title><main>{RENDERED}</main>".encode("utf-16")),
        ("week.zip", packed({"week/index.md": MARKDOWN, "week/img/a.png": reference.PNG})),
        ("week.zip", packed({"week.html": RENDERED})),
    ],
    ids=["docx", "typed html", "markdown as html", "utf-16", "zip", "zip of html"],
)
def test_the_reference_document_gives_the_same_nine_pieces(cast, name, data):
    document, job = read(cast, name, data)
    assert (job.status, job.result) == ("completed", "read")
    expected = grammar.parse(MARKDOWN, at=NOW).items
    found = [item.head for item in document.items.order_by("pk")]
    assert [(one.title, one.on, one.section) for one in found] == [
        (item.title, item.on, item.category) for item in expected
    ]
    assert all(one.fields["published"] is True for one in found)
    assert documents.read(document).result == "skipped"


def test_the_images_of_a_word_file_and_of_an_archive_are_kept(cast):
    image = Paragraph((Run("A lamp", image="image:l"),))
    word = docx_forms.of(
        Paragraph(runs("A calm evening")), Paragraph(runs("Turn the lamp low before you sit down.")), image,
        pictures={"image:l": reference.PNG},
    )  # fmt: skip
    bundle = packed(
        {
            "a.md": "## A calm evening\n\nTurn the lamp low.\n\n![A lamp](l.png)\n",
            "l.png": reference.PNG,
        }
    )
    for name, data in (("a.docx", word), ("a.zip", bundle)):
        document, job = read(cast, name, data)
        assert job.result == "read", job.errors
        content = document.items.get().head.content
        assert f"![A lamp](media:{Asset.objects.get().name})" in content


def test_an_image_without_words_blocks_its_piece_and_an_image_that_is_none_too(cast):
    data = packed({
        "a.md": "## Calm\n\nTurn the lamp low.\n\n![](l.png)\n\n## Later\n\nTurn it off then.\n\n![A lamp](x.png)\n"
                "\n## Last\n\nAnd sleep well after that.\n",
        "l.png": reference.PNG, "x.png": b"<html><script>alert(1)</script></html>",
    })  # fmt: skip
    document, job = read(cast, "a.zip", data)
    codes = {problem["code"] for problem in document.snapshots.get().problems}
    assert {"image_no_alt", "image_refused"} <= codes
    assert job.result == "read"


BAD = {
    "a web page named .png": ("a.png", b"<!doctype html><p>Hi", "type_refused"),
    "a page that is an image": ("a.html", reference.PNG, "type_refused"),
    "macros": (
        "a.docx",
        altered(docx_forms.of(Paragraph(runs("x"))), **{"word/vbaProject.bin": b"x"}),
        "type_refused",
    ),
    "a zip bomb": ("a.zip", packed({"a.md": b"\0" * 45_000_000}), "archive_refused"),
    "a docx bomb": (
        "a.docx",
        packed({"[Content_Types].xml": "<x/>", "word/document.xml": b" " * 45_000_000}),
        "archive_refused",
    ),
    "a path that leads out": ("a.zip", packed({"../../a.md": "x"}), "archive_refused"),
    "too large": ("a.html", b"<p>" + b"x" * 10_485_760, "too_large"),
}


@pytest.mark.parametrize("case", BAD)
def test_what_cannot_be_a_document_is_refused_when_it_is_given(cast, case):
    name, data, code = BAD[case]
    with pytest.raises(Invalid) as caught:
        register(cast, name, data)
    assert caught.value.code == code


READ_BADLY = {
    "malformed utf-8": ("a.html", b"<p>caf\xe9", "encoding"),
    "malformed utf-8 in an archive": ("a.zip", packed({"a.md": b"caf\xe9"}), "encoding"),
    "30,000 blocks": ("a.html", b"<p>some words" * 30_000, "source_truncated"),
    "a million tags": ("a.html", b"<b>" * 1_000_000, "source_truncated"),
    "an image alone": ("a.html", b"<img src=a.png alt=A>", "document_empty"),
    "a docx of garbage": (
        "a.docx",
        packed({"[Content_Types].xml": "<x", "word/document.xml": "<x"}),
        "archive_refused",
    ),
}


@pytest.mark.parametrize("case", READ_BADLY)
def test_what_cannot_be_read_is_a_problem_with_its_code_and_nothing_is_saved(cast, case):
    name, data, code = READ_BADLY[case]
    document, job = read(cast, name, data)
    assert job.status == "failed"
    assert code in [error["code"] for error in job.errors]
    assert not Snapshot.objects.exists()
    assert not Item.objects.exists()
    document.refresh_from_db()
    assert documents.read(document).status == "failed", "the next attempt is as good as the first"


def test_a_failed_file_leaves_what_the_one_before_it_gave(cast):
    document, _ = read(cast, "a.html", RENDERED.encode())
    documents.give(document, by=cast.author, data=b"<p>caf\xe9", file_name="a.html")
    assert documents.read(document).status == "failed"
    assert document.items.filter(is_present=True).count() == 9
    assert document.snapshots.count() == 1


def test_right_to_left_text_and_a_table_in_a_table_are_read(cast):
    inner = "<table><tr><td>1<td>2</table>"
    html = f"<h2>נשימה איטית</h2><p dir=rtl>לפני פגישה נשום לאט ובשקט.</p><table><tr><th>א<th>ב<tr><td>ג<td>{inner}</table>"
    document, job = read(cast, "a.html", html.encode())
    assert job.result == "read", job.errors
    head = document.items.get().head
    assert head.title == "נשימה איטית"
    assert "לפני פגישה נשום לאט ובשקט." in head.content
    assert "1 \\| 2" in head.content
    assert "table_flattened" in {problem["code"] for problem in document.snapshots.get().problems}


def test_a_word_file_can_be_tried_over_the_api_and_nothing_is_kept():
    api = Api.of("editor")
    row = (Cell(runs("a")), Cell(runs("b")))
    data = docx_forms.of(*reference.blocks(), Table((row, row)))
    file = SimpleUploadedFile("week.docx", data)
    answer = api.client.post("/api/v1/documents/parse", {"file": file}, headers=api.headers)
    assert answer.status_code == 200, answer.content
    assert len(answer.json()["items"]) == 9
    odd = SimpleUploadedFile("week.docx", packed({"[Content_Types].xml": "<x", "word/a.xml": "<x"}))
    answer = api.client.post("/api/v1/documents/parse", {"file": odd}, headers=api.headers)
    assert (answer.status_code, answer.json()["code"]) == (400, "archive_refused")
    assert not Snapshot.objects.exists()
