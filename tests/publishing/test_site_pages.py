"""The pages on our own site: reachable at their release, cached, listed, archived, gone."""

import json
import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from lxml import etree

from publishing.models import Delivery, Page
from publishing.services import accounts, rehearsals, releases, sender, site
from tests.factories import PersonFactory
from tests.factories.publishing import make_account, make_release, wall_now
from tests.publishing.channels.test_site import PAGE

pytestmark = pytest.mark.django_db
ATOM = "{http://www.w3.org/2005/Atom}"
KEY = "0" * 32


@pytest.fixture
def browser():
    return Client()


def put(slug="slower-mornings", folder="updates", key=KEY, **changes):
    path = f"/{folder}/{slug}"
    content = PAGE | {"slug": slug, "path": path} | changes
    return site.publish(content, key=key, at=timezone.now())


def test_a_page_is_reachable_at_its_release_and_not_before(browser, settings, tmp_path):
    settings.HALCYTONE_HOME, settings.OUTBOUND = tmp_path, "sandbox"
    settings.SANDBOX_PORTS = {}
    make_account("web", channel="site", endpoint="", from_email="")
    release = make_release("web", slot_wall=wall_now(), contents={"web": PAGE})
    assert browser.get(PAGE["path"]).status_code == 404
    releases.start(release)
    sender.work("w1")
    row = Delivery.objects.get()
    assert row.state == "confirmed", row.error
    assert row.url == f"{settings.PRESS_URL}{PAGE['path']}"
    page = browser.get(PAGE["path"])
    assert page.status_code == 200
    html = page.content.decode()
    assert f'<meta name="x-release" content="{row.idempotency_key}">' in html
    assert PAGE["html"] in html
    release.refresh_from_db()
    assert release.status == "done"


def test_a_page_carries_what_search_engines_and_shares_read(browser):
    put()
    html = browser.get(PAGE["path"]).content.decode()
    assert f'<link rel="canonical" href="{PAGE["canonical"]}">' in html
    assert '<meta property="og:title" content="Slower mornings">' in html
    assert f'<meta name="description" content="{PAGE["seo_description"]}">' in html
    data = re.search(r'<script type="application/ld\+json">(.*?)</script>', html)[1]
    assert json.loads(data)["@type"] == "BlogPosting"
    assert "noindex" not in html


def test_whoever_has_a_page_is_told_so_until_it_changes(browser):
    page = put()
    first = browser.get(PAGE["path"])
    assert first["Cache-Control"] == "public, max-age=300"
    again = browser.get(PAGE["path"], headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content, again["ETag"]) == (304, b"", first["ETag"])
    since = browser.get(PAGE["path"], headers={"If-Modified-Since": first["Last-Modified"]})
    assert since.status_code == 304
    later = timezone.now() + timedelta(minutes=1)
    site.change(page.pk, PAGE | {"title": "Other words"}, key="1" * 32, at=later)
    changed = browser.get(PAGE["path"], headers={"If-None-Match": first["ETag"]})
    assert changed.status_code == 200
    assert "Other words" in changed.content.decode()
    assert "Set-Cookie" not in changed.headers


def test_a_page_runs_no_script_and_only_reading_is_allowed(browser):
    put()
    answer = browser.get(PAGE["path"])
    assert answer["Content-Security-Policy"].startswith("default-src 'none'")
    assert browser.post(PAGE["path"]).status_code == 405
    assert browser.head(PAGE["path"]).status_code == 200


def test_a_withdrawn_page_is_gone_and_listed_nowhere(browser):
    page = put()
    site.withdraw(page.pk)
    gone = browser.get(PAGE["path"])
    assert gone.status_code == 410
    assert "This page was withdrawn" in gone.content.decode()
    for path in ("/updates/", "/updates/feed.xml", "/sitemap.xml"):
        assert PAGE["path"] not in browser.get(path).content.decode()


def test_an_archived_page_stays_at_its_address_alone(browser):
    page = put()
    site.archive(page.pk)
    shown = browser.get(PAGE["path"])
    assert shown.status_code == 200
    assert '<meta name="robots" content="noindex">' in shown.content.decode()
    assert PAGE["path"] not in browser.get("/updates/").content.decode()


def test_the_index_lists_pages_newest_first_page_by_page(browser):
    for number in range(25):
        put(f"page-{number}", key=f"{number:032x}", title=f"Page <{number}>")
    first = browser.get("/updates/").content.decode()
    shown = re.findall(r'href="/updates/(page-\d+)"', first)
    assert shown == [f"page-{number}" for number in range(24, 4, -1)]
    assert "Page &lt;24&gt;" in first
    assert 'href="?page=2" rel="next"' in first
    assert "page-4" in browser.get("/updates/?page=2").content.decode()
    assert browser.get("/updates").status_code == 200
    etag = browser.get("/updates/")["ETag"]
    assert browser.get("/updates/", headers={"If-None-Match": etag}).status_code == 304


def test_the_index_costs_two_queries_whatever_is_published(browser, django_assert_num_queries):
    for number in range(25):
        put(f"page-{number}", key=f"{number:032x}")
    with django_assert_num_queries(2):
        browser.get("/updates/")


def test_an_empty_site_says_so(browser):
    assert "Nothing is published yet" in browser.get("/updates/").content.decode()


def test_the_feed_holds_the_whole_text(browser, settings):
    put()
    put("another", "blog", key="1" * 32, title="Ä & <b>")
    answer = browser.get("/updates/feed.xml")
    assert answer["Content-Type"].startswith("application/atom+xml")
    root = etree.fromstring(answer.content)
    entries = root.findall(f"{ATOM}entry")
    assert [entry.find(f"{ATOM}title").text for entry in entries] == ["Ä & <b>", PAGE["title"]]
    assert entries[1].find(f"{ATOM}link").get("href") == f"{settings.PRESS_URL}{PAGE['path']}"
    assert entries[1].find(f"{ATOM}content").text == PAGE["html"]
    assert entries[1].find(f"{ATOM}updated") is not None


def test_the_sitemap_names_every_page_with_its_date(browser, settings):
    page = put("other", "blog")
    root = etree.fromstring(browser.get("/sitemap.xml").content)
    locs = [one.text for one in root.iter("{http://www.sitemaps.org/schemas/sitemap/0.9}loc")]
    assert locs == [f"{settings.PRESS_URL}/blog/other"]
    assert str(page.published_at.year) in browser.get("/sitemap.xml").content.decode()


def test_an_account_of_our_site_needs_no_server():
    account = make_account("web", channel="site", endpoint="", from_email="")
    assert accounts.problems(account) == []
    assert Page.objects.count() == 0


def test_a_character_that_xml_cannot_hold_leaves_the_feed_whole(browser):
    put(title="Slower\x0bmornings", html="<p>One\x0ctwo\ufffe</p>")
    for path in ("/updates/", "/updates/feed.xml", "/sitemap.xml"):
        assert browser.get(path).status_code == 200
    entry = etree.fromstring(browser.get("/updates/feed.xml").content).find(f"{ATOM}entry")
    assert entry.find(f"{ATOM}content").text == "<p>One two </p>"


def test_a_rehearsal_puts_no_page_on_the_site(settings, tmp_path):
    settings.HALCYTONE_HOME, settings.OUTBOUND = tmp_path, "sandbox"
    settings.SANDBOX_PORTS = {}
    make_account("web", channel="site", endpoint="", from_email="")
    release = make_release("web", contents={"web": PAGE})
    board = rehearsals.ask(release, by=PersonFactory(group="marketing_manager"))
    assert board.checks.get(name="pipeline").verdict == "go"
    assert not Page.objects.exists()
