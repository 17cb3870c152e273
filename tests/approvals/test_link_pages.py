"""The page behind a review link, as browsers, scanners and a person come to it."""

import re

import pytest
from django.test import Client

from approvals.models import Decision, LinkOpening, Review, ReviewLink, Seal
from approvals.services import links, reviews, talk
from content.models import Rendition
from halcytone import logs
from tests.approvals.test_links import PARTNER, _policy  # noqa: F401  (a fixture that every test uses)
from tests.factories.approvals import changed, shown

pytestmark = pytest.mark.django_db


@pytest.fixture
def review(draft, senior):
    return reviews.submit(draft, by=draft.author)


@pytest.fixture
def link(review, senior):
    link, token = links.create(review, by=senior, stage=review.stages.get(), **PARTNER)
    link.path = f"/review/{token}"
    return link


@pytest.fixture
def browser():
    """A browser with nothing but this page; it keeps cookies and obeys CSRF."""
    return Client(enforce_csrf_checks=True)


def form(page, **typed):
    """What the decision form of a page sends, with what was typed."""
    html = page.content.decode()
    form = html[html.index('id="decide"') : html.index("</form>", html.index('id="decide"'))]
    fields = dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', form))
    formats = re.findall(r'name="formats" value="([^"]+)"', form)
    return fields | {"formats": formats, "verdict": "approve"} | typed


def state():
    """Everything that reading must not change."""
    return [
        list(model.objects.order_by("pk").values())
        for model in (Review, ReviewLink, Decision, Seal, Rendition)
    ]


def test_a_hundred_gets_and_heads_and_forms_without_the_code_change_nothing(link, browser):
    before = state()
    page = browser.get(link.path)
    for number in range(100):
        answer = browser.get(link.path) if number % 2 else browser.head(link.path)
        assert answer.status_code == 200
        assert browser.post(link.path, form(page, code="")).status_code == 422
        assert browser.post(f"{link.path}/comment", form(page)).status_code == 422
        assert Client(enforce_csrf_checks=True).post(link.path, {"code": "x"}).status_code == 403
    assert state() == before
    assert not link.review.threads.exists()
    assert 1 <= LinkOpening.objects.count() <= 3  # a row a minute


def test_the_typed_code_decides_once_and_a_second_post_answers_409(link, browser):
    page = browser.get(link.path)
    assert link.code in page.content.decode()
    sent = form(page, code=link.code.lower(), comment="Good.")

    first = browser.post(link.path, sent)
    assert (first.status_code, first["Location"]) == (303, link.path)
    second = browser.post(link.path, sent)
    assert second.status_code == 409
    assert "already decided" in second.content.decode()
    assert link.decisions.count() == 3
    after = browser.get(link.path).content.decode()
    assert "You answered: approve" in after
    assert 'id="decide"' not in after


def test_the_page_cannot_be_kept_indexed_framed_or_told_of(link, browser):
    for path in (link.path, f"{link.path}/look/newsletter"):
        answer = browser.get(path)
        assert answer.status_code == 200
        assert answer["Cache-Control"] == "no-store, private"
        assert "noindex" in answer["X-Robots-Tag"]
        assert answer["Referrer-Policy"] == "same-origin"
    assert "frame-ancestors 'none'" in browser.get(link.path)["Content-Security-Policy"]
    assert "sandbox" in browser.get(f"{link.path}/look/web")["Content-Security-Policy"]


def test_a_wrong_revoked_or_ended_link_says_the_same(link, browser, senior):
    wrong = browser.get("/review/" + "x" * 43)
    links.revoke(link, by=senior)
    revoked = browser.get(link.path)
    assert (wrong.status_code, revoked.status_code) == (404, 404)
    assert wrong.content == revoked.content
    assert wrong["Cache-Control"] == "no-store, private"


def test_five_wrong_codes_lock_it_behind_the_same_page(link, browser):
    page = browser.get(link.path)
    answers = [browser.post(link.path, form(page, code="WRONG1")) for _ in range(5)]
    assert [answer.status_code for answer in answers] == [403] * 4 + [404]
    assert browser.get(link.path).status_code == 404


def test_a_script_in_a_comment_is_text_and_what_is_internal_is_not_there(
    link, browser, review, senior
):
    talk.open_thread(review, by=senior, text="Between us: INTERNAL")
    talk.open_thread(review, by=senior, text="<script>alert(1)</script>", is_shared=True)
    page = browser.get(link.path)
    html = page.content.decode()
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html
    assert "<script>alert" not in html
    assert "INTERNAL" not in html

    token = form(page)["csrfmiddlewaretoken"]
    said = {
        "csrfmiddlewaretoken": token,
        "text": "<b>Bold?</b>",
        "format": "web",
        "quote": "Breathe",
    }
    assert browser.post(f"{link.path}/comment", said).status_code == 303
    assert "&lt;b&gt;Bold?&lt;/b&gt;" in browser.get(link.path).content.decode()


def test_no_other_object_is_reached_with_it(link, browser, review):
    assert browser.get(f"/admin/reviews/{review.pk}/").status_code == 302
    assert browser.get(f"/api/v1/reviews/{review.pk}").status_code == 401
    assert browser.get(f"{link.path}/look/facebook").status_code == 404
    html = browser.get(link.path).content.decode()
    assert "/admin/" not in html


def test_what_changed_while_she_read_answers_409_and_records_nothing(link, browser, review):
    page = browser.get(link.path)
    changed(review.draft.renditions.get(format="web"), title="Three quiet minutes")
    answer = browser.post(link.path, form(page, code=link.code, comment="Typed with care"))
    assert answer.status_code == 409
    assert "It changed while you were reading" in answer.content.decode()
    assert "Typed with care" in answer.content.decode()
    assert not link.decisions.exists()
    again = form(answer, code=link.code)
    assert again["shown-web"] == shown(review.draft)["web"]
    assert browser.post(link.path, again).status_code == 303


def test_no_line_of_the_log_holds_the_token(link, browser, caplog):
    line = logs.without_tokens(None, "", {"event": f"Not Found: {link.path}/look/x", "status": 404})
    assert link.path.removeprefix("/review/") not in str(line)
    assert line["status"] == 404
