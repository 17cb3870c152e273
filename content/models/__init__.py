"""What it says, and where that came from."""

from content.models.alts import AltText
from content.models.documents import Asset, Document, Item, Revision, Snapshot, SyncJob
from content.models.drafts import (
    Authorship,
    Draft,
    DraftPiece,
    Finding,
    Recipe,
    Rendition,
    RenditionVersion,
)
from content.models.drifts import Drift, Usage
from content.models.notices import Notice, SourceCursor, SourceHost
from content.models.resemblances import Resemblance
from content.models.words import ContentType, FormatName, Section

__all__ = [
    "AltText",
    "Asset",
    "Authorship",
    "ContentType",
    "Document",
    "Draft",
    "DraftPiece",
    "Drift",
    "Finding",
    "FormatName",
    "Item",
    "Notice",
    "Recipe",
    "Rendition",
    "RenditionVersion",
    "Resemblance",
    "Revision",
    "Section",
    "Snapshot",
    "SourceCursor",
    "SourceHost",
    "SyncJob",
    "Usage",
]
