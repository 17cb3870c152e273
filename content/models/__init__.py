"""What it says, and where that came from."""

from content.models.documents import Document, Item, Revision, Snapshot, SyncJob
from content.models.drafts import (
    Authorship,
    Draft,
    DraftPiece,
    Finding,
    Recipe,
    Rendition,
    RenditionVersion,
)
from content.models.words import ContentType, FormatName, Section

__all__ = [
    "Authorship",
    "ContentType",
    "Document",
    "Draft",
    "DraftPiece",
    "Finding",
    "FormatName",
    "Item",
    "Recipe",
    "Rendition",
    "RenditionVersion",
    "Revision",
    "Section",
    "Snapshot",
    "SyncJob",
]
