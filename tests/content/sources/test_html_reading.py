"""Pages as they are found: what is read of them, in which order, and what is said of the rest."""

import time
from datetime import date

import pytest

from content import markdown, plaintext
from content.sources import html_parsing, html_reading
from halcytone.lib.errors import Refused

URL = "https://site.example/notes/today"


def page(html, **rest):
    data = html if isinstance(html, bytes) else html.encode()
    return html_reading.page(data, url=URL, **rest)


def text_of(html):
    """Return the Markdown of an article."""
    return page(f"<article>{html}</article>").markdown


def refusal(call):
    with pytest.raises(Refused) as caught:
        call()
    assert str(caught.value).endswith(".")
    return caught.value.code


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>one<p>two", "one\n\ntwo\n"),
        ("one <b>two</b>three <i>four</i>", "one **two**three *four*\n"),
        ("<p>a  \n b<br>c<br><br>d", "a b  \nc\n\nd\n"),
        ("<div>a<div>b</div>c</div>", "a\n\nb\n\nc\n"),
        ("<ul><li>a<ul><li>b</ul>c<li>d</ul>", "- a\n  - b\n\n  c\n\n- d\n"),
        ("<ol start=4><li>a<li value=9>b<li>c</ol>", "4. a\n\n9) b\n10) c\n"),
        ("<ol reversed><li>a<li>b</ol>", "2. a\n\n1) b\n"),
        ("<ul><li><label><input type=checkbox checked> a</label><li><input type=checkbox> b</ul>",
         "- [x] a\n- [ ] b\n"),
        ("<ul><li><pre>x</pre><li>y</ul>", "-\n  ```\n  x\n  ```\n\n- y\n"),
        ("<dl><dt>Cost<dd>4 EUR<dd>a month<dt>For:<dd>all</dl>",
         "- **Cost:** 4 EUR\n\n  a month\n\n- **For:** all\n"),
        ("<li>alone", "- alone\n"),
        ("<pre class='language-js'>a\n  b<br>c</pre>", "```js\na\n  b\nc\n```\n"),
        ("<h2>A <b>b</b><a href='#a'>¶</a></h2>x", "## A b\n\nx\n"),
        ("<table><caption>C</caption><tr><th>a<th>b<tr><td>1<td>2|3</table>",
         "C\n\n| a | b |\n| --- | --- |\n| 1 | 2\\|3 |\n"),
        ("<table role=presentation><tr><td>a<td>b</table>", "a\n\nb\n"),
        ("<table><tr><td><h2>a</h2><p>b</table>", "## a\n\nb\n"),
        ("<details><summary>More</summary>inside</details>", "More\n\ninside\n"),
        ("<p>2<sup>10</sup>, H<sub>2</sub>O, 1<sup>st</sup>, a<sup>n+1</sup>", "2¹⁰, H₂O, 1st, aⁿ⁺¹\n"),
        ("<p>She said <q>yes</q> <ruby>漢<rp>(</rp><rt>kan</rt><rp>)</rp></ruby>", "She said “yes” 漢(kan)\n"),
        ("<p style='font-weight:700'>a <span style='font-style: italic'>b</span>", "**a** ***b***\n"),
        ("<p>co&shy;operate&#8203;d <o:p>x</o:p>", "cooperate\u200bd x\n"),
        ("<p dir=rtl>שלום <bdi>עולם</bdi>", "שלום עולם\n"),
        ("<p>1. not a list<p># no heading<p>{ no json }", "1\\. not a list\n\n\\# no heading\n\n\\{ no json }\n"),
        ("<hr><p>a<hr>", "a\n\n---\n"),
    ],
)  # fmt: skip
def test_what_a_page_shows_is_what_is_read(html, text):
    assert text_of(html) == text


@pytest.mark.parametrize(
    "html",
    ["<script>x</script>", "<style>x</style>", "<nav>x</nav>", "<p hidden>x", "<p style='display: none'>x",
     "<p aria-hidden=true>x", "<template>x</template>", "<noscript>x</noscript>", "<select><option>x</select>",
     "<form><h2>Join</h2><p>x<input></form>", "<button>x</button>", "<textarea>x</textarea>",
     "<svg><text>x</text></svg>", "<div role=navigation>x</div>", "<dialog>x</dialog>", "<!-- x -->"],
)  # fmt: skip
def test_what_is_no_text_of_the_page_is_not_read(html):
    assert text_of(f"<p>before</p>{html}<p>after</p>") == "before\n\nafter\n"


