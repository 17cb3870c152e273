"""Documents, items and drafts. Rows come from the services where a service makes them."""

import zlib
from datetime import date

import factory

from content.models import Document, Draft, Drift, Item, Notice, Revision, Snapshot
from content.services import drafts, revisions
from tests.factories.people import PersonFactory

TEXT = (
    "Sit, let your shoulders drop, breathe in for four counts and out for six. Repeat ten times, "
    "which takes about two minutes."
)


class DocumentFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Document

    name = factory.Sequence(lambda number: f"Notes {number}")
    kind = Document.Kind.INLINE
    data = b"## [Tips] Small habits\n"
    owner = factory.SubFactory(PersonFactory)
    given_by = factory.SelfAttribute("owner")


class SnapshotFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Snapshot

    document = factory.SubFactory(DocumentFactory)
    source_version = "sha256:0"
    fingerprint = "0" * 64
    asked_strategy = "auto"
    zone = "America/New_York"
    strategy = "living"
    decided_by = "line 1"
    raw = zlib.compress(b"")
    size_bytes = 0


class ItemFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Item

    document = factory.SubFactory(DocumentFactory)
    snapshot = factory.SubFactory(SnapshotFactory, document=factory.SelfAttribute("..document"))
    key = factory.Sequence(lambda number: f"key-{number}")


class RevisionFactory(factory.django.DjangoModelFactory):
    """A revision, which becomes the head of its item."""

    class Meta:
        model = Revision
        skip_postgeneration_save = True

    item = factory.SubFactory(ItemFactory)
    number = factory.LazyAttribute(lambda revision: revision.item.revisions.count() + 1)
    origin = Revision.Origin.SOURCE
    author = factory.SelfAttribute("item.document.owner")
    title = factory.Sequence(lambda number: f"Two quiet minutes, part {number}")
    content = TEXT
    section = "tips"
    type = "update"
    on = date(2026, 11, 23)
    priority = 3
    is_featured = False
    is_weekly = False
    fields = factory.LazyFunction(dict)
    sha256 = factory.LazyAttribute(
        lambda revision: revisions.digest(
            {name: getattr(revision, name) for name in revisions.TEXT}
        )
    )

    @factory.post_generation
    def head(self, create, extracted):
        self.item.head = self
        self.item.save(update_fields=["head"])


class DraftFactory(factory.django.DjangoModelFactory):
    """A draft as `drafts.create` makes it; `author` may be any person with the right to."""

    class Meta:
        model = Draft

    type = "update"
    title = "Two quiet minutes for the office"
    author = factory.SubFactory(PersonFactory, group="editor")

    @classmethod
    def _create(cls, model_class, *args, author, revisions=None, **settings):
        revisions = revisions or [RevisionFactory()]
        return drafts.create(by=author, revisions=revisions, **settings)


def make_drift(rendition, document, **changes):
    """A sentence of a rendition whose source changed, under a notice of its own."""
    notice = Notice.objects.create(document=document, kind=Notice.Kind.DRIFT, text="It changed.")
    values = {
        "change": "changed",
        "where": "text",
        "sentence": "Sit, and breathe.",
        "old_text": "Sit, and breathe.",
        "new_text": "Sit, and breathe out.",
        "new_sentence": "Sit, and breathe out.",
        **changes,
    }
    return Drift.objects.create(notice=notice, rendition=rendition, **values)
