"""Bytes as text, in the encoding that they are said to have; what does not fit is refused, never guessed."""

import codecs
import re

from halcytone.lib.errors import Refused

_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))  # fmt: skip
#: What pages are written in (WHATWG Encoding Standard); Python knows others that are no encodings of text.
_KNOWN = re.compile(
    r"utf-8|utf-16-[lb]e|cp125[0-8]|iso8859-\d+|koi8-[ru]|mac-(roman|cyrillic)|cp866|cp874|gbk|gb2312|"
    r"gb18030|big5|euc_jp|iso2022_jp|shift_jis|cp932|euc_kr|cp949|tis-620"
)
#: Labels that every browser reads as a larger set than they name.
_WIDER = {"ascii": "cp1252", "iso8859-1": "cp1252", "gb2312": "gb18030", "gbk": "gb18030",
          "shift_jis": "cp932", "euc_kr": "cp949", "utf-16": "utf-8"}  # fmt: skip


def decoded(data: bytes, label: str = "") -> str:
    """Return the text: by its byte-order mark, else by this label, else as UTF-8.

    An unknown label counts as none. Raises Refused with code `encoding`, naming the first wrong byte.
    """
    mark, name = next(((bom, name) for bom, name in _BOMS if data.startswith(bom)), (b"", ""))
    name = name or known(label) or "utf-8"
    body = data.removeprefix(mark)
    try:
        return body.decode(name)
    except UnicodeDecodeError as error:
        line = body.count(b"\n", 0, error.start) + 1
        raise Refused(
            f"The byte 0x{body[error.start]:02X} in line {line} is not {name.upper()}; nothing was read. "
            "Save the text as UTF-8.",
            code="encoding",
        ) from error


def known(label: str) -> str:
    """Return the name of the encoding that a label means, or ""."""
    try:
        name = codecs.lookup(label.strip()).name
    except (LookupError, ValueError):
        return ""
    name = _WIDER.get(name, name)
    return name if _KNOWN.fullmatch(name) else ""
