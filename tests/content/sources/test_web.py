"""Pages of the web, from the stand-in that holds them."""

import gzip
from datetime import date

import httpx
import pytest

from content.sources.base import Known, Ref
from content.sources.web import Web
from halcytone.lib.errors import Refused, Unavailable
from tests.content.sources import html_forms, reference
from tests.content.sources.contract import RichSourceContract, SourceContract
from tests.content.sources.reference import MARKDOWN

HTML = "text/html; charset=utf-8"


@pytest.fixture
def site(sandbox_settings):
    return Site(sandbox_settings)


class Site:
    """Pages that a test puts there."""

    def __init__(self, sandbox):
        self.sandbox = sandbox
        self.url = sandbox.url("sources")

    def put(self, body, name="page", kind=HTML, **query):
        data = body if isinstance(body, bytes) else body.encode()
        answer = httpx.put(
            f"{self.url}/_sandbox/pages/{name}",
            content=data,
            params=query,
            headers={"Content-Type": kind},
        )
        assert answer.status_code == 201
        return Ref(answer.json()["url"])

    def image(self, data):
        id = httpx.post(f"{self.url}/_sandbox/images", content=data).json()["id"]
        return f"{self.url}/images/{id}?made=9999999999&life=60"

    def asked(self, name="page"):
        return self.sandbox.requests("sources", path=f"/pages/{name}")


class _OnTheWeb:
    @pytest.fixture(autouse=True)
    def _site(self, site):
        self.site = site

    def source(self):
        return Web(first_wait_s=0)


class TestTextsOnTheWeb(_OnTheWeb, SourceContract):
    def ref_to(self, data):
        return self.site.put(data, kind="text/plain")


class TestPagesOnTheWeb(_OnTheWeb, RichSourceContract):
    def ref_to(self, *blocks, footnotes=None, pictures=None):
        addresses = {key: self.site.image(data) for key, data in (pictures or {}).items()}
        return self.site.put(html_forms.page(*blocks, footnotes=footnotes, pictures=addresses))


def fetched(ref, known=None, **rest):
    return Web(first_wait_s=0, **rest).fetch(ref, known or Known())


def refusal(ref, kind=Refused):
    with pytest.raises(kind) as caught:
        fetched(ref)
    assert str(caught.value).endswith(".")
    return caught.value.code


@pytest.mark.parametrize(
    ("tokens", "kind"), [("both", "etag:"), ("date", "modified:"), ("none", "sha256:")]
)
def test_an_unchanged_page_costs_one_request_and_a_changed_one_is_read(site, tokens, kind):
    ref = site.put("<p>one", tokens=tokens)
    first = fetched(ref)
    assert first.version.startswith(kind)
    known = Known(first.version)
    assert fetched(ref, known) is None
    asked = site.asked()
    assert [call["status"] for call in asked] == [200, 200 if tokens == "none" else 304]
    site.put("<p>two", tokens="none" if tokens == "date" else tokens)
    assert fetched(ref, known).text.markdown == "two\n"


def test_an_answer_of_no_news_to_a_first_question_is_no_page(site):
    assert refusal(site.put("<p>one", status=304)) == "document_empty"


def test_a_page_is_read_with_what_it_says_of_itself_and_links_that_count_from_where_it_was_found(
    site,
):
    site.put(
        '<html lang=en><title>Calm | Site</title><meta property="article:published_time" content="2026-03-06">'
        '<article><h2 id=a>Sit</h2><p><a href="b">b</a></article>', name="there",
    )  # fmt: skip
    text = fetched(site.put("", location="/pages/there")).text
    assert (text.title, text.language, text.published_on) == ("Calm", "en", date(2026, 3, 6))
    assert f"[b]({site.url}/pages/b)" in text.markdown
    assert text.places[-1].url == f"{site.url}/pages/there#a"


@pytest.mark.parametrize(
    ("kind", "body"),
    [("text/markdown", MARKDOWN), ("text/plain; charset=UTF-8", MARKDOWN), ("application/json", '{"tips": []}')],
)  # fmt: skip
def test_texts_are_passed_on_as_they_are(site, kind, body):
    found = fetched(site.put(body, kind=kind))
    assert (found.data.decode(), found.text) == (body, None)


def test_a_text_in_another_encoding_is_told_by_its_header(site):
    ref = site.put("Größe".encode("cp1252"), kind="text/plain; charset=iso-8859-1")
    assert fetched(ref).text.markdown == "Größe"


