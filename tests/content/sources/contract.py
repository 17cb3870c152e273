"""What every source must keep to. A source's test inherits one of these and says how its text is made."""

import re
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import ClassVar

import httpx
import pytest

from content import grammar, markdown, places
from content.sources.base import Known, Ref
from content.sources.tree import (
    Cell,
    Code,
    Heading,
    ListItem,
    Paragraph,
    Quote,
    Rule,
    Run,
    Table,
)
from halcytone.lib.errors import RemoteError
from tests.content.sources import reference
from tests.content.sources.reference import runs


class _Contract(ABC):
    @abstractmethod
    def source(self):
        """Return the source under test."""

    @abstractmethod
    def ref_saying(self, words):
        """Let the source hold a text of these words, new or in place of the one before."""

    @pytest.fixture(autouse=True)
    def _source(self):
        self.tested = self.source()

    def test_an_unchanged_text_is_none(self):
        ref = self.ref_saying("one")
        version = self.tested.fetch(ref, Known()).version
        assert self.tested.fetch(ref, Known(version)) is None

    def test_a_changed_text_has_another_version(self):
        before = self.tested.fetch(self.ref_saying("one"), Known())
        after = self.tested.fetch(self.ref_saying("two"), Known(before.version))
        assert b"two" in after.data
        assert after.version != before.version

    def test_a_version_fits_its_column_and_is_not_empty(self):
        assert 1 <= len(self.tested.fetch(self.ref_saying("one"), Known()).version) <= 128

    def test_a_text_that_is_not_there_is_a_remote_error_with_a_code(self):
        with pytest.raises(RemoteError) as caught:
            self.tested.fetch(Ref("nowhere:1"), Known())
        assert caught.value.code not in ("", RemoteError.code)
        assert str(caught.value).endswith(".")


class SourceContract(_Contract):
    """For sources that pass bytes on as they are."""

    @abstractmethod
    def ref_to(self, data):
        """Let the source hold these bytes, new or in place of those before; return their ref."""

    def ref_saying(self, words):
        return self.ref_to(words.encode())

    def test_the_first_fetch_returns_every_byte(self):
        data = "Zeile eins\r\n\nZeile zwei – ü\n".encode() * 5_000
        assert self.tested.fetch(self.ref_to(data), Known()).data == data

    def test_fetching_twice_gives_equal_answers(self):
        ref = self.ref_to(b"one")
        assert self.tested.fetch(ref, Known()) == self.tested.fetch(ref, Known())