def test_a_form_that_wraps_the_whole_page_is_read():
    assert "inside" in page("<form><main><h1>T</h1><p>inside</p></main></form>").markdown


@pytest.mark.parametrize(
    ("html", "said", "by"),
    [
        ("<blockquote>It is quiet.<footer>— <cite>A reader</cite></footer></blockquote>", "It is quiet.", "*A reader*"),
        ("<blockquote><p>One.<p>Two.<p>– A nurse, at night</blockquote>", "One.\n>\n> Two.", "A nurse, at night"),
        ("<blockquote>It is.<br>— A reader</blockquote>", "It is.", "A reader"),
        ("<figure><blockquote>It is.</blockquote><figcaption>A reader</figcaption></figure>", "It is.", "A reader"),
        ("<blockquote><p>It is.<p><cite>A reader</cite></blockquote>", "It is.", "*A reader*"),
    ],
)  # fmt: skip
def test_a_quote_keeps_whose_words_it_is(html, said, by):
    assert text_of(html) == f"> {said}\n>\n> — {by}\n"


def test_a_book_that_is_cited_in_passing_is_no_attribution():
    html = "<blockquote>As <cite>The Book</cite> says, breathe.</blockquote>"
    assert text_of(html) == "> As *The Book* says, breathe.\n"


def test_a_table_in_a_table_is_read_in_order_and_told():
    html = "<table><tr><th>a<th>b<tr><td>c<td>d<table><tr><td>e<td>f<tr><td>g</table></table>"
    text = page(f"<article>{html}</article>")
    assert text.markdown == "| a | b |\n| --- | --- |\n| c | d<br>e \\| f<br>g |\n"
    assert [remark.code for remark in text.remarks] == ["table_flattened"]


def test_a_cell_reaches_no_further_than_its_table():
    html = "<table><tr><th rowspan=0>a<th colspan=9999>b<tr><td rowspan=65534>c</table>"
    assert 'rowspan="2">a' in text_of(html)
    assert 'colspan="1000">b' in text_of(html)
    assert "<td>c</td>" in text_of(html)


@pytest.mark.parametrize(
    ("call", "note"),
    [
        ('<sup><a href="#fn1" id="fnref1">1</a></sup>', '<ol><li id="fn1"><p>A study. <a href="#fnref1">↩</a></p></li></ol>'),
        ('<sup id="r"><a href="#n">[1]</a></sup>', '<p id="n"><a href="#r">^</a> A study.</p>'),
        ('<a href="#n" id="r"><sup>1</sup></a>', '<div><p><a name="n" href="#r">[1]</a> A study.</p></div>'),
        ('<a class="footnote-ref" href="#n" id="r">1</a>', '<aside id="n"><span>[1]</span><p>A study.</p></aside>'),
        ('<sup><a href="#n" id="r">1</a></sup>', '<div class="footnotes"><hr><h2>Notes</h2><p id="n">1. A study.</p></div>'),
    ],
)  # fmt: skip
def test_footnotes_are_found_in_the_shapes_that_systems_give_them(call, note):
    text = page(f"<article><p>It helps{call}.</p><p>Next.</p></article>{note}").markdown
    assert text == "It helps[^1].\n\n[^1]: A study.\n\nNext.\n"


def test_two_calls_of_a_note_and_two_notes_of_one_label_are_kept_apart():
    html = ('<p>a<sup><a href="#n">1</a></sup> b<sup><a href="#n">1</a></sup> c<sup><a href="#m">1</a></sup>'
            '<p id=n>First.<p id=m>Second.')  # fmt: skip
    text = text_of(html)
    assert text.startswith("a[^1] b[^1] c[^note-2]\n")
    assert text.count("First.") == text.count("Second.") == 1


