"""Who may read which rows of the chain."""

from typing import Any

from django.db.models import QuerySet

from halcytone.lib import rights
from halcytone.lib.audit.models import Entry

ALL, OWN, VERIFY = "audit.view_entry", "audit.view_own_entry", "audit.verify_chain"


def visible_to(person: Any) -> QuerySet[Entry]:
    """Return the rows that this person may see: all, or those of her own acts."""
    if rights.may(person, ALL):
        return Entry.objects.all()
    if rights.may(person, OWN):
        return Entry.objects.filter(actor_id=person.pk)
    return Entry.objects.none()
