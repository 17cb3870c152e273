"""Which layout a document has, and the line that decided it (§3, “Choice under auto”)."""

from dataclasses import dataclass

from content.grammar import outline as outlines
from content.grammar import source
from content.grammar.outline import Node, Outline, bracket
from content.grammar.problems import Log


@dataclass(frozen=True, slots=True)
class Choice:
    """The layout, the sentence that says why, and the deciding line (1-based) if one line did."""

    strategy: str
    because: str
    line: int | None = None


def forced(name: str) -> Choice:
    return Choice(name, f"The editor chose {name}.")


def is_shown_in(text: str) -> bool:
    """Tell whether a text shows grammar that its writer typed: directives, banners, bracket lines."""
    found = choose(outlines.read(source.prepared(text, Log())))
    return found.strategy in ("living", "structured")


def choose(outline: Outline) -> Choice:
    """Choose among living, structured, markdown and freeform; code decides nothing."""
    for node in outline.nodes:
        if (what := _living(node)) is not None:
            line = node.start + 1
            return Choice("living", f"Line {line} is {what}.", line)
    for node in outline.nodes:
        if node.kind == "bracket" and node.is_titled:
            line = node.start + 1
            return Choice(
                "structured",
                f"Line {line} is the literal line [{node.text}], followed by Title: or Content:.",
                line,
            )
    heading = next(outline.headings(), None)
    if heading is not None:
        line = heading.start + 1
        return Choice("markdown", f"Line {line} is a heading.", line)
    return Choice("freeform", "No line is a directive, banner, bracket line or heading.")


def _living(node: Node) -> str | None:
    if node.kind == "directive":
        return "a directive"
    if node.kind == "banner":
        return "a banner"
    if node.kind == "heading" and node.level == 2 and bracket(node.text):
        return "a bracket section (## […])"
    return None
