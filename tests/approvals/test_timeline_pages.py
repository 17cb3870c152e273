"""The timeline on the desk, its files, and the check that needs nothing of ours."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from approvals.services import reviews
from halcytone.lib.audit import evidence, signing
from publishing.models import Release
from tests.factories import PersonFactory
from tests.factories.approvals import approve, request_changes

pytestmark = pytest.mark.django_db
GUIDE = Path(__file__).parents[2] / "docs" / "audit.md"


@pytest.fixture
def legal(client):
    person = PersonFactory(group="legal", is_staff=True, zone="Europe/Paris")
    client.force_login(person)
    return person


def test_it_tells_who_did_what_with_quotes_both_zones_and_the_way_to_the_difference(
    client, legal, draft, senior, manager
):
    review = reviews.submit(draft, by=draft.author, note="The date is new.")
    approve(review, manager)
    request_changes(review, senior)
    page = client.get(f"/admin/reviews/{review.pk}/timeline/").content.decode()
    for text in ("Submitted", "The date is new.", "Sena Orr as Senior editor", "Tone: Warmer.",
                 "Newsletter, Web page, LinkedIn", "New York", "Paris"):  # fmt: skip
        assert text in page, text
    assert f'href="/admin/reviews/{review.pk}/evidence/json/"' in page


def test_publication_and_holds_stand_there(client, legal, draft, senior, manager):
    review = reviews.submit(draft, by=draft.author)
    approve(review, senior)
    approve(review, manager)
    reviews.recall(review, by=manager, reason="A figure is wrong.")
    release = Release.objects.get()
    page = client.get(f"/admin/reviews/{review.pk}/timeline/").content.decode()
    for text in ("Release planned", "Recalled", "A figure is wrong.", "Held"):
        assert text in page, text
    assert f'href="/admin/releases/{release.pk}/"' in page


def test_the_files_are_signed_and_for_those_who_may_read_the_chain(
    client, legal, draft, senior, manager
):
    review = reviews.submit(draft, by=draft.author)
    for form, ending in (("json", "json"), ("markdown", "md")):
        answer = client.get(f"/admin/reviews/{review.pk}/evidence/{form}/")
        assert f'filename="review-{review.pk}.{ending}"' in answer["Content-Disposition"]
        assert evidence.problems_of(answer.content.decode(), key=signing.public_key()) == []
    assert client.get(f"/admin/reviews/{review.pk}/evidence/pdf/").status_code == 404

    client.force_login(PersonFactory(group="editor", is_staff=True))
    assert client.get(f"/admin/reviews/{review.pk}/evidence/json/").status_code == 403
    page = client.get(f"/admin/reviews/{review.pk}/timeline/").content.decode()
    assert "Export as JSON" not in page


def test_the_check_of_the_guide_needs_nothing_of_ours(
    client, legal, draft, senior, manager, tmp_path
):
    review = reviews.submit(draft, by=draft.author, note="Zoë: 10 €")
    document = client.get(f"/admin/reviews/{review.pk}/evidence/json/").content
    code = re.search(r"```python\n(.*?)```", GUIDE.read_text(), re.DOTALL)[1]
    file = tmp_path / "evidence.json"
    command = [sys.executable, "-c", code, str(file), signing.public_key()]
    file.write_bytes(document)
    assert subprocess.run(command, capture_output=True).returncode == 0
    content = json.loads(document) | {"exported_by": "Eve"}
    file.write_text(json.dumps(content), encoding="utf-8")
    assert subprocess.run(command, capture_output=True).returncode == 1
