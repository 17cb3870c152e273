"""What Google's answers say, one form of them after the other. Pure: no question is asked."""

import pytest

from content import grammar, markdown
from content.sources import google_reading
from halcytone.sandbox import google_json
from tests.content.sources import reference

PAGE = "https://docs.google.com/document/d/letter/edit"


def answer(*blocks, tabs=None, footnotes=None, mode=google_json.REJECTED):
    """Return a documents.get answer in which every block has an id made of its number."""
    numbered = [{"id": f"b{n}", **block} for n, block in enumerate(blocks, 1)]
    tabs = tabs or [{"id": "t.0", "title": "Tab 1", "blocks": numbered, "tabs": []}]
    made = google_json.tabs(
        {"tabs": tabs, "footnotes": footnotes or {}}, mode, lambda id: f"https://a.example/{id}"
    )
    return {"documentId": "letter", "title": "Letter of March", "revisionId": "r1", "tabs": made}


def read(*blocks, **rest):
    return google_reading.read(answer(*blocks, **rest), PAGE)


def lines(*blocks, **rest):
    return [line for line in read(*blocks, **rest).markdown.split("\n") if line]


def styled(*pairs):
    return [{"style": style, "text": text} for style, text in pairs]


def tab(id, *blocks, tabs=()):
    return {"id": id, "title": id, "blocks": list(blocks), "tabs": list(tabs)}


# headings


@pytest.mark.parametrize(
    ("styles", "levels"),
    [
        (["TITLE", "HEADING_1", "HEADING_2"], [1, 2, 3]),
        (["TITLE", "HEADING_2", "HEADING_3"], [1, 2, 3]),
        (["HEADING_1", "HEADING_2", "HEADING_3"], [1, 2, 3]),
        (["HEADING_1", "HEADING_2", "HEADING_1", "HEADING_2"], [2, 3, 2, 3]),
        (["TITLE", "SUBTITLE", "HEADING_1"], [1, 0, 2]),
        (["TITLE", "HEADING_1", "HEADING_6"], [1, 2, 6]),
    ],
)
def test_headings_take_the_levels_that_the_grammar_reads(styles, levels):
    found = lines(*styled(*((style, f"words {n}") for n, style in enumerate(styles))))
    assert [len(line) - len(line.lstrip("#")) for line in found] == levels


@pytest.mark.parametrize(
    ("styles", "levels"),
    [
        (["TITLE", "HEADING_1", "HEADING_2"], [1, 2, 3]),
        (["HEADING_1", "HEADING_2", "HEADING_3"], [1, 2, 3]),
        (["HEADING_2", "HEADING_1", "HEADING_2"], [3, 2, 3]),
        (["TITLE", "HEADING_3", "HEADING_4"], [1, 2, 3]),
        (["HEADING_4", "HEADING_2", "HEADING_3"], [4, 2, 3]),
    ],
)
def test_sections_in_brackets_settle_the_levels(styles, levels):
    words = ["Letter", "[Tips] Small habits", "Two minutes"]
    found = lines(*styled(*zip(styles, words, strict=True)))
    assert [len(line) - len(line.lstrip("#")) for line in found] == levels


@pytest.mark.parametrize("shift", ["titled", "literal", "sections first", "typed"])
def test_the_reference_document_is_read_however_its_editor_styles_it(shift):
    text = read(*(_styled(block, shift) for block in reference.blocks()))
    found = grammar.parse(text.markdown, at=reference.NOW)
    expected = grammar.parse(reference.MARKDOWN, at=reference.NOW)
    assert [(i.title, i.on, i.category) for i in found.items] == [
        (i.title, i.on, i.category) for i in expected.items
    ]
    assert not [p for p in found.problems if p.is_blocking]


def _styled(block, how):
    kind = type(block).__name__
    if kind == "Table":
        return {"table": [[{"text": cell.runs[0].text} for cell in row] for row in block.rows]}
    words = "".join(run.text for run in block.runs)
    if kind == "Heading" and how == "typed":
        return {"text": f"{'#' * block.level} {words}"}
    if kind == "Heading":
        level = block.level - (how != "literal")
        if how == "sections first" and level == 0:
            return {"text": words}
        return {"style": f"HEADING_{level}" if level else "TITLE", "text": words}
    if kind == "ListItem":
        label, said = (run.text for run in block.runs)
        if how == "typed":
            return {"text": f"- **{label}**{said}"}
        runs = [{"text": label, "bold": True}, {"text": said}]
        return {"list": {"kind": "bullet"}, "runs": runs}
    return {"text": words}


