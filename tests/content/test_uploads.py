import io
import zipfile

import pytest

from content import uploads


def codes(data, file_name=""):
    return [problem.code for problem in uploads.check(data, file_name)]


def test_exactly_ten_megabytes_are_read_and_one_byte_more_is_not():
    assert codes(b"x" * 10_485_760, "notes.md") == []
    [problem] = uploads.check(b"x" * 10_485_761, "notes.md")
    assert problem.code == "too_large"
    assert "10,485,760" in problem.message
    assert "10,485,761" in problem.message


@pytest.mark.parametrize("name", ["notes.md", "notes.TXT", "notes.json", ""])
def test_text_is_read_under_these_names(name):
    assert codes(b'{"tips": []}', name) == []


@pytest.mark.parametrize("name", ["notes.docx", "notes.html", "notes.png", "notes"])
def test_other_names_are_refused_with_a_sentence_on_what_is_read(name):
    [problem] = uploads.check(b"A text", name)
    assert problem.code == "type_refused"
    assert "Markdown (.md), text (.txt) and JSON (.json)" in problem.message


def a_zip():
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr("word/document.xml", "<w/>")
    return data.getvalue()


@pytest.mark.parametrize(
    ("data", "word"),
    [
        (a_zip(), "ZIP"),
        (b"%PDF-1.7 ...", "PDF"),
        (b"\x89PNG\r\n\x1a\n", "picture"),
        ("Grüße".encode("utf-16"), "UTF-16"),
        (b"\xef\xbb\xbf  <!DOCTYPE html><p>Hi", "web page"),
        (b"abc\0def", "no text"),
    ],
)
def test_the_bytes_decide_and_not_the_name(data, word):
    [problem] = uploads.check(data, "notes.md")
    assert problem.code == "type_refused"
    assert word in problem.message


@pytest.mark.parametrize("data", [b"", b" \n\t "])
def test_nothing_is_no_document(data):
    assert codes(data) == ["nothing_given"]
