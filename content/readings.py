"""What a text says, with what its source said of it: one way of reading for jobs, trials and previews."""

from dataclasses import dataclass, replace
from datetime import datetime

from content import grammar, places
from content.grammar.problems import SEVERITIES, in_order
from content.sources.base import Text


@dataclass(frozen=True, slots=True)
class Asked:
    """How a text is to be read: the name of its file, IANA zone, strategy, and the aware moment."""

    name: str
    zone: str
    strategy: str
    at: datetime


def read(data: bytes, text: Text | None, asked: Asked) -> grammar.Reading:
    """Return what `text` says, or what the bytes say where they are the text. Nothing is fetched.

    The source's remarks are among the problems, and each problem has the link to its block.
    """
    said = text or Text("")
    reading = grammar.parse(
        text.markdown if text else data,
        name="" if text else asked.name,
        zone=asked.zone,
        strategy=asked.strategy,
        at=asked.at,
        origin=grammar.Origin(said.published_on, said.author),
    )
    remarks = [
        grammar.Problem(one.line, 1, SEVERITIES[one.code], one.code, one.message, one.hint)
        for one in said.remarks
    ]
    linked = places.linked(in_order([*reading.problems, *remarks]), said.places)
    return replace(reading, problems=linked)
