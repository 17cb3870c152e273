from datetime import UTC, datetime, timedelta

import httpx
import pytest
import time_machine

from content.sources.base import Known, Ref
from content.sources.notion import Notion
from halcytone.lib.errors import Refused, Unavailable
from tests.content.sources import reference
from tests.content.sources.contract import RichSourceContract
from tests.content.sources.notion_forms import block, forms
from tests.content.sources.notion_outside import (
    BASE,
    LONG_AGO,
    PAGE,
    Outside,
    items,
    known_of,
    minute,
    row,
)  # fmt: skip


@pytest.fixture
def outside(sandbox_settings):
    return Outside(sandbox_settings)


class TestNotion(RichSourceContract):
    levels = 3
    lacks = {
        "test_a_table_keeps_its_spans": "Notion's tables have no spans",
        "test_a_footnote_stands_with_the_words_that_need_it": "Notion has no footnotes",
    }

    @pytest.fixture(autouse=True)
    def _source(self, outside):
        self.outside = outside
        self.tested = self.source()

    def source(self):
        return self.outside.source()

    def ref_to(self, *blocks, footnotes=None, pictures=None):
        images = {key: self.outside.image(data) for key, data in (pictures or {}).items()}
        return self.outside.page(*forms(blocks, images))


class TestOlderNotion(TestNotion):
    """The same in the version of the API that some workspaces pin."""

    def source(self):
        return self.outside.source("2022-06-28")


# every row


@pytest.fixture
def many(outside):
    """A database of 250 rows, with nested blocks over several pages in some."""
    long = [block("paragraph", f"Paragraph {number}.") for number in range(120)]
    nested = block(
        "bulleted_list_item", "outer", children=[block("bulleted_list_item", "inner", children=[
            block("to_do", "innermost", checked=True)])],
    )  # fmt: skip
    bodies = {3: [*long, nested], 249: [nested, block("toggle", "More", children=long)]}
    return outside.base(*(row(number, *bodies.get(number, ())) for number in range(250)))


@pytest.mark.parametrize("version", ["2025-09-03", "2022-06-28"])
def test_every_row_of_a_large_database_is_an_item(outside, many, version):
    fetched = outside.source(version).fetch(many, Known())
    found = items(fetched)
    assert [item.title for item in found] == [f"Letter {number}" for number in range(250)]
    assert {item.category for item in found} == {"tips"}
    assert "Paragraph 119.\n\n- outer\n  - inner\n    - [x] innermost" in found[3].content
    assert found[249].content.endswith("Paragraph 119.")
    queries = [call for call in outside.asked("/query") if call["method"] == "POST"]
    assert [call["json"]["page_size"] for call in queries] == [100, 100, 100]
    assert queries[0]["json"]["sorts"] == [{"timestamp": "created_time", "direction": "descending"}]
    assert {call["headers"]["Notion-Version"] for call in outside.asked("/v1/")} == {version}


def test_a_connection_cut_on_the_last_page_yields_nothing(outside, many):
    outside.fault("drop_before", match={"path": "/query", "nth": 3}, times=None)
    with pytest.raises(Unavailable) as caught:
        outside.source().fetch(many, Known())
    assert caught.value.code == "source_truncated"
    assert len(outside.asked("/query")) == 5, "the last page was asked for three times"


def test_a_connection_cut_in_the_last_block_yields_nothing(outside):
    ref = outside.base(row(1), row(2))
    outside.fault("truncate", match={"path": "/children", "nth": 2}, times=None)
    with pytest.raises(Unavailable) as caught:
        outside.source().fetch(ref, Known())
    assert caught.value.code == "source_truncated"


def test_one_cut_connection_is_asked_again(outside, many):
    outside.fault("drop_before", match={"path": "/query", "nth": 3})
    assert len(items(outside.source().fetch(many, Known()))) == 250


# what changed


