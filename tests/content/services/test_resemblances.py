import pytest

from content.models import Resemblance
from content.services import documents, resemblances
from tests.api import Api

pytestmark = pytest.mark.django_db
LONG = (
    "Twelve boards fell onto concrete, six times each, from the height of a kitchen table, and all of "
    "them still measured the next morning, although two had lost a corner of their shell on the way."
)


def read(cast, name, title, content, on="2026-11-25"):
    text = f"## [Hardware] News\n\n### {title}\n- **Date:** {on}\n- **Content:** {content}\n"
    document = documents.register(by=cast.author, name=name, kind="inline", data=text.encode())
    documents.read(document)
    return document.items.get()


def test_a_piece_that_says_nearly_the_same_elsewhere_is_told(cast):
    first = read(cast, "One", "The second board passed its drop test", LONG)
    second = read(
        cast, "Two", "Our board passed a drop test", LONG.replace("on the way.", "on the road.")
    )
    (row,) = Resemblance.objects.all()
    assert (row.item, row.other) == (second, first)
    assert "the same" in row.why
    assert list(resemblances.of(first)) == list(resemblances.of(second)) == [row]


def test_another_text_and_an_old_one_resemble_nothing(cast):
    read(cast, "Old", "The second board passed its drop test", LONG, on="2026-03-01")
    read(cast, "One", "The second board passed its drop test", LONG)
    read(
        cast,
        "Two",
        "A calmer start screen",
        "The start screen now shows one session, the one you want.",
    )
    assert not Resemblance.objects.exists()


def test_a_mended_text_resembles_no_more(cast):
    read(cast, "One", "The second board passed its drop test", LONG)
    second = read(cast, "Two", "The second board passed its drop test", LONG)
    assert Resemblance.objects.count() == 1
    text = "## [Hardware] News\n\n### Something new\n- **Content:** A strap that survives the washing machine.\n"
    documents.give(second.document, by=cast.author, data=text.encode())
    documents.read(second.document)
    assert not resemblances.of(second.document.items.get(is_present=True)).exists()


def test_programs_ask_for_the_duplicates_of_a_piece(cast):
    first = read(cast, "One", "The second board passed its drop test", LONG)
    second = read(cast, "Two", "The second board passed its drop test", LONG)
    (found,) = Api(cast.editor).get(f"items/{second.pk}/duplicates").json()["results"]
    assert (found["kind"], found["item_id"], found["document_id"]) == (
        "near",
        str(first.pk),
        str(first.document_id),
    )
    assert Api(cast.outsider).get(f"items/{second.pk}/duplicates").status_code in (403, 404)


def test_a_piece_is_judged_without_being_kept(cast):
    api = Api(cast.editor)
    good = api.post(
        "validate", {"title": "Two minutes", "content": "Sit, and breathe in for four counts."}
    ).json()
    assert (good["is_valid"], good["content_type"]) == (True, "update")
    assert good["metadata"]["word_count"] == 7
    bad = api.post("validate", {"title": "", "content": "Short", "urgency": "panic"}).json()
    assert {one["code"] for one in bad["issues"]} == {
        "item_untitled",
        "body_short",
        "directive_value",
    }
    many = {"title": "Links", "content": " ".join(f"https://a{n}.example/" for n in range(9))}
    assert api.post("validate", many).json()["is_valid"]
    assert not api.post("validate", many | {"strict_mode": True}).json()["is_valid"]
    assert api.post("validate", {"titel": "x"}).status_code == 400
    assert api.post("validate", {"zone": "Mars/Olympus"}).status_code == 400
    codes = {one["code"]: one["severity"] for one in api.get("validation-rules").json()["codes"]}
    assert codes["image_no_alt"] == "error"
    assert [one["type"] for one in api.get("content-types").json()["results"]] == [
        "update",
        "blog",
        "announcement",
        "session",
    ]
    assert not documents.visible_to(cast.editor).exists()
