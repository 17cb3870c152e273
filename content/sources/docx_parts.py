"""The parts of a Word document that hold its text, checked and slimmed before anything else reads them.

What only dresses the text is left out, which is most of it; what people do not see goes too. Sources:
ECMA-376 part 1, 17 (WordprocessingML), and [MS-DOCX].
"""

import re
import zipfile
from collections.abc import Mapping
from io import BytesIO
from typing import TypeAlias

from lxml import etree

from content.sources.archives import Archive
from halcytone.lib.errors import Refused

Element: TypeAlias = etree._Element
MAX_PART = 33_554_432  # bytes of one part as it is packed; 2,000,000 characters need a third of it
MAX_SLIM = 12_582_912  # and of what is left of it
MAX_ELEMENTS = 400_000  # 20,000 blocks of twenty each
MAX_DEPTH = 200  # each table inside a table takes three
MAX_ATTRIBUTES = 100  # of one element; Word writes a dozen
W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_STRICT = "{http://purl.oclc.org/ooxml/wordprocessingml/main}"
_DECORATIVE = "{http://schemas.microsoft.com/office/drawing/2017/decorative}decorative"
_PICTURE = "{http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing}docPr"
_TEXTS = re.compile(r"word/(?:document\d*|footnotes\d*|endnotes\d*)\.xml")
_ABOUT = re.compile(r"word/(?:styles|numbering)\d*\.xml")
_PLAIN = re.compile(r"\[Content_Types\]\.xml|_rels/\.rels|word/_rels/[^/]+\.rels")
_DRESS = frozenset(
    f"{W}{name}"
    for name in (
        "proofErr", "lastRenderedPageBreak", "sectPr", "sz", "szCs", "lang", "color", "spacing", "noProof",
        "shd", "highlight", "rFonts", "ind", "jc", "keepNext", "keepLines", "pageBreakBefore", "widowControl",
        "suppressAutoHyphens", "tabs", "pBdr", "tblBorders", "tblLook", "tblCellMar", "tblW", "tblInd", "tblGrid",
        "tcW", "tcBorders", "tcMar", "vAlign", "trHeight", "cantSplit", "kern", "w", "position", "bCs", "iCs",
        "contextualSpacing", "outlineLvl", "textAlignment", "bdr", "effect", "em", "rtl", "cs", "latentStyles",
        "docDefaults", "smallCaps", "pPrChange", "rPrChange", "tblPrChange", "tcPrChange", "sectPrChange",
    )
)  # fmt: skip
_NOISE = re.compile(r"\}(?:rsid\w*|paraId|textId|editId|anchorId)$")


def slimmed(archive: Archive) -> dict[str, Element]:
    """Return the parts that hold text, or tell of it, as trees, by their name in the archive."""
    return {
        name: _part(archive, name)
        for name in archive.files
        if _TEXTS.fullmatch(name) or _ABOUT.fullmatch(name)
    }


def packed(archive: Archive, parts: Mapping[str, Element]) -> bytes:
    """Return a Word document of these parts, with its images as they were and nothing else."""
    out = BytesIO()
    with zipfile.ZipFile(out, "w") as new:
        for name, root in parts.items():
            new.writestr(name, _bytes_of(root))
        for name in archive.files:
            if _PLAIN.fullmatch(name):
                new.writestr(name, _bytes_of(_part(archive, name)))
            elif name.startswith("word/media/"):
                new.writestr(name, archive.read(name))
    return out.getvalue()


def hide_unseen(root: Element) -> None:
    """Take out words that Word does not show, and say of decorative pictures that they are."""
    for mark in list(root.iter(f"{W}vanish")):
        run = mark.getparent().getparent()
        if mark.get(f"{W}val") not in ("0", "false") and run is not None and run.tag == f"{W}r":
            run.getparent().remove(run)
    for picture in root.iter(_PICTURE):
        decorative = next(picture.iter(_DECORATIVE), None)
        if decorative is not None and decorative.get("val") in ("1", "true"):
            picture.set("descr", "decorative")


def _part(archive: Archive, name: str) -> Element:
    if archive.files[name].file_size > MAX_PART:
        raise _too_long()
    target = _Slimming()
    parser = etree.XMLParser(
        target=target, resolve_entities="internal", no_network=True, load_dtd=False, huge_tree=True
    )
    try:
        parser.feed(archive.read(name))
        root: Element = parser.close()
    except etree.LxmlError as error:
        raise target.refusal or _broken(name) from error
    return root


def _bytes_of(root: Element) -> bytes:
    data: bytes = etree.tostring(root, encoding="utf-8", xml_declaration=True)
    if len(data) > MAX_SLIM:
        raise _too_long()
    return data


class _Slimming:
    """Builds a part from what the parser tells, without what is only dress."""

    def __init__(self) -> None:
        self.builder = etree.TreeBuilder()
        self.depth = self.dress = self.count = 0
        self.refusal: Refused | None = None

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        tag = _transitional(tag)
        self.depth += 1
        if self.depth > MAX_DEPTH or self.count > MAX_ELEMENTS or len(attributes) > MAX_ATTRIBUTES:
            self._refuse(_too_long())
        if self.dress or tag in _DRESS:
            self.dress += 1
        else:
            self.count += 1
            kept = {_transitional(k): v for k, v in attributes.items() if not _NOISE.search(k)}
            self.builder.start(tag, kept)

    def end(self, tag: str) -> None:
        self.depth -= 1
        if self.dress:
            self.dress -= 1
        else:
            self.builder.end(_transitional(tag))

    def data(self, text: str) -> None:
        if not self.dress and self.depth:
            self.builder.data(text)

    def doctype(self, *_about: str | None) -> None:
        self._refuse(
            Refused("It holds a document type, which no Word file has.", code="archive_refused")
        )

    def close(self) -> Element:
        if self.refusal:
            raise self.refusal
        return self.builder.close()

    def _refuse(self, refusal: Refused) -> None:
        self.refusal = self.refusal or refusal
        raise self.refusal


def _transitional(name: str) -> str:
    return name.replace(_STRICT, W, 1) if name.startswith(_STRICT) else name


def _broken(name: str) -> Refused:
    return Refused(f"“{name}” in it is no XML. Save the file in Word anew.", code="archive_refused")


def _too_long() -> Refused:
    return Refused(
        "It holds more than can be read, or nests too deeply. Split it.", code="source_truncated"
    )