@pytest.mark.parametrize(
    ("target", "link"),
    [
        ("/x", "https://site.example/x"), ("../y?a=1", "https://site.example/y?a=1"), ("#part", f"{URL}#part"),
        ("//other.example/z", "https://other.example/z"), ("mailto:a@site.example", "mailto:a@site.example"),
        ("https://a.example/ä b<c>", "https://a.example/ä%20b%3Cc%3E"), ("ht\ntps://a.example/", "https://a.example/"),
    ],
)  # fmt: skip
def test_links_lead_where_the_page_leads(target, link):
    assert text_of(f'<a href="{target}">go</a>') == f"[go]({link})\n"


@pytest.mark.parametrize(
    "target", ["javascript:alert(1)", "data:text/html,x", "https://[::1", "", "#", "file:///x"]
)
def test_links_that_lead_nowhere_are_words(target):
    assert text_of(f'<a href="{target}">go</a>') == "go\n"


def test_the_base_of_a_page_counts_for_its_links_and_images():
    text = page('<base href="/en/"><article><a href="a">a</a><img src="b.png" alt="B"></article>')
    assert "(https://site.example/en/a)" in text.markdown
    assert [picture.url for picture in text.pictures.values()] == ["https://site.example/en/b.png"]


@pytest.mark.parametrize(
    ("html", "alt", "offered", "url"),
    [
        ("<img src=a.png alt='A lamp'>", "A lamp", "", "a.png"),
        ("<img src=a.png alt=''>", "decorative", "", "a.png"),
        ("<img src=a.png>", "", "", "a.png"),
        ("<img src=a.png title='Lamp'>", "", "Lamp", "a.png"),
        ("<figure><img src=a.png><figcaption>The lamp</figcaption></figure>", "", "The lamp", "a.png"),
        ("<figure><img src=a.png alt=''><figcaption>The lamp</figcaption></figure>", "", "The lamp", "a.png"),
        ("<img src='data:image/gif;base64,R0lGODlhAQABAAAAACw=' data-src=a.png alt=A>", "A", "", "a.png"),
        ("<img srcset='s.png 400w, a.png 1600w, x.png 9000w' alt=A>", "A", "", "a.png"),
        ("<picture><source srcset='a.png 2x'><img alt=A></picture>", "A", "", "a.png"),
        ("<img src='http://site.example/notes/a.png' alt=A>", "A", "", "a.png"),
    ],
)  # fmt: skip
def test_an_image_comes_with_its_words_or_with_words_that_are_offered(html, alt, offered, url):
    text = page(f"<article>{html}</article>")
    ((address, said),) = markdown.images(text.markdown)
    assert said == alt
    picture = text.pictures[address]
    assert (picture.url, picture.offered_alt) == (f"https://site.example/notes/{url}", offered)


def test_pixels_that_count_readers_are_no_images_and_emoji_are_words():
    text = page(
        '<article>Hi <img class=emoji alt="🎉" src=e.png><img src=t.gif width=1 height=1></article>'
    )
    assert (text.markdown, text.pictures) == ("Hi 🎉\n", {})


def test_a_linked_image_keeps_both():
    text = text_of('<a href="/big.png"><img src="small.png" alt="A lamp"></a>')
    assert text.startswith("[![A lamp](image:")
    assert text.endswith("](https://site.example/big.png)\n")


def test_what_a_text_cannot_hold_is_counted_and_told_at_its_line():
    html = "<p>a</p><p>b<iframe src=x></iframe></p><video></video><video></video><p>c</p>"
    told = [(one.code, one.line, one.message) for one in page(f"<article>{html}</article>").remarks]
    assert told == [
        ("block_left_out", 3, "Left out, for a text cannot hold it: iframe (1)."),
        ("block_left_out", 5, "Left out, for a text cannot hold it: video (2)."),
    ]


def test_a_flattened_table_is_told_at_the_line_of_the_table():
    inner = "<table><tr><td>e</table>"
    text = page(f"<article><p>a</p><table><tr><th>b<tr><td>{inner}</table><p>z</article>")
    assert [(one.code, one.line) for one in text.remarks] == [("table_flattened", 3)]


def test_lists_deeper_than_six_levels_are_told():
    text = page("<article>" + "<ul><li>x" * 9 + "</article>")
    assert [one.code for one in text.remarks] == ["list_flattened"]
    assert text.markdown.endswith("          - x\n          - x\n")


