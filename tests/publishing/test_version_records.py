"""The version record of a text: where it went out, and when first, as the ledger says."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from content.models import DraftPiece, RenditionVersion
from publishing import standings
from publishing.models import Delivery, Release
from tests.api import Api
from tests.factories import ItemFactory, RevisionFactory
from tests.factories.content import SnapshotFactory
from tests.factories.publishing import make_release

pytestmark = pytest.mark.django_db


@pytest.fixture
def text(press):
    snapshot = SnapshotFactory(source_version="rev-7")
    item = ItemFactory(document=snapshot.document, snapshot=snapshot)
    return RevisionFactory(item=item, snapshot=snapshot)


def sent(release, text, format, at, **changes):
    """A delivery of a format of this release, whose bytes were made of the text."""
    part = release.parts.get(format=format)
    version, _ = RenditionVersion.objects.get_or_create(
        rendition=part.rendition, number=1, defaults={"body": part.seal.body}
    )
    version.revisions.add(text)
    number = Delivery.objects.count()
    values = {"state": "confirmed", "confirmed_at": at, "provider_id": "id", **changes}
    return Delivery.objects.create(
        release=release, part_of=part, account=part.account, target=f"to-{number}",
        idempotency_key=f"key-{number}", **values,
    )  # fmt: skip


def test_the_first_confirmed_delivery_of_each_channel_counts(text):
    first, then = timezone.now() + timedelta(minutes=1), timezone.now() + timedelta(minutes=2)
    release = make_release("newsletter", "web", "x", people=1)
    sent(release, text, "newsletter", then)
    sent(release, text, "newsletter", first)
    sent(release, text, "web", then)
    sent(release, text, "x", None, state="failed")
    assert standings.channels_of([text]) == {text.pk: {"email": first, "web": then}}


def test_a_rehearsal_and_a_format_it_is_not_meant_for_do_not_count(text):
    soon = timezone.now() + timedelta(minutes=1)
    release = make_release("web", "x")
    text.fields = {"channels": ["web"]}
    text.save()
    sent(release, text, "x", soon)
    dry = make_release("web", slot_wall="2026-12-02T10:00")
    Release.objects.filter(pk=dry.pk).update(is_dry=True)
    sent(dry, text, "web", soon)
    assert standings.channels_of([text]) == {text.pk: {}}
    assert standings.channels_of([]) == {}


def test_what_the_draft_holds_later_did_not_go_out(text):
    soon = timezone.now() + timedelta(minutes=1)
    release = make_release("web")
    sent(release, text, "web", soon)
    later = RevisionFactory(item=text.item, snapshot=text.snapshot)
    DraftPiece.objects.create(draft=release.draft, revision=later, position=1)
    anew = RenditionVersion.objects.create(
        rendition=release.parts.get().rendition, number=2, body="made anew, not approved"
    )
    anew.revisions.add(later)
    assert standings.channels_of([text, later]) == {text.pk: {"web": soon}, later.pk: {}}


def test_the_record_stands_at_the_revision_and_in_the_list(text):
    soon = timezone.now() + timedelta(minutes=1)
    sent(make_release("web"), text, "web", soon)
    api = Api.of("editor")
    shown = api.get(f"revisions/{text.pk}").json()
    assert api.get(f"items/{text.item_id}/revisions").json()["results"] == [shown]
    assert {name: shown[name] for name in ("version_id", "content_hash", "source_document_version")} == {
        "version_id": str(text.pk), "content_hash": text.sha256, "source_document_version": "rev-7",
    }  # fmt: skip
    assert shown["channels_published"] == {"web": soon.isoformat().replace("+00:00", "Z")}
    edited = api.post(f"items/{text.item_id}/revisions", {"title": "Another", "reason": "why"})
    assert (edited.json()["channels_published"], edited.json()["source_document_version"]) == (
        {},
        None,
    )


def test_a_page_of_records_asks_the_ledger_once(text):
    api = Api.of("editor")
    sent(make_release("web"), text, "web", timezone.now() + timedelta(minutes=1))

    def asked():
        with CaptureQueriesContext(connection) as queries:
            results = api.get(f"items/{text.item_id}/revisions").json()["results"]
        ledger = [one for one in queries.captured_queries if "publishing_delivery" in one["sql"]]
        return len(results), len(queries), len(ledger)

    asked()  # the first call also notes that the key was used
    _, before, _ = asked()
    for _ in range(8):
        RevisionFactory(item=text.item, snapshot=text.snapshot)
    assert asked() == (9, before, 1)
