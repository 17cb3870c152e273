"""Which pieces make an edition, and in which order. Pure: values in, values out."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from content.formats.base import Edition, Piece, Site

CHANNEL_OF = {"newsletter": "email", "web": "web"}  # every other format is "social"
_OWN = frozenset({"title", "content", "category", "date", "type", "priority", "featured", "weekly"})


@dataclass(frozen=True, slots=True)
class Recipe:
    """How many pieces of which section an edition takes, in order of publication.

    With `weekly_first`, every piece marked for the weekly edition is in it, and the counts are
    filled from the others.
    """

    sections: tuple[tuple[str, int], ...]
    weekly_first: bool = False

    @classmethod
    def of(cls, rows: Iterable[Mapping[str, Any]], *, weekly_first: bool) -> "Recipe":
        """Read rows {section, count}, as a recipe is stored."""
        counts = tuple((str(row["section"]), int(row["count"])) for row in rows)
        return cls(counts, weekly_first)


DEFAULT = Recipe((("breathscape", 2), ("hardware", 1), ("tips", 1), ("vision", 1)))
WEEKLY = Recipe(DEFAULT.sections, weekly_first=True)


def assemble(items: Iterable[Piece], recipe: Recipe = DEFAULT) -> tuple[Piece, ...]:
    """Return the pieces that a recipe chooses: by section, featured first, then newest first.

    Sections that only weekly pieces bring in stand behind those of the recipe. The given order
    decides between equals. May be empty.
    """
    ranked = sorted(items, key=_rank)
    if recipe.weekly_first:
        ranked.sort(key=lambda piece: not piece.weekly)
    counts = dict(recipe.sections)
    chosen: list[Piece] = []
    for section in dict.fromkeys([*counts, *(piece.section for piece in ranked)]):
        here = [piece for piece in ranked if piece.section == section]
        marked = sum(piece.weekly for piece in here) if recipe.weekly_first else 0
        chosen += here[: max(counts.get(section, 0), marked)]
    return tuple(chosen)


def single(piece: Piece, slot: datetime, site: Site) -> Edition:
    """Return the draft of one piece: of its own type, with the template it asks for."""
    return Edition(
        type=piece.type,
        title="",
        pieces=(piece,),
        slot=slot,
        site=site,
        template=str(piece.fields.get("template") or "auto"),
    )


def several(kind: str, pieces: Sequence[Piece], slot: datetime, site: Site) -> Edition:
    """Return an edition of several pieces: `weekly`, or `update` for the default one."""
    return Edition(
        type=kind, title="", pieces=tuple(pieces), slot=slot, site=site, template="weekly_update"
    )


def for_format(pieces: Iterable[Piece], name: str) -> tuple[Piece, ...]:
    """Return the pieces whose channels include that of a format; without channels, all do."""
    return tuple(piece for piece in pieces if is_for(piece.fields, name))


def is_for(fields: Mapping[str, Any], name: str) -> bool:
    """Tell whether the text with these fields is meant for a format."""
    channels = fields.get("channels") or ()
    return not set(channels) - {"preview"} or CHANNEL_OF.get(name, "social") in channels


def piece(row: Mapping[str, Any]) -> Piece:
    """Return an item, in the form of `items.json`, as a format sees it."""
    return Piece(
        key=f"line-{row['line_start']}",
        title=row["title"],
        content=row["content"],
        section=row["category"],
        on=date.fromisoformat(row["date"]),
        type=row["type"],
        priority=row["priority"],
        featured=row["featured"],
        weekly=row["weekly"],
        tags=tuple(row.get("tags") or ()),
        link=row.get("link") or "",
        image=row.get("image") or "",
        alt=row.get("alt") or "",
        sources=tuple(row.get("sources") or ()),
        excerpt=row.get("excerpt") or "",
        author=row.get("author") or "",
        line=row["line_start"],
        fields={key: value for key, value in row.items() if key not in _OWN},
    )


def _rank(piece: Piece) -> tuple[bool, int, int]:
    return (not piece.featured, -piece.on.toordinal(), piece.priority)