@pytest.mark.parametrize(
    "html",
    ["<header><h1>Site</h1></header><main><p>Text.</main><footer>©</footer>",
     "<article><p>Text.</article><aside>Buy</aside>",
     "<main><article><p>Text.</article></main><article><p>Teaser</article>",
     "<div role=main><p>Text.</div><div>Menu</div>",
     "<main><p>Text.</main><article>x</article>"],
)  # fmt: skip
def test_the_text_of_a_page_is_its_article_or_its_main_part(html):
    assert page(html).markdown == "Text.\n"


def test_without_either_the_densest_part_is_the_text():
    said = "Slow breathing before a meeting takes two minutes and needs no tools at all. "
    menu = "<ul class=menu>" + "<li><a href=/x>Menu</a></li>" * 20 + "</ul>"
    html = f"{menu}<div id=c><h2>Head</h2><p>{said * 4}</p><p>{said * 3}</p></div><div class=side><a href=/>Shop</a></div>"
    text = page(f"<title>The page | Site</title>{html}").markdown
    assert text.startswith("# The page\n\n## Head\n\nSlow breathing")
    assert "Menu" not in text
    assert "Shop" not in text


def test_a_page_says_what_it_is_in_tags_for_machines():
    text = page(
        '<html lang="de-AT"><title>Ruhe | Site</title><meta name="author" content="Jo Roe">'
        '<link rel="canonical" href="/ruhe"><meta property="article:published_time" content="2026-03-06T23:00:00Z">'
        "<article><h2 id=kurz>Kurz</h2><p>Atmen.</p></article>"
    )
    assert (text.title, text.author, text.language) == ("Ruhe", "Jo Roe", "de-AT")
    assert text.published_on == date(2026, 3, 6)
    assert text.markdown.startswith("# Ruhe\n\n## Kurz\n")
    assert [place.url for place in text.places[1:]] == ["https://site.example/ruhe#kurz"] * 2


@pytest.mark.parametrize(
    "html",
    ['<script type="application/ld+json">{"@graph": [{"datePublished": "2026-03-06"}]}</script>',
     '<article><time itemprop="datePublished" datetime="2026-03-06T10:00">6 March</time></article>',
     "<article><time datetime=2026-03-06>6 March</time></article>"],
)  # fmt: skip
def test_the_day_of_publication_is_read_where_it_is_marked(html):
    assert page(html).published_on == date(2026, 3, 6)


@pytest.mark.parametrize(
    "html",
    ["<article>Written on 2026-03-06</article>", '<meta property="article:modified_time" content="2026-03-06">',
     "<aside><time datetime=2026-03-06>other</time></aside><article>x</article>",
     '<meta name="date" content="2026-13-40">', '<script type="application/ld+json">{[</script>'],
)  # fmt: skip
def test_a_day_that_is_not_marked_as_that_of_publication_is_none(html):
    assert page(html).published_on is None


def test_another_site_is_no_canonical_address():
    text = page('<link rel=canonical href="https://other.example/"><article><p id=a>x</article>')
    assert text.places[0].url == f"{URL}#a"


def test_words_that_look_like_marks_are_words_unless_the_page_shows_grammar():
    assert text_of("<p>5 * 3 * 2 and &amp;copy;") == "5 \\* 3 \\* 2 and \\&copy;\n"
    typed = text_of("<h2>[Tips] Small</h2><p>Breathe *slowly*.")
    assert typed == "## [Tips] Small\n\nBreathe *slowly*.\n"


def test_comments_are_directives_where_people_write_grammar_and_nothing_elsewhere():
    html = "<!-- type: blog --><h1>T</h1><!-- wp:paragraph --><h2>{}</h2><!-- urgancy: high --><p>Breathe."
    plain = html.format("Small")
    assert page(f"<article>{plain}</article>").markdown == "# T\n\n## Small\n\nBreathe.\n"
    for text in (html_reading.file(plain.encode()), page(html.format("[Tips]"))):
        assert text.markdown.startswith("<!-- type: blog -->\n\n# T\n")
        assert "<!-- urgancy: high -->" in text.markdown
        assert "wp:" not in text.markdown


