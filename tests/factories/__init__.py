"""Rows for tests, one module per app. Import the factories from here."""

from tests.factories.content import (
    DocumentFactory,
    DraftFactory,
    ItemFactory,
    RevisionFactory,
    SnapshotFactory,
)
from tests.factories.people import PersonFactory

__all__ = [
    "DocumentFactory",
    "DraftFactory",
    "ItemFactory",
    "PersonFactory",
    "RevisionFactory",
    "SnapshotFactory",
]
