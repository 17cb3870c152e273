"""The review page of the desk: talk beside the rendering, comparisons with the bar, links shown once."""

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from approvals.models import Presence, ReviewClaim
from approvals.services import consolidation, reviews, talk
from tests.approvals.test_attachments import PDF
from tests.factories.approvals import approve, changed, request_changes
from tests.factories.people import PersonFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def review(draft, senior, manager):
    return reviews.submit(
        draft, by=draft.author, note="See [the notes](/admin/documents/3/#line-8)."
    )


@pytest.fixture
def at():
    def enter(person):
        person.is_staff = True
        person.save()
        client = Client()
        client.force_login(person)
        return client

    return enter


def page(client, review, rest=""):
    answer = client.get(f"/admin/reviews/{review.pk}/{rest}")
    assert answer.status_code == 200
    return answer.content.decode()


def test_what_is_said_stands_beside_the_rendering_and_scripts_are_text(at, review, senior):
    client = at(senior)
    said = {"text": "<script>alert(1)</script> **warmer**", "format": "linkedin",
            "quote": "let your shoulders drop", "must_fix": "1"}  # fmt: skip
    answer = client.post(f"/admin/reviews/{review.pk}/comment/", said)
    assert answer.status_code == 302
    html = page(client, review)
    assert "&lt;script&gt;alert(1)&lt;/script&gt; <strong>warmer</strong>" in html
    assert "must fix" in html
    assert 'href="/admin/documents/3/#line-8"' in html
    assert html.index('id="renditions"') < html.index('id="talk"')


def test_a_file_goes_with_a_comment_and_comes_back_as_a_download(
    at, review, senior, manager, settings, tmp_path
):
    settings.MEDIA_ROOT = tmp_path
    client = at(senior)
    said = {"text": "The offer", "format": "", "file": SimpleUploadedFile("offer.pdf", PDF)}
    client.post(f"/admin/reviews/{review.pk}/comment/", said)
    address = re.search(r'href="(/admin/attachments/\d+/)"', page(client, review))[1]
    answer = at(manager).get(address)
    assert b"".join(answer.streaming_content) == PDF
    assert answer["Content-Disposition"] == 'attachment; filename="offer.pdf"'
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert at(PersonFactory(group="contributor")).get(address).status_code in (403, 404)


def test_a_lying_file_keeps_the_comment_from_being_said_at_all(at, review, senior):
    client = at(senior)
    said = {"text": "Look", "format": "", "file": SimpleUploadedFile("scan.png", PDF)}
    client.post(f"/admin/reviews/{review.pk}/comment/", said)
    assert "not what its name says" in page(client, review)
    assert not review.threads.exists()


def test_who_looks_is_shown_and_reading_alone_writes_nothing(at, review, senior, manager):
    client = at(senior)
    page(client, review)
    assert not Presence.objects.exists()
    part = client.post(f"/admin/reviews/{review.pk}/presence/")
    client.post(f"/admin/reviews/{review.pk}/claim/")
    seals = re.search(r'data-seals="([^"]+)"', part.content.decode())[1]
    html = page(at(manager), review)
    assert f"{senior} looks at it until" in html
    assert f"{senior} is here" in html
    assert f'data-seals="{seals}"' in html

    changed(review.draft.renditions.get(format="web"), title="Three quiet minutes")
    fresh = at(manager).post(f"/admin/reviews/{review.pk}/presence/").content.decode()
    assert f'data-seals="{seals}"' not in fresh  # by which the page pauses its buttons


def test_a_claim_ends_by_itself(review, senior, manager):
    from approvals.services import claims

    claims.claim(review, by=senior)
    ReviewClaim.objects.update(until=timezone.now())
    assert claims.current(review) is None
    assert claims.claim(review, by=manager).person == manager


def test_the_author_answers_in_the_list_and_the_next_round_shows_it(at, review, senior, draft):
    request_changes(review, senior)
    author = at(draft.author)
    html = page(author, review)
    (key,) = set(re.findall(r'name="done-(\d+)"', html))
    assert "Answer what was asked" in author.get(f"/admin/drafts/{draft.pk}/").content.decode()
    author.post(
        f"/admin/reviews/{review.pk}/answers/",
        {f"done-{key}": "no", f"why-{key}": "Legal says so."},
    )
    assert consolidation.unanswered(review) == []
    author.post(f"/admin/drafts/{draft.pk}/submit/", {"note": ""})
    html = page(at(senior), review)
    assert "What was asked for in the last round" in html
    assert "Legal says so." in html


def test_each_comparison_is_a_page_from_which_one_can_decide(at, review, senior, manager, settings):
    settings.RENDITION_LIVE = "tests.approvals.test_comparisons.out_now"
    approve(review, senior)
    changed(review.draft.renditions.get(format="linkedin"), text="Breathe out.")
    html = page(at(senior), review, "compare/?since=approval")
    assert "<del>" in html
    assert "Beside what you approved" in html
    assert 'data-dialog="approve-dialog"' in html
    for since, words in (("live", "Beside what is out since"), ("source", "Its sources say what")):
        html = page(at(manager), review, f"compare/?since={since}")
        assert words in html
        assert 'data-dialog="approve-dialog"' in html


def test_the_address_of_a_link_is_on_one_page_and_nowhere_afterwards(at, review, senior):
    client = at(senior)
    given = {"person_name": "Pia Lund", "email": "pia@partner.example", "days": "3",
             "stage": str(review.stages.get().pk)}  # fmt: skip
    made = client.post(f"/admin/reviews/{review.pk}/share/", given).content.decode()
    address = re.search(r"/review/[\w-]{43}", made)[0]
    assert address not in page(client, review)
    assert Client().get(address).status_code == 200
    link = review.links.get()
    client.post(f"/admin/links/{link.pk}/revoke/")
    assert Client().get(address).status_code == 404


def test_the_talk_of_a_page_costs_the_same_however_much_is_said(
    at, review, senior, django_assert_max_num_queries
):
    client = at(senior)
    for number in range(3):
        talk.open_thread(review, by=senior, text=f"One {number}")
    page(client, review)
    with django_assert_max_num_queries(120) as few:
        page(client, review)
    for number in range(20):
        thread = talk.open_thread(review, by=senior, text=f"More {number}")
        talk.reply(thread, by=senior, text="Yes")
    with django_assert_max_num_queries(len(few.captured_queries)):
        page(client, review)
