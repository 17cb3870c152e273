"""What the content app announces. Each is sent inside the transaction that makes it true."""

from django.dispatch import Signal

document_read = Signal()  # document, job: a complete reading was saved
draft_changed = Signal()  # draft, fields: the names of what changed
rendition_changed = Signal()  # rendition: its bytes, media or template are others now
