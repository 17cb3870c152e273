"""The grammar of living documents: what a document says, as items, and what is wrong with it.

Pure: no Django, no clock, no network. `docs/living-documents.md` is the guide for writers.
"""

from content.grammar import duplicates, enrich
from content.grammar.blocks import Block
from content.grammar.item import Item
from content.grammar.problems import Problem
from content.grammar.reading import Reading, parse
from content.grammar.resolve import Origin

__all__ = ["Block", "Item", "Origin", "Problem", "Reading", "duplicates", "enrich", "parse"]
