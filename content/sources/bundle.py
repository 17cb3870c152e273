"""ZIP archives of a text with its images: which file is the text, and which images it shows."""

import re
from collections.abc import Iterator
from posixpath import dirname, join, normpath
from urllib.parse import unquote

from content.sources import encodings, html_reading
from content.sources.archives import Archive
from content.sources.base import Picture, Text
from halcytone.lib import canonical
from halcytone.lib.errors import Refused

TEXTS = (".md", ".txt", ".html")
_FIRST = ("index.md", "readme.md", "index.html", "index.txt", "readme.txt")
MAX_TEXT = 10_485_760
_BESIDE = re.compile(r"(?:^|/)(?:\.|__MACOSX/|thumbs\.db$|desktop\.ini$)", re.IGNORECASE)
_FENCE = re.compile(r" {0,3}(?:[-*+] +|\d+[.)] +)*(`{3,}|~{3,})")
#: Where Markdown, and the HTML and bullets inside it, name an image. Code spans come first and are left.
_ADDRESS = re.compile(
    r"(?P<code>`+[^`\n]*`+)"
    r"|(?P<lead>!\[(?:[^\[\]\\\n]|\\.)*\]\(\s*|<img\b[^<>\n]{0,500}?\ssrc\s*=\s*[\"']"
    r"|^ {0,3}\[[^\[\]\n]{1,200}\]:\s*|^\s*[-*+]\s+(?:\*\*|__)?Image:?(?:\*\*|__)?:?\s*)"
    r"(?P<address><[^<>\n]*>|[^\s\"'<>()]+(?:\([^\s()]*\)[^\s\"'<>()]*)*)",
    re.IGNORECASE,
)


def text(data: bytes) -> Text:
    """Return what the text of an archive says, with the images of the archive that it shows.

    Raises Refused: `archive_refused`, `archive_unclear` where no file is plainly the text, `encoding`,
    `source_truncated`.
    """
    archive = Archive(data)
    name = main(archive)
    if archive.files[name].file_size > MAX_TEXT:
        raise Refused(
            f"“{name}” in it has more than {MAX_TEXT:,} bytes, more than can be read. Split it.",
            code="source_truncated",
        )
    held = _Held(archive, dirname(name))
    content = archive.read(name)
    if name.lower().endswith(".html"):
        return html_reading.file(content, held.picture)
    written = encodings.decoded(content)
    lines = "".join(_with_pictures(written, held))
    return Text(lines, pictures=held.named)


def main(archive: Archive) -> str:
    """Return the name of the file that is the text. Raises Refused with code `archive_unclear`."""
    names = [name for name in archive.files if not _BESIDE.search(name)]
    folder = _common_folder(names)
    top = [name for name in names if "/" not in name.removeprefix(folder)]
    texts = [name for name in top if name.lower().endswith(TEXTS)]
    by_word = {name.removeprefix(folder).lower(): name for name in texts}
    first = next((by_word[word] for word in _FIRST if word in by_word), None)
    if len(texts) == 1 or first:
        return first or texts[0]
    if not texts:
        raise _unclear("It has no text at its top. Put one .md, .txt or .html file there.")
    listed = ", ".join(f"“{name.removeprefix(folder)}”" for name in sorted(texts)[:5])
    raise _unclear(
        f"Which file is the document: {listed}? Name it index.md, or leave the others out."
    )


def _common_folder(names: list[str]) -> str:
    """Return the one folder that holds everything, as archives of a folder have, or ""."""
    folders = {name.partition("/")[0] for name in names}
    return f"{folders.pop()}/" if len(folders) == 1 and all("/" in name for name in names) else ""


class _Held:
    """The images of an archive, by the addresses that its text gives them."""

    def __init__(self, archive: Archive, folder: str) -> None:
        self.archive, self.folder = archive, folder
        self.named: dict[str, Picture] = {}

    def picture(self, address: str) -> Picture | None:
        plain = re.split(r"[?#]", address, maxsplit=1)[0]
        for path in (address, plain, unquote(plain)):
            name = normpath(join(self.folder, path.lstrip("/")))
            if path and name in self.archive.files:
                return Picture(self.archive.read(name))
        return None

    def key(self, address: str) -> str:
        """Return the name of the image in the text; the address itself where it is not held."""
        picture = self.picture(address)
        if picture is None:
            return address
        key = f"image:{canonical.sha256(picture.data)[:32]}"
        self.named[key] = picture
        return key


def _with_pictures(written: str, held: _Held) -> Iterator[str]:
    """Yield the lines of a text in which its own images have their names; code stays as it is."""
    fence = ""
    for line in written.splitlines(keepends=True):
        mark = _FENCE.match(line)
        if fence:
            fence = "" if mark and mark[1].startswith(fence) else fence
        elif mark:
            fence = mark[1]
        yield line if fence or mark else _ADDRESS.sub(lambda found: _named(found, held), line)


def _named(found: "re.Match[str]", held: _Held) -> str:
    if found["code"]:
        return found[0]
    address = found["address"]
    key = held.key(address.strip("<>"))
    return found[0] if key == address.strip("<>") else f"{found['lead']}{key}"


def _unclear(message: str) -> Refused:
    return Refused(message, code="archive_unclear")
