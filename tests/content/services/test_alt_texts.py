import pytest

from content.services import describing, documents, rounds
from content.sources.base import Picture, Text
from halcytone.lib.errors import Invalid, NotAllowed
from tests.api import Api
from tests.content.services.test_pictures import png

pytestmark = pytest.mark.django_db
MARKDOWN = """## [Tips] Small habits

### Two minutes before a meeting
- **Date:** 2026-11-23
- **Content:** Sit, let your shoulders drop, and breathe out for six counts.

  ![](image:leaf)
"""


@pytest.fixture
def document(cast, source):
    text = Text(MARKDOWN, pictures={"image:leaf": Picture(png(), offered_alt="A [green] leaf")})
    source.put("doc-1", b"as it came", text)
    linked = documents.link(by=cast.author, name="Week", kind="google_docs", key="doc-1")
    rounds.queue_due(linked.due_at)
    rounds.work()
    return linked


def image(document):
    return document.snapshots.first().media[0]


def test_an_image_without_words_blocks_its_piece_and_its_caption_is_offered(document):
    assert document.items.get().is_blocked
    assert (image(document)["alt"], image(document)["offered_alt"]) == ("", "A [green] leaf")
    (problem,) = [
        one for one in document.snapshots.first().problems if one["code"] == "image_no_alt"
    ]
    assert "“A [green] leaf”" in problem["hint"]


def test_a_person_says_what_it_shows_and_the_piece_is_free(document, cast, source):
    asked = source.asked
    job = describing.describe(
        document, by=cast.author, name=image(document)["name"], text=" A [green]  leaf "
    )
    assert (job.status, job.result, source.asked) == ("completed", "read", asked)
    item = document.items.get()
    assert not item.is_blocked
    assert f"![A \\[green\\] leaf](media:{image(document)['name']})" in item.head.content
    assert not [one for one in document.snapshots.first().problems if one["code"] == "image_no_alt"]
    assert (
        describing.describe(
            document, by=cast.author, name=image(document)["name"], text="A [green] leaf"
        )
        is None
    )


def test_it_stays_through_later_readings_and_can_be_decorative(document, cast, source):
    name = image(document)["name"]
    describing.describe(document, by=cast.author, name=name, text="decorative")
    text = Text(
        MARKDOWN.replace("for six counts", "for seven counts"),
        pictures={"image:leaf": Picture(png())},
    )
    source.put("doc-1", b"changed", text)
    documents.ask(document, by=cast.author)
    rounds.work()
    assert f"![decorative](media:{name})" in document.items.get().head.content
    assert not document.items.get().is_blocked


@pytest.mark.parametrize("text", ["", "  ", "x" * 1001])
def test_it_needs_words_of_a_usual_length(document, cast, text):
    with pytest.raises(Invalid):
        describing.describe(document, by=cast.author, name=image(document)["name"], text=text)


def test_only_images_of_the_document_are_described_by_those_who_may(document, cast):
    with pytest.raises(Invalid, match="no such image"):
        describing.describe(document, by=cast.author, name="0.png", text="A leaf")
    with pytest.raises(NotAllowed):
        describing.describe(document, by=cast.viewer, name=image(document)["name"], text="A leaf")


def test_programs_describe_images_too(document, cast):
    wish = {"name": image(document)["name"], "text": "A leaf"}
    answer = Api(cast.author).post(f"documents/{document.pk}/alt-texts", wish)
    assert answer.json()["result"] == "read"
    assert Api(cast.author).post(f"documents/{document.pk}/alt-texts", wish).status_code == 204
