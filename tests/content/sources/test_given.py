import base64
import zipfile

from content.sources import writer
from content.sources.base import Known, Ref
from content.sources.given import Given
from content.sources.tree import Tree
from tests.content.sources import docx_forms, html_forms
from tests.content.sources.archives_forms import packed
from tests.content.sources.contract import RichSourceContract, SourceContract


class TestGiven(SourceContract):
    def source(self):
        return Given()

    def ref_to(self, data):
        return Ref("upload:1", "notes.md", held=data)


class TestWordGiven(RichSourceContract):
    lacks = {"test_a_rule_is_kept": "Word has borders of paragraphs, and no rules"}

    def source(self):
        return Given()

    def ref_to(self, *blocks, footnotes=None, pictures=None):
        data = docx_forms.of(*blocks, footnotes=footnotes, pictures=pictures)
        return Ref("upload:1", "letter.docx", held=data)


class TestPageGiven(RichSourceContract):
    def source(self):
        return Given()

    def ref_to(self, *blocks, footnotes=None, pictures=None):
        inside = {
            key: f"data:image/png;base64,{base64.b64encode(data).decode()}"
            for key, data in (pictures or {}).items()
        }
        html = html_forms.page(*blocks, footnotes=footnotes, pictures=inside)
        return Ref("upload:1", "letter.html", held=html.encode())


class TestArchiveGiven(RichSourceContract):
    lacks = {
        "test_every_block_is_told_with_its_place_at_the_source": "the lines of the text are its places",
        "test_a_block_keeps_its_id_when_another_comes_before_it": "the lines of the text are its places",
        "test_tracking_parameters_are_stripped_and_told": "Markdown is read as it was typed",
    }

    def source(self):
        return Given()

    def ref_to(self, *blocks, footnotes=None, pictures=None):
        text = writer.write(Tree(tuple(blocks), footnotes=footnotes or {}), is_typed=True).markdown
        files = {}
        for number, (key, data) in enumerate((pictures or {}).items()):
            files[f"img/{number}.png"] = data
            text = text.replace(key, f"img/{number}.png")
        return Ref(
            "upload:1",
            "letter.zip",
            held=packed({"letter.md": text, **files}, method=zipfile.ZIP_STORED),
        )


def test_the_version_of_a_given_text_is_the_hash_of_its_bytes():
    version = Given().fetch(Ref("inline:1", held=b"one"), Known()).version
    assert version == "sha256:7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed"
