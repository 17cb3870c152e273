"""The alternative texts that people gave to the images of a document."""

from content.models import Document


def said(document: Document) -> dict[str, str]:
    """Return {name of an image: its alternative text}; "decorative" marks one that says nothing."""
    return dict(document.alt_texts.values_list("name", "text"))