class RichSourceContract(_Contract):
    """For sources whose texts have a form of their own: one test per row of the table in §2 of the
    living-documents specification.

    `lacks` names the tests that ask for something the place itself has no form for, each with the reason.
    `levels` is how many levels of headings it has.
    """

    lacks: ClassVar[Mapping[str, str]] = {}
    levels: ClassVar[int] = 6

    @abstractmethod
    def ref_to(self, *blocks, footnotes=None, pictures=None):
        """Let the outside hold a document of these blocks, in its own form; return its ref.

        It is new, or stands in place of the one before. `footnotes` are runs by the key that runs name,
        `pictures` the bytes of each image by the address that runs name.
        """

    def ref_saying(self, words):
        return self.ref_to(Paragraph(runs(words)))

    @pytest.fixture(autouse=True)
    def _lacking(self, request):
        if reason := self.lacks.get(request.node.originalname):
            pytest.skip(reason)

    def read(self, *blocks, **rest):
        """Return the text of a document of these blocks."""
        return self.tested.fetch(self.ref_to(*blocks, **rest), Known()).text

    def html(self, *blocks, **rest):
        return markdown.to_html(self.read(*blocks, **rest).markdown)

    def test_fetching_twice_says_the_same(self):
        ref = self.ref_to(Heading(1, runs("Letter")), Paragraph(runs("one")))
        first, second = (self.tested.fetch(ref, Known()) for _ in range(2))
        assert (first.version, first.text) == (second.version, second.text)

    def test_headings_keep_their_order_and_depth(self):
        levels = range(1, self.levels + 1)
        text = self.read(*(Heading(level, runs(f"Level {level}")) for level in levels))
        found = re.findall(r"^(#+) Level (\d)$", text.markdown, re.MULTILINE)
        assert [int(level) for _, level in found] == list(levels)
        depths = [len(marks) for marks, _ in found]
        assert depths == list(range(depths[0], depths[0] + self.levels))

    def test_a_table_keeps_its_header_row_and_cells(self):
        head = (Cell(runs("Platform"), is_head=True), Cell(runs("Space"), is_head=True))
        html = self.html(Table((head, (Cell(runs("iOS")), Cell(runs("88 MB"))))))
        assert re.findall(r"<(t[hd])>(.*?)</t", html) == [
            ("th", "Platform"), ("th", "Space"), ("td", "iOS"), ("td", "88 MB"),
        ]  # fmt: skip

    def test_a_table_without_a_head_row_has_none(self):
        html = self.html(
            Table(
                ((Cell(runs("iOS")), Cell(runs("88 MB"))), (Cell(runs("Web")), Cell(runs("9 MB"))))
            )
        )
        assert "<th" not in html
        assert re.findall(r"<td>(.*?)</td>", html) == ["iOS", "88 MB", "Web", "9 MB"]

    def test_a_row_that_is_set_bold_as_a_whole_is_the_head(self):
        head = (Cell(runs("Platform", bold=True)), Cell(runs("Space", bold=True)))
        html = self.html(Table((head, (Cell(runs("iOS")), Cell(runs("88 MB"))))))
        assert html.count("<th>") == 2
        assert html.index("Platform") < html.index("</thead>") < html.index("iOS")

    def test_a_table_keeps_its_spans(self):
        html = self.html(
            Table(
                (
                    (Cell(runs("Space"), columns=2, is_head=True),),
                    (Cell(runs("iOS"), rows=2), Cell(runs("88 MB"))),
                    (Cell(runs("91 MB")),),
                )
            )
        )
        assert re.findall(r"<t[hd]([^>]*)>(.*?)</t", html) == [
            (' colspan="2"', "Space"), (' rowspan="2"', "iOS"), ("", "88 MB"), ("", "91 MB"),
        ]  # fmt: skip

    def test_lists_nest_six_levels_deep(self):
        html = self.html(*(ListItem(level, runs(f"level {level}")) for level in range(1, 7)))
        opened = re.sub(r"\s", "", html).partition("level6")[0]
        assert opened.count("<ul>") == 6

    def test_an_ordered_list_keeps_its_start_number(self):
        html = self.html(*(ListItem(1, runs(f"step {n}"), number=n) for n in (3, 4)))
        assert re.findall(r"<ol.*?>", html) == ['<ol start="3">']
        assert html.count("<li>") == 2

    def test_lists_keep_their_kinds_inside_each_other(self):
        html = self.html(
            ListItem(1, runs("first"), number=1),
            ListItem(2, runs("inner")),
            ListItem(1, runs("second"), number=2),
        )
        assert re.findall(r"</?[ou]l>", html) == ["<ol>", "<ul>", "</ul>", "</ol>"]

    def test_check_boxes_say_whether_they_are_checked(self):
        text = self.read(
            ListItem(1, runs("done"), is_checked=True), ListItem(1, runs("open"), is_checked=False)
        )
        assert "- [x] done\n- [ ] open\n" in text.markdown

    def test_a_link_keeps_its_words_and_target(self):
        text = self.read(Paragraph((Run("See "), Run("the notes", link="https://a.example/n?p=2"))))
        assert "See [the notes](https://a.example/n?p=2)" in text.markdown

    def test_tracking_parameters_are_stripped_and_told(self):
        link = "https://a.example/n?utm_source=mail&p=2&fbclid=x#part"
        text = self.read(Paragraph(runs("First.")), Paragraph(runs("the notes", link=link)))
        assert "[the notes](https://a.example/n?p=2#part)" in text.markdown
        (told,) = [remark for remark in text.remarks if remark.code == "tracking_removed"]
        assert "utm_source" in told.message
        assert "[the notes]" in text.markdown.split("\n")[told.line - 1]

    def test_an_image_comes_with_its_bytes_alternative_text_and_position(self):
        blocks = (
            Paragraph(runs("Before.")),
            Paragraph((Run("A lamp on a desk", image="image:lamp"),)),
            Paragraph(runs("After.")),
        )
        pictures = {"image:lamp": reference.PNG}
        text = self.read(*blocks, pictures=pictures)
        ((address, alt),) = markdown.images(text.markdown)
        assert alt == "A lamp on a desk" or text.pictures[address].offered_alt == "A lamp on a desk"
        assert text.markdown.index("Before.") < text.markdown.index(address)
        assert text.markdown.index(address) < text.markdown.index("After.")
        picture = text.pictures[address]
        assert (picture.data or httpx.get(picture.url).content) == reference.PNG
        assert set(self.read(*blocks, pictures=pictures).pictures) == {address}

    def test_emphasis_is_kept(self):
        looks = {"bold": "strong", "italic": "em", "strike": "s", "code": "code"}
        html = self.html(
            *(Paragraph((Run("so "), Run(look, **{look: True}), Run(" it is"))) for look in looks)
        )
        for look, tag in looks.items():
            assert f"so <{tag}>{look}</{tag}> it is" in html

    def test_code_is_kept_line_by_line(self):
        assert "<pre><code>a = 1\n  b = 2\n</code></pre>" in self.html(Code("a = 1\n  b = 2"))

    def test_a_rule_is_kept(self):
        assert "<hr>" in self.html(Paragraph(runs("One.")), Rule(), Paragraph(runs("Two.")))

    def test_a_quote_keeps_its_attribution(self):
        html = self.html(Quote(runs("It is quiet."), runs("A reader")))
        quoted = html.partition("<blockquote>")[2].partition("</blockquote>")[0]
        assert "It is quiet." in quoted
        assert "A reader" in quoted

    def test_a_footnote_stands_with_the_words_that_need_it(self):
        text = self.read(
            Paragraph((Run("Slower breathing helps"), Run(footnote="1"), Run("."))),
            Paragraph(runs("Next.")),
            footnotes={"1": runs("A study of 2025.")},
        ).markdown
        found = re.search(r"helps\[\^(\w+)\]\.\n\n\[\^(\w+)\]: A study of 2025\.\n\nNext\.", text)
        assert found is not None
        assert found[1] == found[2]

    def test_a_long_document_comes_whole(self):
        said = [f"Paragraph {number} of many." for number in range(1_200)]
        text = self.read(*(Paragraph(runs(words)) for words in said))
        assert [line for line in text.markdown.split("\n") if line.startswith("Paragraph")] == said

    def test_every_block_is_told_with_its_place_at_the_source(self):
        blocks = (
            Heading(1, runs("Letter")),
            Paragraph(runs("first words")),
            ListItem(1, runs("an entry")),
            Paragraph(runs("last words")),
        )
        ref = self.ref_to(*blocks)
        text = self.tested.fetch(ref, Known()).text
        lines = text.markdown.split("\n")
        found = []
        for words in ("Letter", "first words", "an entry", "last words"):
            (line,) = [number for number, line in enumerate(lines, 1) if words in line]
            found.append(places.of(line, text.places))
            assert found[-1].line == line
        assert all(place.id for place in found)
        assert len({place.id for place in found}) == len(found)
        if address := self.tested.url(ref):
            assert all(place.url.startswith(address.partition("#")[0][:20]) for place in found)

    def test_a_block_keeps_its_id_when_another_comes_before_it(self):
        kept = Paragraph(runs("These words stay."))
        before, after = self.read(kept), self.read(Paragraph(runs("New.")), kept)
        assert self.id_of("These words stay.", before) == self.id_of("These words stay.", after)

    @staticmethod
    def id_of(words, text):
        line = next(n for n, line in enumerate(text.markdown.split("\n"), 1) if words in line)
        return places.of(line, text.places).id

    def test_the_reference_document_gives_its_nine_titles_and_dates(self):
        text = self.read(*reference.blocks())
        found = grammar.parse(text.markdown, at=reference.NOW).items
        expected = grammar.parse(reference.MARKDOWN, at=reference.NOW).items
        assert len(found) == 9
        assert [(item.title, item.on) for item in found] == [
            (item.title, item.on) for item in expected
        ]
