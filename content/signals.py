"""What the content app announces. Each is sent inside the transaction that makes it true."""

from django.dispatch import Signal

document_read = Signal()  # document, job: a complete reading was saved
draft_changed = Signal()  # draft, fields: the names of what changed
rendition_changed = Signal()  # rendition: its bytes, media or template are others now
notice_opened = Signal()  # notice: something its owner should know
reading_asked = Signal()  # job: it waits for a worker
change_told = Signal()  # kind: a source of this kind said that something changed
source_drifted = Signal()  # notice, document: sentences of renditions come from what changed
