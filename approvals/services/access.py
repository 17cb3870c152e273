"""Who may see which review: the rows behind the rights of the groups. A review is seen with its draft."""

from django.db.models import QuerySet

from approvals.models import Review
from content.services import access
from halcytone.lib.rights import Actor


def reviews(person: Actor) -> QuerySet[Review]:
    """Return the reviews of the drafts that this person may see."""
    return Review.objects.filter(draft__in=access.drafts(person))
