from dataclasses import replace
from hashlib import sha256

import pytest

from content.sources import writer
from content.sources.base import Known, Picture, Ref
from content.sources.memory import Memory
from content.sources.tree import Tree
from halcytone.lib.errors import Unavailable
from tests.content.sources.contract import RichSourceContract, SourceContract


class TestMemory(SourceContract):
    def source(self):
        return Memory()

    def ref_to(self, data):
        self.tested.put("memory:1", data)
        return Ref("memory:1")


class TestMemoryOfBlocks(RichSourceContract):
    def source(self):
        return Memory()

    def ref_to(self, *blocks, footnotes=None, pictures=None):
        placed = [replace(block, id=_name(block)) for block in blocks]
        given = {address: Picture(data) for address, data in (pictures or {}).items()}
        text = writer.write(
            Tree(tuple(placed), footnotes=footnotes or {}), is_typed=True, pictures=given
        )
        self.tested.put("memory:1", text.markdown.encode(), text)
        return Ref("memory:1")


def _name(block):
    return sha256(repr(block).encode()).hexdigest()[:12]


def test_the_memory_source_fails_as_told_and_then_goes_on():
    source = Memory()
    source.put("memory:1", b"one")
    source.fail_with = Unavailable("The source does not answer.")
    with pytest.raises(Unavailable):
        source.fetch(Ref("memory:1"), Known())
    source.fail_with = None
    assert source.fetch(Ref("memory:1"), Known()).data == b"one"
