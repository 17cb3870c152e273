"""Word documents: their text by mammoth, with what it does not read (numbers, hidden words) seen to."""

import re
from collections.abc import Iterator, Mapping
from io import BytesIO
from typing import Any
from xml.parsers.expat import ExpatError

from content.sources import docx_numbers, docx_parts, html_reading
from content.sources.archives import Archive
from content.sources.base import Picture, Remark, Text
from content.sources.docx_parts import Element, W
from content.sources.html_parsing import DOCUMENT_TITLE
from halcytone.lib import canonical
from halcytone.lib.errors import Refused

_NUMBER = "_number_"
_NUMBERED = re.compile(rf'<li>((?:<(?:p|ul|ol|li|strong|em)>)*)<a id="{_NUMBER}(\d+)"></a>')
_MOST_TOLD = 10
_HEADINGS = "\n".join(
    f"p[style-name='{word} {level}'] => h{level}:fresh\np.Heading{level} => h{level}:fresh"
    for level in range(1, 7)
    for word in ("heading", "Heading")
)
_ABOVE = "ul|ol > li > "
_DEEP_LISTS = "\n".join(
    f"p:{kind}-list({level}) => {_ABOVE * min(level - 1, 5)}{tag} > li:fresh"
    for level in range(6, 10)
    for kind, tag in (("unordered", "ul"), ("ordered", "ol"))
)
_STYLES = f"""
p[style-name='Title'] => h1.{DOCUMENT_TITLE}:fresh
p[style-name='Subtitle'] => p:fresh
{_HEADINGS}
p[style-name='Quote'] => blockquote > p:fresh
p[style-name='Intense Quote'] => blockquote > p:fresh
p[style-name='Quotations'] => blockquote > p:fresh
p[style-name='Block Text'] => blockquote > p:fresh
p[style-name='HTML Preformatted'] => pre:separator('\\n')
p[style-name='Preformatted Text'] => pre:separator('\\n')
p[style-name='Source Code'] => pre:separator('\\n')
p[style-name='Code'] => pre:separator('\\n')
p[style-name='List Paragraph'] => p:fresh
r[style-name='HTML Code'] => code
r[style-name='Source Text'] => code
r[style-name='Verbatim Char'] => code
r[style-name='Emphasis'] => em
r[style-name='Intense Emphasis'] => em
{_DEEP_LISTS}
"""
#: What mammoth and the XML reader below it raise on parts that are not as Word writes them.
_ODD = (
    AttributeError, ExpatError, IndexError, KeyError, OSError, RecursionError, TypeError, ValueError,
)  # fmt: skip


def text(data: bytes) -> Text:
    """Return what a Word document says, with its images.

    Raises Refused: `archive_refused` for what is no sound archive, `type_refused` for one with macros,
    `source_truncated` for more than can be read.
    """
    archive = Archive(data)
    require_plain(archive)
    parts = docx_parts.slimmed(archive)
    numbers = docx_numbers.read(_part(parts, "numbering"), _part(parts, "styles"))
    for name, root in parts.items():
        docx_parts.hide_unseen(root)
        if not name.endswith(("styles.xml", "numbering.xml")):
            _mark_numbers(root, numbers)
    html, messages, pictures = _converted(docx_parts.packed(archive, parts))
    html = _NUMBERED.sub(r'<li value="\2">\1', html)
    return html_reading.converted(html, pictures.get, _remarks(messages))


def require_plain(archive: Archive) -> None:
    """Raise Refused with code `type_refused` when the document carries programs."""
    types = archive.read("[Content_Types].xml") if "[Content_Types].xml" in archive.files else b""
    programs = [
        name for name in archive.files if name.lower().endswith(("vbaproject.bin", "vbadata.xml"))
    ]
    if programs or b"macroenabled" in types.lower():
        raise Refused(
            "This Word document holds macros. Save it as .docx, without them, and give it again.",
            code="type_refused",
        )


def is_word(archive: Archive) -> bool:
    return "[Content_Types].xml" in archive.files and any(
        name.startswith("word/") for name in archive.files
    )


def _part(parts: Mapping[str, Element], word: str) -> Element | None:
    return next((root for name, root in parts.items() if name.startswith(f"word/{word}")), None)


def _mark_numbers(root: Element, numbers: docx_numbers.Numbers) -> None:
    """Write the number of each numbered paragraph into a bookmark, which mammoth carries over."""
    for paragraph, number in docx_numbers.shown(root, numbers):
        properties = paragraph.find(f"{W}pPr")
        place = 0 if properties is None else 1 + paragraph.index(properties)
        mark = paragraph.makeelement(f"{W}bookmarkStart", {f"{W}name": f"{_NUMBER}{number}"})
        paragraph.insert(place, mark)


def _converted(data: bytes) -> tuple[str, list[str], dict[str, Picture]]:
    import mammoth  # a quarter of a second that other readings need not wait

    pictures: dict[str, Picture] = {}

    def keep(image: Any) -> dict[str, str]:
        with image.open() as stream:
            content = stream.read()
        address = f"held:{canonical.sha256(content)}"
        pictures[address] = Picture(content)
        return {"src": address}

    try:
        result = mammoth.convert_to_html(
            BytesIO(data),
            style_map=_STYLES,
            include_embedded_style_map=False,
            external_file_access=False,
            convert_image=mammoth.images.img_element(keep),
        )
    except _ODD as error:
        raise Refused(
            "This Word document is not built as Word builds them. Save it in Word anew.",
            code="archive_refused",
        ) from error
    return result.value, [message.message for message in result.messages], pictures


def _remarks(messages: list[str]) -> Iterator[Remark]:
    """Yield what mammoth tells: styles that it does not know are text, the rest is missing."""
    told = list(dict.fromkeys(message.rstrip(".") for message in messages))
    styles = [message for message in told if " style" in message]
    missing = [message for message in told if message not in styles]
    if styles:
        yield Remark("html_removed", f"Read as plain text: {_listed(styles)}.")
    if missing:
        hint = "Say it in words, or put it in as an image."
        yield Remark("block_left_out", f"Left out: {_listed(missing)}.", hint=hint)


def _listed(told: list[str]) -> str:
    more = f"; and {len(told) - _MOST_TOLD} more" if len(told) > _MOST_TOLD else ""
    return f"{'; '.join(told[:_MOST_TOLD])}{more}"
