"""The memory twin: the plainest format there is, for the contract and for callers' tests."""

from collections.abc import Mapping
from typing import Any, ClassVar

from content import markdown
from content.formats import shape, wording
from content.formats.base import ERROR, Edition, Finding, Format, Rendered, media, require_pieces


class Memory(Format):
    name = "memory"
    fields: ClassVar[Mapping[str, shape.Kind]] = {"text": shape.Kind.TEXT}

    def render(self, edition: Edition) -> Rendered:
        require_pieces(edition)
        blocks = [f"{piece.title}\n\n{markdown.to_text(piece.content)}" for piece in edition.pieces]
        return Rendered(shape.clean({"text": "\n\n".join(blocks)}), media(edition))

    def check(self, content: Mapping[str, Any]) -> list[Finding]:
        text = content["text"]
        empty = [] if text.strip() else [self.finding(ERROR, "empty", "The text is empty.")]
        return [*empty, *wording.left_overs(self.finding, text, "text")]
