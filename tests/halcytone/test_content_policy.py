"""What browsers may run and load on our pages."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from segmentation import unsubscribe
from tests.factories.approvals import rendered_draft
from tests.factories.content import DocumentFactory
from tests.factories.people import PersonFactory
from tests.factories.segmentation import make_contact

pytestmark = pytest.mark.django_db
INLINE = re.compile(r"<script(?![^>]*(\bsrc=|type=\"application/json))|\son[a-z]+=\"|javascript:")


@pytest.fixture
def client():
    client = Client()
    client.force_login(PersonFactory(group="admin", is_staff=True))
    return client


def rules(answer):
    found = answer.headers["Content-Security-Policy"]
    return {words.split()[0]: words.split()[1:] for words in found.split("; ")}


@pytest.mark.parametrize("name", ["content:drafts", "publishing:ledger", "segmentation:contacts"])
def test_pages_of_the_desk_run_their_own_scripts_alone(client, name):
    answer = client.get(reverse(name))
    assert answer.status_code == 200
    assert rules(answer)["default-src"] == rules(answer)["script-src"] == ["'self'"]
    assert rules(answer)["frame-ancestors"] == rules(answer)["base-uri"] == ["'none'"]
    assert not INLINE.search(answer.content.decode())


@pytest.mark.parametrize("page", ["access_user_changelist", "publishing_account_add"])
def test_pages_of_rows_run_what_they_are_written_for_and_nothing_inline(client, page):
    answer = client.get(reverse(f"admin:{page}"))
    assert rules(answer)["script-src"] == ["'self'", "'unsafe-eval'"]
    assert not INLINE.search(answer.content.decode())


def test_the_page_of_the_api_has_its_script_in_a_file(client):
    answer = client.get("/api/docs")
    assert rules(answer)["script-src"] == ["'self'"]
    assert not INLINE.search(answer.content.decode())


def test_the_pages_behind_the_links_of_mails_have_it_too(client):
    token = unsubscribe.token(make_contact().pk)
    answer = Client().get("/unsubscribe", {"u": token})
    assert answer.status_code == 200
    assert rules(answer)["script-src"] == ["'self'"]


def test_a_frame_keeps_its_stricter_policy(client):
    rendition = rendered_draft().renditions.first()
    answer = client.get(reverse("content:rendition-frame", args=[rendition.pk]))
    assert rules(answer)["default-src"] == ["'none'"]
    assert "sandbox" in rules(answer)
    assert answer.headers["X-Frame-Options"] == "SAMEORIGIN"


def test_a_recipe_that_is_no_number_is_not_found(client):
    page = reverse("content:document-assemble", args=[DocumentFactory().pk])
    assert client.post(page, {"recipe": "x"}).status_code == 404