def test_a_heading_that_is_bold_as_a_whole_is_no_emphasis():
    assert lines({"style": "HEADING_1", "runs": [{"text": "Bold ", "bold": True}]}) == ["# Bold"]


# text


def test_a_soft_line_end_breaks_the_line_and_page_breaks_say_nothing():
    assert read({"runs": [{"text": "one\ntwo"}, {"page_break": True}]}).markdown == "one  \ntwo\n"


def test_what_is_only_suggested_is_left_out_whatever_google_sends():
    runs = [
        {"text": "It costs 9 euros"},
        {"text": " or nothing", "suggested": "insertion"},
        {"text": ".", "suggested": "deletion"},
    ]
    assert lines({"runs": runs}) == ["It costs 9 euros."]
    assert lines({"runs": runs}, mode="SUGGESTIONS_INLINE") == ["It costs 9 euros."]


def test_chips_are_told_in_their_words():
    runs = [
        {"person": {"name": "The desk", "email": "desk@press.example"}},
        {"text": " on "},
        {"date": "Mar 6, 2026"},
        {"text": ": "},
        {"rich": {"title": "The notes", "uri": "https://docs.google.com/document/d/notes/edit"}},
    ]
    assert lines({"runs": runs}) == [
        "The desk on Mar 6, 2026: [The notes](https://docs.google.com/document/d/notes/edit)"
    ]


def test_links_inside_the_document_are_made_whole():
    runs = [
        {"text": "above", "heading": "h.b1"},
        {"text": ", "},
        {"text": "there", "bookmark": "id.x", "tab": "t.7"},
    ]
    assert lines({"runs": runs}) == [
        f"[above]({PAGE}?tab=t.0#heading=h.b1), [there]({PAGE}?tab=t.7#bookmark=id.x)"
    ]


def test_links_in_the_older_form_are_made_whole_too():
    document = answer({"text": "above"})
    run = document["tabs"][0]["documentTab"]["body"]["content"][1]["paragraph"]["elements"][0]
    run["textRun"]["textStyle"]["link"] = {"headingId": "h.b1"}
    text = google_reading.read(document, PAGE)
    assert f"[above]({PAGE}?tab=t.0#heading=h.b1)" in text.markdown


@pytest.mark.parametrize("name", ["equation", "somethingNew"])
def test_what_cannot_be_read_is_named_at_its_line(name):
    document = answer({"text": "First."}, {"text": "So: "})
    paragraph = document["tabs"][0]["documentTab"]["body"]["content"][2]["paragraph"]
    paragraph["elements"].insert(1, {"startIndex": 1, "endIndex": 2, name: {}})
    (told,) = google_reading.read(document, PAGE).remarks
    assert told.code == "block_left_out"
    assert told.line == 3
    assert ("an equation" if name == "equation" else "a something new") in told.message


def test_a_paragraph_that_is_only_an_equation_is_told_at_the_block_above():
    text = read({"text": "First."}, {"runs": [{"equation": True}]}, {"text": "Next."})
    assert text.markdown == "First.\n\nNext.\n"
    assert [(told.code, told.line) for told in text.remarks] == [("block_left_out", 1)]


def test_a_table_of_contents_and_the_marks_of_objects_say_nothing():
    raw = {"tableOfContents": {"content": [{"paragraph": {"elements": []}}]}}
    text = read({"raw": raw}, {"text": "\ue907code\ue907"})
    assert (text.markdown, text.remarks) == ("code\n", ())


def test_a_rule_divides_the_paragraph_it_stands_in():
    runs = [{"text": "above"}, {"rule": True}, {"text": "below"}]
    assert lines({"runs": runs}) == ["above", "---", "below"]


# code and quotes


def test_paragraphs_in_a_monospaced_font_are_one_block_of_code():
    mono = [{"runs": [{"text": text, "code": True}]} for text in ("def f():", "    return 1")]
    blank = {"text": ""}
    found = lines({"text": "So:"}, *mono, blank, mono[0], {"text": "Done."})
    assert found == ["So:", "```", "def f():", "    return 1", "def f():", "```", "Done."]
    assert "return 1\n\ndef f():" in read(*mono, blank, mono[0]).markdown


def test_words_in_a_monospaced_font_are_code_and_grammar_is_not():
    assert lines({"runs": [{"text": "Run "}, {"text": "make", "code": True}]}) == ["Run `make`"]
    directive = {"runs": [{"text": "<!-- type: blog -->", "code": True}]}
    assert "```" not in read(directive).markdown


