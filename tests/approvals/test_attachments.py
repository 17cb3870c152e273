"""Files with comments: what is taken, told by its bytes, and to whom it is given."""

import zipfile
from io import BytesIO

import pytest
from django.core.files.storage import default_storage
from PIL import Image

from approvals.services import attachments, reviews, talk
from halcytone.lib.errors import Invalid, NotAllowed
from tests.factories.people import PersonFactory

pytestmark = pytest.mark.django_db
PDF = b"%PDF-1.7\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"
TYPES = (
    '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument'
    '.wordprocessingml.document.main+xml"/></Types>'
)


@pytest.fixture(autouse=True)
def _store(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def comment(draft, senior, manager):
    review = reviews.submit(draft, by=draft.author)
    return talk.open_thread(review, by=senior, text="See the scan.").comments.get()


def image(kind):
    out = BytesIO()
    Image.new("RGB", (4, 3), "teal").save(out, kind)
    return out.getvalue()


def word(**more):
    out = BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("[Content_Types].xml", TYPES)
        archive.writestr("word/document.xml", "<w:document/>")
        for name, text in more.items():
            archive.writestr(f"word/{name}.bin", text)
    return out.getvalue()


@pytest.mark.parametrize(
    ("name", "data", "kind"),
    [
        ("scan.png", image("PNG"), "png"),
        ("scan.JPEG", image("JPEG"), "jpg"),
        ("offer.pdf", PDF, "pdf"),
        ("notes.docx", word(), "docx"),
    ],
)
def test_four_kinds_are_taken_and_kept_under_their_hash(comment, senior, name, data, kind):
    row = attachments.attach(comment, by=senior, name=name, data=data)
    assert (row.name, row.kind) == (name, kind)
    with attachments.opened(row) as file:
        kept = file.read()
    assert len(kept) == row.size_bytes
    assert default_storage.exists(f"attachments/{row.sha256[:2]}/{row.sha256}.{kind}")


@pytest.mark.parametrize(
    ("name", "data", "why"),
    [
        ("scan.png", PDF, "not what its name says: its bytes are PDF"),
        ("offer.pdf", image("PNG"), "not what its name says: its bytes are PNG image"),
        ("page.pdf", b"<html><script>alert(1)</script>", "its bytes are something else"),
        ("notes.docx", word(vbaProject="x"), "is not taken"),
        ("notes.docx", b"PK\x03\x04 not an archive", "is not taken"),
        ("scan.png", b"\x89PNG\r\n\x1a\n<script>", "is not taken"),
        ("form.pdf", PDF.replace(b"<<>>", b"<</S/JavaScript>>"), "carries programs"),
        ("half.pdf", PDF[:20], "cut off"),
        ("run.exe", b"MZ", "of a kind that is not taken"),
        ("page.html", b"<html>", "of a kind that is not taken"),
        ("scan.svg", b"<svg/>", "of a kind that is not taken"),
        ("big.pdf", PDF + b"0" * 10_485_760 + b"%%EOF", "bytes"),
    ],
)
def test_lying_and_dangerous_files_are_refused_and_nothing_is_kept(
    comment, senior, name, data, why, tmp_path
):
    with pytest.raises(Invalid, match=why) as refused:
        attachments.attach(comment, by=senior, name=name, data=data)
    assert refused.value.code == "attachment_refused"
    assert not comment.attachments.exists()
    assert not list(tmp_path.rglob("*.*"))


def test_an_image_is_written_anew_so_that_nothing_hides_behind_it(comment, senior):
    data = image("PNG") + b"<script>alert(1)</script>"
    with attachments.opened(
        attachments.attach(comment, by=senior, name="scan.png", data=data)
    ) as file:
        assert b"script" not in file.read()


def test_a_name_is_no_path_and_holds_no_lines(comment, senior):
    name = '../../etc/"pass\r\nwd<b>.pdf'
    row = attachments.attach(comment, by=senior, name=name, data=PDF)
    assert row.name == "_pass_wd_b_.pdf"


def test_a_file_comes_with_ones_own_comment_and_is_seen_with_the_review(comment, senior, manager):
    with pytest.raises(NotAllowed):
        attachments.attach(comment, by=manager, name="offer.pdf", data=PDF)
    row = attachments.attach(comment, by=senior, name="offer.pdf", data=PDF)
    assert list(attachments.visible_to(manager)) == [row]
    assert not attachments.visible_to(PersonFactory(group="contributor")).exists()