@pytest.mark.parametrize(
    ("kind", "body", "word"),
    [
        ("image/png", reference.PNG, "an image (image/png)"),
        ("application/pdf", b"%PDF-1.7", "application/pdf"),
        ("application/octet-stream", b"<p>x", "application/octet-stream"),
        ("text/css", b"p {}", "text/css"),
        (HTML, reference.PNG, "is a picture"),
        (HTML, gzip.compress(b"<p>x", mtime=0), "is a compressed file"),
        (HTML, b"%PDF-1.7", "is a PDF"),
    ],
)
def test_what_is_no_text_is_refused_and_named(site, kind, body, word):
    with pytest.raises(Refused, match=word.replace("(", r"\(").replace(")", r"\)")) as caught:
        fetched(site.put(body, kind=kind))
    assert caught.value.code == "type_refused"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"<p>caf\xe9", "encoding"),
        (b"", "document_empty"),
        (b" \n", "document_empty"),
        (b"<p>" + b"x" * 10_485_760, "too_large"),
        (b"<p>x" * 30_000, "source_truncated"),
        (b"<b>" * 400_000, "source_truncated"),
    ],
    ids=["malformed", "empty", "blank", "too large", "30,000 blocks", "400,000 tags"],
)
def test_what_cannot_be_read_is_refused(site, body, code):
    assert refusal(site.put(body)) == code


@pytest.mark.parametrize(
    "target",
    ["https://169.254.169.254/latest/meta-data", "http://169.254.169.254/", "https://127.0.0.1/", "https://[::1]/",
     "https://localhost/", "file:///etc/passwd", "https://user:word@example.com/"],
)  # fmt: skip
def test_a_page_that_leads_into_the_private_network_is_refused(site, target):
    assert refusal(site.put("", location=target)) == "address_refused"
    assert len(site.asked()) == 1


def test_a_host_that_is_this_machine_by_another_name_is_refused_in_live(site, settings):
    ref = site.put("<p>x")
    settings.OUTBOUND = "live"
    assert refusal(ref) == "address_refused"
    assert (
        refusal(Ref(ref.key.replace("http://127.0.0.1", "https://localhost"))) == "address_refused"
    )
    assert site.asked() == []
    assert fetched(ref, trusted=[site.url]).text.markdown == "x\n"


def test_three_attempts_are_made_and_no_more(site):
    ref = site.put("<p>one")
    site.sandbox.fault("sources", "status:503", times=2)
    assert fetched(ref).text.markdown == "one\n"
    site.sandbox.fault("sources", "status:500", times=5)
    assert refusal(ref, Unavailable) == "status_500"
    assert [call["status"] for call in site.asked()] == [503, 503, 200, 500, 500, 500]


def test_a_long_wait_that_the_host_asks_for_is_left_to_the_caller(site):
    ref = site.put("<p>one")
    site.sandbox.fault("sources", "rate_limit:3600")
    with pytest.raises(Unavailable) as caught:
        fetched(ref)
    assert (caught.value.code, caught.value.retry_after_s) == ("rate_limited", 3600)
    assert len(site.asked()) == 1


def test_a_page_that_breaks_off_is_not_half_a_page(site):
    ref = site.put("<p>one " * 1_000)
    site.sandbox.fault("sources", "accept_then_drop", times=3)
    assert refusal(ref, Unavailable) == "source_truncated"


@pytest.mark.parametrize(
    ("typed", "key"),
    [
        (" https://a.example/x?y=1#z ", "https://a.example/x?y=1"),
        ("a.example/x", "https://a.example/x"),
        ("a.example:8443/x", "https://a.example:8443/x"),
        ("https://EXAMPLE.com", "https://example.com"),
        ("https://münchen.example/ä", "https://xn--mnchen-3ya.example/%C3%A4"),
    ],
)
def test_the_key_is_the_whole_address(typed, key):
    assert Web().normalized_key(typed) == key


@pytest.mark.parametrize(
    "typed", ["", "http://a.example/", "ftp://a.example/", "https://10.0.0.1/", "javascript:alert(1)", "mailto:a@b.example", "https://a b/"],
)  # fmt: skip
def test_what_is_no_public_address_is_no_key(typed):
    with pytest.raises(Refused) as caught:
        Web().normalized_key(typed)
    assert caught.value.code == "key_invalid"