def test_an_unchanged_page_costs_one_request(outside):
    ref = outside.page(block("paragraph", "Nothing new."))
    known = known_of(outside.source().fetch(ref, Known()))
    outside.forget_calls()
    assert outside.source().fetch(ref, known) is None
    assert [call["path"] for call in outside.asked()] == [f"/v1/pages/{PAGE}"]


@pytest.mark.parametrize("count", [3, 250])
def test_an_unchanged_database_costs_one_request(outside, count):
    ref = outside.base(*(row(number) for number in range(count)))
    known = known_of(outside.source().fetch(ref, Known()))
    outside.forget_calls()
    assert outside.source().fetch(ref, known) is None
    (call,) = outside.asked()
    assert call["path"].endswith("/query")
    if count > 100:
        newest = {"on_or_after": minute(count - 1)}
        assert call["json"]["filter"] == {
            "timestamp": "last_edited_time", "last_edited_time": newest,
        }  # fmt: skip


@pytest.mark.parametrize("count", [3, 120])
def test_only_the_blocks_of_a_changed_row_are_asked_for(outside, count):
    rows = [row(number) for number in range(count)]
    ref = outside.base(*rows)
    known = known_of(outside.source().fetch(ref, Known()))
    rows[1] = row(1, block("paragraph", "The price is 89 euros now."), edited=minute(9_000))
    outside.base(*rows)
    outside.forget_calls()
    fetched = outside.source().fetch(ref, known)
    (asked,) = outside.asked("/children")
    assert rows[1]["id"] in asked["path"]
    assert [item.title for item in items(fetched)] == [f"Letter {n}" for n in range(count)]
    assert items(fetched)[1].content == "The price is 89 euros now."
    assert items(fetched)[2].content == "The body of letter 2, as written."
    assert fetched.text == outside.source().fetch(ref, Known()).text


@pytest.mark.parametrize("count", [3, 120])
def test_a_row_in_the_trash_disappears(outside, count):
    rows = [row(number) for number in range(count)]
    ref = outside.base(*rows)
    known = known_of(outside.source().fetch(ref, Known()))
    outside.base(*rows[:-1], rows[-1] | {"in_trash": True})
    found = items(outside.source().fetch(ref, known))
    assert [item.title for item in found] == [f"Letter {number}" for number in range(count - 1)]


def test_an_old_row_of_a_large_database_is_missed_the_next_day_at_the_latest(outside):
    rows = [row(number) for number in range(120)]
    ref = outside.base(*rows)
    known = known_of(outside.source().fetch(ref, Known()))
    outside.base(*rows[1:])
    assert outside.source().fetch(ref, known) is None, "nothing was edited"
    with time_machine.travel(datetime.now(UTC) + timedelta(days=1)):
        found = items(outside.source().fetch(ref, known))
    assert [item.title for item in found] == [f"Letter {number}" for number in range(1, 120)]


def test_a_new_row_is_seen(outside):
    rows = [row(number) for number in range(101)]
    ref = outside.base(*rows)
    known = known_of(outside.source().fetch(ref, Known()))
    outside.base(row(200, edited=minute(9_000)), *rows)
    assert len(items(outside.source().fetch(ref, known))) == 102


def test_an_edit_in_the_minute_of_the_reading_is_seen_when_the_minute_is_over(outside):
    edited = LONG_AGO + timedelta(minutes=5)
    ref = outside.page(block("paragraph", "Read at once."), last_edited_time=minute(5))
    with time_machine.travel(edited + timedelta(seconds=20)):
        known = known_of(outside.source().fetch(ref, Known()))
    outside.page(block("paragraph", "Edited again."), last_edited_time=minute(5))
    with time_machine.travel(edited + timedelta(seconds=40)):
        assert outside.source().fetch(ref, known) is None, "Notion shows no difference yet"
    with time_machine.travel(edited + timedelta(minutes=30)):
        again = outside.source().fetch(ref, known)
        assert "Edited again." in again.text.markdown
        outside.forget_calls()
        assert outside.source().fetch(ref, known_of(again)) is None
    assert len(outside.asked()) == 1, "once is enough"


