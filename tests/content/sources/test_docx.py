"""Word documents beyond what every rich source carries."""

import time

import pytest

from content import markdown
from content.sources import docx
from content.sources.tree import Heading, ListItem, Paragraph
from halcytone.lib.errors import Refused
from tests.content.sources import docx_forms, reference
from tests.content.sources.archives_forms import altered
from tests.content.sources.reference import runs


def body(xml, **parts):
    return docx.text(docx_forms.with_body(xml, **parts))


def paragraph(text, style="", about=""):
    named = f'<w:pStyle w:val="{style}"/>' if style else ""
    return f"<w:p><w:pPr>{named}{about}</w:pPr><w:r><w:t>{text}</w:t></w:r></w:p>"


def document(xml, before=""):
    return f"{before}<w:document {docx_forms.SPACES}><w:body>{xml}</w:body></w:document>"


def refusal(data):
    with pytest.raises(Refused) as caught:
        docx.text(data)
    assert str(caught.value).endswith(".")
    return caught.value.code


def test_below_a_title_first_level_headings_are_sections():
    xml = paragraph("Letter", "Title") + paragraph("One", "Heading1") + paragraph("Two", "Heading2")
    assert body(xml).markdown == "# Letter\n\n## One\n\n### Two\n"


def test_sections_in_brackets_stand_at_their_level():
    xml = (
        paragraph("Letter", "Heading1")
        + paragraph("[Tips] Small", "Heading1")
        + paragraph("Sit", "Heading2")
    )
    assert "## [Tips] Small\n\n### Sit" in body(xml).markdown


def test_numbers_go_on_as_word_shows_them_after_other_text():
    text = docx.text(
        docx_forms.of(
            ListItem(1, runs("one"), number=1),
            ListItem(2, runs("inner"), number=1),
            Paragraph(runs("Between.")),
            ListItem(1, runs("two"), number=2),
            ListItem(1, runs("seven"), number=7),
        )
    )
    assert text.markdown == "1. one\n   1. inner\n\nBetween.\n\n2. two\n\n7) seven\n"


def test_hidden_and_deleted_words_are_not_read_and_inserted_ones_are():
    xml = (
        "<w:p><w:r><w:rPr><w:vanish/></w:rPr><w:t>hidden</w:t></w:r>"
        '<w:del w:id="1"><w:r><w:delText>deleted</w:delText></w:r></w:del>'
        '<w:ins w:id="2"><w:r><w:t>inserted</w:t></w:r></w:ins>'
        '<w:r><w:rPr><w:vanish w:val="0"/></w:rPr><w:t> shown</w:t></w:r></w:p>'
    )
    assert body(xml).markdown == "inserted shown\n"


@pytest.mark.parametrize(
    ("about", "inner", "alt"),
    [
        ('descr="A lamp"', "", "A lamp"), ('title="Lamp"', "", "Lamp"), ('descr=""', "", ""),
        ('descr="A lamp"', '<a:extLst><a:ext><adec:decorative val="1"/></a:ext></a:extLst>', "decorative"),
    ],
)  # fmt: skip
def test_an_image_has_the_words_that_word_has_for_it(about, inner, alt):
    xml = docx_forms.drawing("image0", about).replace(
        "/><a:graphic>", f">{inner}</wp:docPr><a:graphic>"
    )
    data = docx_forms.of(Paragraph(runs("x")), pictures={"image:x": reference.PNG})
    text = docx.text(altered(data, **{"word/document.xml": document(f"<w:p>{xml}</w:p>")}))
    ((address, said),) = markdown.images(text.markdown)
    assert said == alt
    assert text.pictures[address].data == reference.PNG


def test_what_word_says_in_ways_of_its_own_is_told():
    math = '<m:oMath xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math"><m:r/></m:oMath>'
    (remark,) = body(f"<w:p>{math}</w:p>{paragraph('y')}").remarks
    assert remark.code == "block_left_out"
    assert "oMath" in remark.message
    (remark,) = body(paragraph("y", "Fancy")).remarks
    assert remark.code == "html_removed"
    assert "Fancy" in remark.message


@pytest.mark.parametrize(
    "files",
    [
        {"word/vbaProject.bin": b"x"},
        {"[Content_Types].xml": docx_forms.TYPES.format(main=docx_forms.MACROS)},
    ],
    ids=["a program", "a type"],
)
def test_macros_are_refused(files):
    assert refusal(altered(docx_forms.with_body(paragraph("x")), **files)) == "type_refused"


MANY = " ".join(f'a{n}="1"' for n in range(100_000))
LAUGH = '<!DOCTYPE d [<!ENTITY a "haha"><!ENTITY b "&a;&a;&a;&a;">]>'


@pytest.mark.parametrize(
    ("xml", "code"),
    [
        (document(paragraph("&b;"), LAUGH), "archive_refused"),
        (document(paragraph("&x;"), '<!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/passwd">]>'), "archive_refused"),
        ("<w:document>", "archive_refused"),
        ("", "archive_refused"),
        (document('<w:tbl><w:tr><w:tc><w:tcPr><w:gridSpan w:val="x"/></w:tcPr><w:p/></w:tc></w:tr></w:tbl>'), "archive_refused"),
        (document("<w:tbl><w:tr><w:tc>" * 5_000 + "<w:p/>" + "</w:tc></w:tr></w:tbl>" * 5_000), "source_truncated"),
        (document(f"<w:p {MANY}/>"), "source_truncated"),
        (document("".join(paragraph(f"{n * n} words") for n in range(30_000))), "source_truncated"),
        (document("".join(f'<w:p a="{n * n}"/>' for n in range(500_000))), "source_truncated"),
    ],
    ids=["entities", "an outer entity", "cut", "empty", "no number", "deep", "attributes", "30,000", "500,000"],
)  # fmt: skip
def test_odd_documents_are_refused_in_time(xml, code):
    began = time.process_time()
    assert refusal(altered(docx_forms.with_body(""), **{"word/document.xml": xml})) == code
    assert time.process_time() - began < 20


def test_a_picture_that_lies_on_this_machine_is_not_fetched(tmp_path):
    (tmp_path / "secret.png").write_bytes(reference.PNG)
    xml = docx_forms.drawing("image0", 'descr="x"').replace("r:embed", "r:link")
    relation = (
        f'<Relationships xmlns="{docx_forms.RELATIONS}"><Relationship Id="image0" Type="{docx_forms.R}/image" '
        f'Target="file://{tmp_path}/secret.png" TargetMode="External"/></Relationships>'
    )
    parts = {"word/document.xml": document(f"<w:p>{xml}</w:p>{paragraph('y')}"),
             "word/_rels/document.xml.rels": relation}  # fmt: skip
    text = docx.text(altered(docx_forms.with_body(""), **parts))
    assert (text.markdown, text.pictures) == ("y\n", {})
    assert [remark.code for remark in text.remarks] == ["block_left_out"]


def test_a_document_with_a_title_alone_gives_its_text():
    assert (
        docx.text(docx_forms.of(Heading(1, runs("T")), Paragraph(runs("x")))).markdown
        == "# T\n\nx\n"
    )
