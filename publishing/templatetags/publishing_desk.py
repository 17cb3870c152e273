"""What pages of other apps say about what went out."""

from django import template
from django.db.models import QuerySet

from publishing.models import Delivery
from segmentation.models import Contact

register = template.Library()


@register.simple_tag
def deliveries_of(contact: Contact) -> QuerySet[Delivery]:
    """The last 50 deliveries to a contact, newest first."""
    rows = contact.deliveries.select_related("release__draft")
    return rows.order_by("-pk")[:50]