@pytest.mark.parametrize(
    ("blocks", "expected"),
    [
        ([{"text": "It is quiet.", "indent": 36}], ["It is quiet."]),
        ([{"runs": [{"text": "It is quiet.", "italic": True}]}], ["*It is quiet.*"]),
        ([{"runs": [{"text": "It is quiet.", "italic": True}], "indent": 36}], ["> It is quiet."]),
        ([{"text": "“It is quiet.”", "indent": 36}], ["> “It is quiet.”"]),
        (
            [{"text": "“It is quiet.”\n— A reader", "indent": 36}],
            ["> “It is quiet.”", ">", "> — A reader"],
        ),
        (
            [{"text": "“It is quiet.”", "indent": 36}, {"text": "– A reader", "indent": 36}],
            ["> “It is quiet.”", ">", "> — A reader"],
        ),
        (
            [{"text": "“It is quiet.”", "indent": 36}, {"text": "– not about it"}],
            ["> “It is quiet.”", "– not about it"],
        ),
        ([{"text": "“Quiet” and “loud” words here", "indent": 36}], ["“Quiet” and “loud” words here"]),
    ],
)  # fmt: skip
def test_a_quote_is_set_in_and_marked_as_one(blocks, expected):
    assert lines(*blocks) == expected


# lists


def item(text, kind="bullet", **rest):
    return {"list": {"kind": kind, **rest}, "text": text}


def test_numbers_go_on_below_what_stands_between():
    found = lines(
        item("one", "number", number=4),
        item("inner", "number", level=2),
        item("inner", "number", level=2),
        item("two", "number"),
        item("inner again", "number", level=2),
    )
    assert found == ["4. one", "   1. inner", "   2. inner", "5. two", "   1. inner again"]


def test_a_box_is_checked_where_google_strikes_it_through():
    done = {"list": {"kind": "check"}, "runs": [{"text": "done", "strike": True}]}
    half = {
        "list": {"kind": "check"},
        "runs": [{"text": "half", "strike": True}, {"text": " done"}],
    }
    found = lines(item("by bullet", "check", checked=True), done, half, item("open", "check"))
    assert found == ["- [x] by bullet", "- [x] done", "- [ ] ~~half~~ done", "- [ ] open"]


def test_a_list_of_which_google_tells_nothing_is_a_list_of_bullets():
    document = answer(item("one"))
    document["tabs"][0]["documentTab"]["lists"] = {}
    assert google_reading.read(document, PAGE).markdown == "- one\n"


def test_a_paragraph_set_in_below_an_entry_belongs_to_it():
    document = answer(item("entry"), {"text": "more of it", "indent": 36}, {"text": "end"})
    tab = document["tabs"][0]["documentTab"]
    tab["lists"]["kix.list1"]["listProperties"]["nestingLevels"][0]["indentStart"] = {
        "magnitude": 36,
        "unit": "PT",
    }
    assert google_reading.read(document, PAGE).markdown == "- entry\n\n  more of it\n\nend\n"


# tables


def cells(*texts):
    return [{"text": text} for text in texts]


def test_cells_that_others_span_are_left_out_whether_google_keeps_them_or_not():
    rows = [
        [{"text": "Space", "columns": 2}, {"text": "Price"}],
        [{"text": "iOS", "rows": 2}, {"text": "88 MB"}, {"text": "9"}],
        cells("91 MB", "10"),
    ]
    kept = answer({"table": rows, "headers": 1})
    bare = answer({"table": rows, "headers": 1})
    for row in bare["tabs"][0]["documentTab"]["body"]["content"][1]["table"]["tableRows"]:
        row["tableCells"] = [
            cell
            for cell in row["tableCells"]
            if cell["content"][0]["paragraph"]["elements"][0]["textRun"]["content"] != "\n"
        ]
    texts = [google_reading.read(document, PAGE).markdown for document in (kept, bare)]
    assert texts[0] == texts[1]
    html = markdown.to_html(texts[0])
    assert '<th colspan="2">Space</th><th>Price</th>' in html
    assert '<td rowspan="2">iOS</td><td>88 MB</td><td>9</td>' in html
    assert "<tr><td>91 MB</td><td>10</td></tr>" in html


def test_a_table_inside_a_table_is_told_in_the_cell_around_it():
    inner = {"table": [cells("a", "b"), cells("c", "d")]}
    outer = {"table": [[{"text": "left"}, {"blocks": [{"text": "see"}, inner]}]]}
    text = read(outer)
    assert "| left | see<br>a<br>b<br>c<br>d |" in text.markdown
    (told,) = text.remarks
    assert (told.code, told.line) == ("table_flattened", 1)