def test_blocks_from_another_page_are_looked_at_again_the_next_day(outside):
    outside.put(BASE, title="Original", children=[block("paragraph", "As it was.", id="0" * 32)])
    copy = block("synced_block", synced_from={"type": "block_id", "block_id": BASE})
    ref = outside.page(copy)
    fetched = outside.source().fetch(ref, Known())
    assert "As it was." in fetched.text.markdown
    outside.put(BASE, title="Original", children=[block("paragraph", "As it is.")])
    assert outside.source().fetch(ref, known_of(fetched)) is None
    with time_machine.travel(datetime.now(UTC) + timedelta(days=1)):
        again = outside.source().fetch(ref, known_of(fetched))
    assert "As it is." in again.text.markdown


def test_a_known_text_of_another_form_is_read_anew(outside):
    ref = outside.page(block("paragraph", "Words."))
    fetched = outside.source().fetch(ref, Known("0 some older form", lambda: b"<html>"))
    assert "Words." in fetched.text.markdown


# images


def test_an_image_that_is_stored_is_not_asked_for_again(outside):
    picture = block("image", type="file", file={"image": outside.image(reference.PNG)})
    rows = [row(1, picture), row(2)]
    ref = outside.base(*rows)
    fetched = outside.source().fetch(ref, Known())
    ((key, first),) = fetched.text.pictures.items()
    assert httpx.get(first.url).content == reference.PNG
    rows[1] = row(2, block("paragraph", "Something new."), edited=minute(9_000))
    outside.base(*rows)
    outside.forget_calls()
    again = outside.source().fetch(ref, known_of(fetched, {key: "0" * 64 + ".png"}))
    assert len(outside.asked("/children")) == 1
    assert again.text.pictures[key].stored == "0" * 64 + ".png"
    unstored = outside.source().fetch(ref, known_of(fetched))
    assert httpx.get(unstored.text.pictures[key].url).content == reference.PNG


def test_no_signature_of_an_address_is_kept(outside):
    picture = block("image", type="file", file={"image": outside.image(reference.PNG)})
    ref = outside.page(picture)
    fetched = outside.source().fetch(ref, Known())
    assert b"life=" not in fetched.data
    assert b"expiry_time" not in fetched.data


# which document


@pytest.mark.parametrize(
    "text",
    [
        PAGE,
        PAGE.replace("-", "").upper(),
        f" https://www.notion.so/halcytone/Some-Title-{PAGE.replace('-', '')}?pvs=4#0a1b ",
        f"https://halcytone.notion.site/{PAGE.replace('-', '')}",
        f"https://www.notion.so/{BASE.replace('-', '')}?v=00000000000000000000000000000001&p={PAGE.replace('-', '')}",
    ],
)
def test_an_id_and_a_link_name_the_same_document(text):
    assert Notion().normalized_key(text) == PAGE
    assert Notion().url(Ref(PAGE)) == f"https://www.notion.so/{PAGE.replace('-', '')}"


@pytest.mark.parametrize(
    "text", ["", "nowhere:1", "https://[::1", "https://www.notion.so/", "x" * 32]
)
def test_what_names_nothing_at_notion_is_refused(text):
    with pytest.raises(Refused) as caught:
        Notion().normalized_key(text)
    assert caught.value.code == "key_invalid"


def test_a_data_source_is_read_by_its_own_id(outside):
    ref = outside.base(row(1), row(2))
    api = f"{outside.sandbox.url('sources')}/v1/databases/{BASE}"
    told = httpx.get(api, headers={"Notion-Version": "2025-09-03"}).json()
    (source,) = told["data_sources"]
    fetched = outside.source().fetch(Ref(source["id"]), Known())
    assert fetched.text == outside.source().fetch(ref, Known()).text