def test_a_file_is_read_whole_and_its_title_stands_above_where_it_has_no_heading():
    html = b"<title>My notes</title><header>Top</header><main><p>Middle</main><footer>End</footer>"
    assert html_reading.file(html).markdown == "# My notes\n\nTop\n\nMiddle\n\nEnd\n"


def test_links_of_a_file_that_lead_into_nowhere_are_told():
    text = html_reading.file(
        b"<p><a href='other.html'>a</a> <a href='#x'>b</a> <img src='c.png' alt=C>"
    )
    assert [remark.code for remark in text.remarks] == ["html_removed"]
    assert [picture.url for picture in text.pictures.values()] == ["c.png"]


@pytest.mark.parametrize(
    ("data", "charset"),
    [
        ("<p>Größe".encode(), ""), (b"\xef\xbb\xbf" + "<p>Größe".encode(), ""), ("<p>Größe".encode("utf-16"), ""),
        ("<meta charset=iso-8859-1><p>Größe".encode("latin-1"), ""), ("<p>Größe".encode("cp1252"), "windows-1252"),
        ('<meta http-equiv=content-type content="text/html; charset=windows-1252"><p>Größe'.encode("cp1252"), ""),
        ("<p>Größe".encode(), "no-such-thing"), ("<p>Größe".encode(), "zlib"), ("<p>Größe".encode(), "unicode_escape"),
    ],
)  # fmt: skip
def test_the_encoding_is_that_of_mark_header_or_tag_and_else_utf_8(data, charset):
    assert page(data, charset=charset).markdown == "Größe\n"


def test_malformed_bytes_are_refused_with_their_place():
    with pytest.raises(Refused, match="0xFF in line 2 is not UTF-8") as caught:
        page(b"<p>one\n<p>two \xff")
    assert caught.value.code == "encoding"


def test_control_characters_and_lone_surrogates_do_not_stop_the_reading():
    assert page(b"<p>a\x00\x08b&#1;&#xD800;c&#xFFFF;d").markdown.startswith("ab")


@pytest.mark.parametrize(
    "html", ["", "<", "<!-- x", "<html></html>", "<frameset><frame></frameset>", "</p></b>"]
)
def test_a_page_without_text_is_an_empty_text(html):
    assert plaintext.visible(markdown.to_html(page(html).markdown)) in ("", "<")


DEEP = 10_000


@pytest.mark.parametrize(
    "html",
    ["<div>x" * DEEP, "<ul><li>x" * DEEP, "<blockquote>x" * DEEP, "<b>x" * DEEP, "<table><tr><td>x" * 3_000,
     "<figure><figcaption>x" * DEEP, "<dl><dt>x<dd>" * 5_000, "<section><article>x" * 5_000, "<a href=/x>x" * DEEP],
    ids=lambda html: html[:12],
)  # fmt: skip
def test_however_deep_a_page_nests_every_word_is_read_in_time(html):
    count = html.count("x") - html.count("/x")
    began = time.process_time()
    text = html_reading.file(f"{html}<p>after".encode()).markdown
    assert text.count("x") - text.count("/x") >= count
    assert "after" in text
    assert time.process_time() - began < 15


@pytest.mark.parametrize(
    "html",
    ["<b>" * 1_000_000, "<p>x" * 30_000, "<table>" + "<tr><td>x" * 110_000, "<i></i>" * 310_000],
    ids=["a million b", "30,000 blocks", "110,000 cells", "310,000 elements"],
)
def test_more_than_can_be_read_is_refused_before_much_is_done(html):
    began = time.process_time()
    assert refusal(lambda: page(html)) == "source_truncated"
    assert time.process_time() - began < 15


def test_a_tag_with_a_million_attributes_takes_no_time():
    began = time.process_time()
    attributes = " ".join(f"a{n}=1" for n in range(1_000_000))
    assert page(f"<p {attributes} id=here>x").markdown == "x\n"
    assert time.process_time() - began < 15


def test_no_attribute_or_element_gets_in_that_is_not_known():
    root = html_parsing.tree("<p onclick=x style=y id=z><custom-tag>a</custom-tag><blink>b</blink>")
    assert {element.tag for element in root.iter()} == {"html", "head", "body", "p", "div", "span"}
    assert dict(next(root.iter("p")).attrib) == {"style": "y", "id": "z"}