def test_a_cell_keeps_lists_links_images_and_breaks():
    blocks = [item("one"), {"runs": [{"text": "two", "link": "https://a.example/"}]}]
    image = {"runs": [{"image": "lamp", "description": "A lamp"}]}
    text = read({"table": [[{"blocks": [*blocks, image]}, {"text": "x\ny"}]]})
    assert "• one<br>[two](https://a.example/)<br>![A lamp](image:" in text.markdown
    assert "| x<br>y |" in text.markdown
    assert len(text.pictures) == 1


# images and notes


@pytest.mark.parametrize(
    ("told", "alt"),
    [
        ({"title": "A lamp"}, "A lamp"),
        ({"description": "A brass lamp"}, "A brass lamp"),
        ({"title": "A lamp", "description": "On a desk"}, "A lamp. On a desk"),
        ({"title": "A lamp", "description": "A lamp"}, "A lamp"),
        ({}, ""),
    ],
)
def test_the_alternative_text_is_title_and_description(told, alt):
    ((_, found),) = markdown.images(read({"runs": [{"image": "lamp", **told}]}).markdown)
    assert found == alt


def test_an_image_beside_a_paragraph_stands_below_it():
    text = read(
        {"text": "See:", "positioned": [{"image": "lamp", "title": "A lamp"}]}, {"text": "End."}
    )
    ((address, alt),) = markdown.images(text.markdown)
    assert alt == "A lamp"
    assert text.markdown == f"See:\n\n![A lamp]({address})\n\nEnd.\n"
    assert text.pictures[address].url == "https://a.example/lamp"


def test_a_drawing_is_left_out_and_told():
    text = read({"runs": [{"text": "See: "}, {"image": "", "drawing": True, "title": "A plan"}]})
    assert text.markdown == "See:\n"
    assert "a drawing" in text.remarks[0].message


def test_the_address_of_an_image_is_its_own_in_every_answer():
    first, second = (read({"runs": [{"image": name, "title": "x"}]}) for name in ("one", "other"))
    assert first.pictures.keys() == second.pictures.keys()


def test_notes_are_numbered_through_all_tabs():
    text = read(
        tabs=[
            tab(
                "t.0",
                {
                    "id": "b1",
                    "runs": [{"text": "One"}, {"footnote": "kix.a"}, {"footnote": "kix.b"}],
                },
            ),
            tab("t.1", {"id": "b2", "runs": [{"text": "Two"}, {"footnote": "kix.a"}]}),
        ],
        footnotes={"kix.a": [{"text": " A study."}, {"text": "More."}], "kix.b": {"text": "B."}},
    )
    assert [line for line in text.markdown.split("\n") if line] == [
        "One[^1][^2]", "[^1]: A study. More.", "[^2]: B.", "Two[^3]", "[^3]: A study. More.",
    ]  # fmt: skip


# tabs and places


def test_all_tabs_are_read_in_order_and_each_above_those_below_it():
    inner = tab("t.2", {"id": "b2", "text": "inner"})
    text = read(
        tabs=[
            tab("t.0", {"id": "b1", "text": "first"}, tabs=[inner]),
            tab("t.1", {"id": "b3", "text": "last"}),
        ]
    )
    assert text.markdown == "first\n\ninner\n\nlast\n"
    assert [place.url for place in text.places] == [f"{PAGE}?tab=t.{n}" for n in (0, 2, 1)]


def test_a_link_opens_the_source_at_the_heading_above():
    text = read({"text": "Before."}, {"style": "HEADING_1", "text": "Part"}, {"text": "Below."})
    assert [place.url for place in text.places] == [
        f"{PAGE}?tab=t.0", f"{PAGE}?tab=t.0#heading=h.b2", f"{PAGE}?tab=t.0#heading=h.b2",
    ]  # fmt: skip
    assert text.places[1].id == "h.b2"


def test_words_that_stand_twice_have_two_ids():
    text = read({"text": "Again."}, {"text": "Again."})
    assert len({place.id for place in text.places}) == 2


def test_an_answer_in_the_older_form_is_read_as_one_tab():
    whole = answer({"text": "one"})
    older = {"documentId": "letter", "title": "Letter", **whole["tabs"][0]["documentTab"]}
    assert google_reading.read(older, PAGE).markdown == "one\n"


def test_the_title_of_the_file_is_told_beside_the_text():
    assert read({"text": "one"}).title == "Letter of March"
