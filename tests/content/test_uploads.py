import zipfile

import pytest

from content import uploads
from content.sources.tree import Paragraph
from tests.content.sources import docx_forms, reference
from tests.content.sources.archives_forms import altered, locked, packed
from tests.content.sources.reference import runs

WORD = docx_forms.of(Paragraph(runs("A text")))
BUNDLE = packed({"notes.md": "A text", "lamp.png": reference.PNG})
PAGE = b"\xef\xbb\xbf  <!DOCTYPE html><p>Hi"


def codes(data, file_name=""):
    return [problem.code for problem in uploads.check(data, file_name)]


def test_exactly_ten_megabytes_are_read_and_one_byte_more_is_not():
    assert codes(b"x" * 10_485_760, "notes.md") == []
    [problem] = uploads.check(b"x" * 10_485_761, "notes.md")
    assert problem.code == "too_large"
    assert "10,485,760" in problem.message
    assert "10,485,761" in problem.message


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("notes.md", b"A text"), ("notes.TXT", b"A text"), ("notes.json", b'{"tips": []}'), ("", b"A text"),
        ("notes.html", PAGE), ("notes.html", b"<p>A part of a page"), ("notes.html", "<p>Größe".encode("utf-16")),
        ("notes.docx", WORD), ("notes.zip", BUNDLE),
    ],
)  # fmt: skip
def test_what_is_read_is_taken_under_its_name(name, data):
    assert codes(data, name) == []


@pytest.mark.parametrize("name", ["notes.png", "notes.pdf", "notes.docm", "notes.htm", "notes"])
def test_other_names_are_refused_with_a_sentence_on_what_is_read(name):
    [problem] = uploads.check(PAGE, name)
    assert problem.code == "type_refused"
    assert "Markdown (.md), text (.txt), JSON (.json), web pages (.html)" in problem.message


@pytest.mark.parametrize(
    ("name", "data", "word"),
    [
        ("notes.md", WORD, "a Word document, whatever its name says. Give it as a file whose name ends in .docx"),
        ("notes.zip", WORD, "a Word document"),
        ("notes.docx", BUNDLE, "a ZIP archive"),
        ("notes.html", reference.PNG, "a picture"),
        ("notes.docx", b"A text", "a text"),
        ("notes.md", b"%PDF-1.7 ...", "PDF"),
        ("notes.docx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "locked with a password"),
        ("notes.md", "Grüße".encode("utf-16"), "UTF-16"),
        ("notes.md", PAGE, "a web page"),
        ("", PAGE, "This is a web page. Give it as a file whose name ends in .html"),
        ("notes.html", b"RIFF\0\0\0\0WEBPVP8 ", "a picture"),
        ("notes.md", b"abc\0def", "no text"),
        ("notes.docx", packed({"[Content_Types].xml": "<x/>", "xl/workbook.xml": "<x/>"}), "office document"),
        ("notes.zip", packed({"mimetype": "application/vnd.oasis.opendocument.text"}), "office document"),
    ],
)  # fmt: skip
def test_the_bytes_decide_and_not_the_name(name, data, word):
    [problem] = uploads.check(data, name)
    assert problem.code == "type_refused"
    assert word in problem.message


@pytest.mark.parametrize(
    ("name", "data", "code"),
    [
        ("notes.docx", altered(WORD, **{"word/vbaProject.bin": b"x"}), "type_refused"),
        ("notes.docx", WORD[:-30], "archive_refused"),
        ("notes.zip", locked(BUNDLE), "archive_refused"),
        ("notes.zip", packed({"a.md": b"\0" * 40_000_000}), "archive_refused"),
        ("notes.zip", packed({"a.md": "a", "b.md": "b"}), "archive_unclear"),
        ("notes.zip", packed({"inner.zip": BUNDLE}, method=zipfile.ZIP_STORED), "archive_unclear"),
    ],
)  # fmt: skip
def test_what_is_wrong_inside_a_file_is_told_when_it_is_given(name, data, code):
    assert codes(data, name) == [code]


@pytest.mark.parametrize("data", [b"", b" \n\t "])
def test_nothing_is_no_document(data):
    assert codes(data) == ["nothing_given"]


def test_what_is_packed_cannot_be_written_by_hand():
    assert uploads.is_typed("notes.html")
    assert not uploads.is_typed("Notes.DOCX")
