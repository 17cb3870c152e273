"""Facts that publishing announces."""

from django.dispatch import Signal

#: Deliveries have become due, so that workers need not wait for their next look. No arguments.
deliveries_due = Signal()

#: Purges of caches have become due. No arguments.
purges_due = Signal()

#: A part of a release was refused: it is not what was approved, or leads to a page that is not up.
#: Arguments: part (ReleasePart).
part_refused = Signal()

#: A release waits for a person. Arguments: release.
release_late = Signal()
