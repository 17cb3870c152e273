from content.sources.base import Ref
from content.sources.given import Given
from tests.content.sources.contract import SourceContract


class TestGiven(SourceContract):
    def source(self):
        return Given()

    def ref_to(self, data):
        return Ref("upload:1", "notes.md", held=data)


def test_the_version_of_a_given_text_is_the_hash_of_its_bytes():
    version = Given().fetch(Ref("inline:1", held=b"one"), "").version
    assert version == "sha256:7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed"
