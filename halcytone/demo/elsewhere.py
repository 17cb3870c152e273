"""Two documents that live elsewhere: one at the stand-in of Google Docs, one at that of Notion.

They are put there as their people would have written them, and then read like any other. Editing them on
the stand-in's page shows what a changed source does.
"""

import json
from collections.abc import Callable, Mapping
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx
from django.conf import settings
from PIL import Image, ImageDraw, ImageFilter

from content.models import Document, Draft, FormatName
from content.services import documents, drafts, reads
from halcytone.access.models import User

TEXTS = Path(__file__).parent / "texts"
GOOGLE, NOTION = "demo-team-letter", "0e5a7d6c-1b1f-4f4e-9a54-6d4f0d2c1a01"
NAMES = {GOOGLE: "Letter of the product team", NOTION: "Ideas of the community team"}


def load(cast: Mapping[str, User], dated: Callable[[str], str]) -> dict[str, Document]:
    """Put both documents to the sandbox, link them and read them; `dated` fills days in."""
    picture = _put_picture()
    for path, file_name in (
        (f"documents/{GOOGLE}", "google.json"),
        (f"notion/{NOTION}", "notion.json"),
    ):
        text = dated((TEXTS / file_name).read_text()).replace("PICTURE", picture)
        _sandbox("PUT", f"/_sandbox/{path}", json=json.loads(text))
    return {
        NAMES[key]: _linked(cast["editor"], kind, key)
        for kind, key in ((Document.Kind.GOOGLE_DOCS, GOOGLE), (Document.Kind.NOTION, NOTION))
    }


def make_draft(cast: Mapping[str, User], document: Document) -> Draft:
    """Put a blog post together from the first piece of a document, so that its changes are seen."""
    revisions = [item.head for item in document.items.filter(is_blocked=False)[:1] if item.head]
    draft = drafts.create(
        by=cast["editor"], type=Draft.Type.UPDATE, title="", revisions=revisions,
        formats=[FormatName.NEWSLETTER, FormatName.WEB, FormatName.X, FormatName.LINKEDIN],
    )  # fmt: skip
    drafts.generate(draft, by=cast["editor"])
    Draft.objects.filter(pk=draft.pk).update(is_demo=True)
    return draft


def _linked(editor: User, kind: str, key: str) -> Document:
    document = documents.link(by=editor, name=NAMES[key], kind=kind, key=key)
    Document.objects.filter(pk=document.pk).update(is_demo=True)
    reads.read(document, by=editor)
    return document


def _put_picture() -> str:
    """Give the stand-ins a picture of the demo's own and return its id there."""
    return str(_sandbox("POST", "/_sandbox/images", content=rings()).json()["id"])


def rings() -> bytes:
    """Return a PNG of rings that widen like a slow breath."""
    size = (1200, 675)
    image = Image.new("RGB", size, (15, 86, 78))
    pen = ImageDraw.Draw(image)
    for step in range(14, 0, -1):
        radius = step * 46
        shade = (15 + step * 7, 86 + step * 8, 78 + step * 7)
        box = (600 - radius, 338 - radius, 600 + radius, 338 + radius)
        pen.ellipse(box, fill=shade if step % 2 else None, outline=(226, 240, 236), width=2)
    out = BytesIO()
    image.filter(ImageFilter.GaussianBlur(1.2)).save(out, "PNG", optimize=True)
    return out.getvalue()


def _sandbox(method: str, path: str, **rest: Any) -> httpx.Response:
    url = f"http://127.0.0.1:{settings.SANDBOX_PORTS['sources']}{path}"
    return httpx.request(method, url, timeout=20, trust_env=False, **rest).raise_for_status()
