"""LinkedIn's "little text": what is escaped, and that it reads as it was written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from halcytone.sandbox.linkedin_rows import read_text
from publishing.channels.linkedin_text import commentary, plain


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("Plain words, 5 % more.", "Plain words, 5 % more."),
        ("|{}@[]()<>#\\*_~", r"\|\{\}\@\[\]\(\)\<\>\#\\\*\_\~"),
        ("Breathe #Halcytone now", r"Breathe {hashtag|\#|Halcytone} now"),
        ("#Breath_Work", r"{hashtag|\#|Breath\_Work}"),
        ("Nummer #1 und C#", r"Nummer \#1 und C\#"),
        ("＃全角", r"{hashtag|\＃|全角}"),
        ("a@b.example/(c)", r"a\@b.example/\(c\)"),
    ],
)
def test_it_is_written_as_linkedin_wants_it(text, written):
    assert commentary(text) == written


@given(st.text(alphabet=st.sampled_from("ab #_|{}\\()@＃é\n1"), max_size=60))
def test_whatever_is_written_reads_as_it_was(text):
    assert plain(commentary(text)) == text
    assert read_text(commentary(text)) == text
