"""What every source must keep to. A source's test inherits this and says how its text is made."""

from abc import ABC, abstractmethod

import pytest

from content.sources.base import Ref
from halcytone.lib.errors import RemoteError


class SourceContract(ABC):
    @abstractmethod
    def source(self):
        """Return the source under test."""

    @abstractmethod
    def ref_to(self, data):
        """Let the source hold this text, new or in place of the one before; return its ref."""

    @pytest.fixture(autouse=True)
    def _source(self):
        self.tested = self.source()

    def test_the_first_fetch_returns_every_byte(self):
        data = "Zeile eins\r\n\nZeile zwei – ü\n".encode() * 5_000
        assert self.tested.fetch(self.ref_to(data), "").data == data

    def test_an_unchanged_text_is_none(self):
        ref = self.ref_to(b"one")
        version = self.tested.fetch(ref, "").version
        assert self.tested.fetch(ref, version) is None

    def test_a_changed_text_has_another_version(self):
        before = self.tested.fetch(self.ref_to(b"one"), "")
        after = self.tested.fetch(self.ref_to(b"two"), before.version)
        assert after.data == b"two"
        assert after.version != before.version

    def test_a_version_fits_its_column_and_is_not_empty(self):
        assert 1 <= len(self.tested.fetch(self.ref_to(b"one"), "").version) <= 128

    def test_a_text_that_is_not_there_is_a_remote_error_with_a_code(self):
        with pytest.raises(RemoteError) as caught:
            self.tested.fetch(Ref("nowhere:1"), "")
        assert caught.value.code not in ("", RemoteError.code)
        assert str(caught.value).endswith(".")

    def test_fetching_twice_gives_equal_answers(self):
        ref = self.ref_to(b"one")
        assert self.tested.fetch(ref, "") == self.tested.fetch(ref, "")
