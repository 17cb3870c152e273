"""What the edition did on its slot: books, mails, thread and page, as people find them."""

import re
from datetime import UTC, datetime, timedelta

import httpx

from tests.e2e.edition import NEW_YORK


def test_it_leaves_on_its_slot_and_the_books_balance_with_every_number_a_link(
    release, press, at_desk, edition
):
    left = press.one(
        "SELECT min(confirmed_at) FROM publishing_delivery WHERE release_id = ?", release
    )
    slot = datetime.fromisoformat(edition["wall"]).replace(tzinfo=NEW_YORK)
    left = datetime.fromisoformat(left).replace(tzinfo=UTC)
    assert timedelta() <= left - slot < timedelta(seconds=60)
    page = at_desk("editor").page
    page.goto(f"/admin/releases/{release}/")
    books = page.locator("#books")
    assert "Done" in books.inner_text()
    assert "balanced" in books.inner_text()
    links = books.get_by_role("link").evaluate_all(
        "links => links.map(one => [one.getAttribute('href'), parseInt(one.innerText)])"
    )
    assert len(links) >= 8
    for address, number in links:
        page.goto(address)
        assert rows_behind(page) == number, address


def rows_behind(page):
    """Count the rows of a list, over all of its pages."""
    count = page.locator("table.list tbody tr").count()
    while page.locator("a[rel=next]").count():
        page.locator("a[rel=next]").click()
        count += page.locator("table.list tbody tr").count()
    return count


def test_the_mailbox_has_one_mail_for_everybody_who_agreed(release, press, stranger):
    subject = press.one(
        "SELECT subject FROM content_draft JOIN publishing_release ON draft_id = content_draft.id"
        " WHERE publishing_release.id = ?",
        release,
    )
    page = stranger().page
    page.goto(press.mailbox)
    page.get_by_label("Address or subject").fill("reader0040@readers.example")
    page.get_by_role("button", name="Search").click()
    page.locator("a.name").first.click()
    assert page.frame_locator("iframe").get_by_text("The first screen now waits").count()
    mails = httpx.get(f"{press.mailbox}/_sandbox/requests").json()
    assert mails, subject


def test_the_thread_stands_in_order_and_the_page_is_published(release, press, stranger):
    page = stranger().page
    parts = press.rows(
        "SELECT part, provider_id FROM publishing_delivery JOIN publishing_releasepart"
        " ON part_of_id = publishing_releasepart.id"
        " WHERE publishing_delivery.release_id = ? AND format = 'x' ORDER BY part",
        release,
    )
    page.goto(press.x)
    thread = page.locator("ol.thread").filter(has_text="patience")
    assert thread.locator("li").count() == len(parts) >= 1
    counters = re.findall(r"(\d+) of (\d+)", thread.inner_text())
    assert [int(number) for number, _ in counters] == [number for number, _ in parts]
    address = press.one(
        "SELECT url FROM publishing_delivery JOIN publishing_releasepart"
        " ON part_of_id = publishing_releasepart.id"
        " WHERE publishing_delivery.release_id = ? AND format = 'web'",
        release,
    )
    page.goto(press.platform)
    page.locator(f"a[href$='/{address.rsplit('/', 1)[1]}']").click()
    assert page.get_by_text("Three windows, three breaths").count()


def test_the_posts_stand_on_linkedin_and_facebook_as_the_ledger_names_them(
    release, press, stranger
):
    page = stranger().page
    for format, place in (("linkedin", press.linkedin), ("facebook", press.meta)):
        rows = press.rows(
            "SELECT part, provider_id, url FROM publishing_delivery JOIN publishing_releasepart"
            " ON part_of_id = publishing_releasepart.id"
            " WHERE publishing_delivery.release_id = ? AND format = ? AND state = 'confirmed'"
            " ORDER BY part",
            release,
            format,
        )
        assert rows, format
        assert rows[0][2] == f"{place}/#{rows[0][1]}"
        page.goto(place)
        post = page.locator(f'article[id="{rows[0][1]}"]')
        assert "patience" in post.inner_text().lower()
        assert post.locator(".below li").count() == len(rows) - 1
