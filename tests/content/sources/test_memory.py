import pytest

from content.sources.base import Ref
from content.sources.memory import Memory
from halcytone.lib.errors import Unavailable
from tests.content.sources.contract import SourceContract


class TestMemory(SourceContract):
    def source(self):
        return Memory()

    def ref_to(self, data):
        self.tested.put("memory:1", data)
        return Ref("memory:1")


def test_the_memory_source_fails_as_told_and_then_goes_on():
    source = Memory()
    source.put("memory:1", b"one")
    source.fail_with = Unavailable("The source does not answer.")
    with pytest.raises(Unavailable):
        source.fetch(Ref("memory:1"), "")
    source.fail_with = None
    assert source.fetch(Ref("memory:1"), "").data == b"one"
