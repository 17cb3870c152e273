"""What a document says wrongly, where, and the way to mend it: one shape for every reader.

Lines and columns are 1-based and count code points of the original text; a problem of the whole
document stands at line 1, column 1.
"""

from collections.abc import Container, Iterable
from dataclasses import asdict, dataclass, field
from typing import Any

INFO, WARNING, ERROR, CRITICAL = "info", "warning", "error", "critical"
BLOCKING = frozenset({ERROR, CRITICAL})

_BY_SEVERITY = {
    INFO: (
        "alias_used bracket_level date_defaulted field_unused html_removed image_not_fetched "
        "indent_missing invisible_removed list_flattened page_linked table_flattened title_cut "
        "tracking_removed type_detected typography_fixed urgency_derived"
    ),
    WARNING: (
        "banner_conflict banner_unknown block_left_out body_long duplicate_item near_duplicate "
        "schedule_ambiguous section_missing section_unknown spam_pattern stale_item "
        "too_many_featured too_many_links"
    ),
    ERROR: (
        "body_short date_ambiguous date_invalid directive_duplicate directive_malformed "
        "directive_orphan directive_unknown directive_value document_empty encoding "
        "field_duplicate image_no_alt image_refused image_unreachable item_empty item_untitled "
        "json_schema link_empty placeholder schedule_missing schedule_nonexistent schedule_past "
        "schedule_too_far title_long"
    ),
    CRITICAL: "source_shrunk source_truncated",
}
SEVERITIES = {code: severity for severity, codes in _BY_SEVERITY.items() for code in codes.split()}


@dataclass(frozen=True, slots=True)
class Problem:
    """One broken rule and its place. `field` is a key or JSON path, `block` the id of a block."""

    line: int
    column: int
    severity: str
    code: str
    message: str
    hint: str = ""
    field: str | None = None
    block: str | None = None
    source_url: str | None = None

    @property
    def is_blocking(self) -> bool:
        return self.severity in BLOCKING

    def inside(self, block: str | None) -> "Problem":
        """Return the problem with the id of the block that its line stands in."""
        if block is None:
            return self
        start = (self.line, self.column, self.severity, self.code, self.message)
        return Problem(*start, self.hint, self.field, block, self.source_url)

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)

    def line_for(self, file: str) -> str:
        """Return `FILE:LINE:COL severity code message`, the sentence that a terminal shows."""
        return f"{file}:{self.line}:{self.column} {self.severity} {self.code} {self.message}"


@dataclass(frozen=True, slots=True)
class Place:
    """A position for people: 1-based line and column in the original text."""

    line: int = 1
    column: int = 1

    def behind(self, text: str, members: tuple["Place", ...] = ()) -> "Place":
        """Return the place behind a text that begins here, or of the list member that begins there."""
        if members:
            return members[min(text.count(","), len(members) - 1)]
        return Place(self.line, self.column + len(text))


START = Place()


@dataclass(slots=True)
class Log:
    """Gathers problems while a document is read; says each sentence once of a place and field."""

    found: dict[tuple[int, int, str, str, str], Problem] = field(default_factory=dict)

    def add(
        self, code: str, place: Place, message: str, *, hint: str = "", about: str | None = None
    ) -> str:
        """Note a problem of a known code and return the code. `about` is its field or JSON path."""
        problem = Problem(
            place.line, place.column, SEVERITIES[code], code, message, hint=hint, field=about
        )
        self.found.setdefault((place.line, place.column, code, about or "", message), problem)
        return code

    def drop(self, code: str, *, lines: Container[int] | None = None) -> None:
        """Take back problems of a code, on these lines or on all."""
        self.found = {
            key: found
            for key, found in self.found.items()
            if found.code != code or (lines is not None and found.line not in lines)
        }

    def ordered(self) -> tuple[Problem, ...]:
        return in_order(self.found.values())


def in_order(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Sort by line, column, code, and then by the rest, so that equal input prints equal bytes."""
    return tuple(
        sorted(problems, key=lambda p: (p.line, p.column, p.code, p.field or "", p.message))
    )


def is_error(code: str) -> bool:
    return SEVERITIES[code] in BLOCKING
