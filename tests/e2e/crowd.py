"""Put many reviews into an installation through the services; prints how many wait for whom.

Run as `python -m tests.e2e.crowd COUNT` with the environment of the installation.
"""

import json
import sys
from datetime import timedelta

import django

FORMATS = (("newsletter", "web"), ("web",), ("web", "linkedin", "facebook"), ("x", "linkedin"))
#: An impact form that leaves no question open.
HARMLESS = {
    "market_significance": "low",
    "competitive_implications": False,
    "regulatory_considerations": False,
    "stakeholders": ["Support"],
    "media_coordination": False,
    "crisis_preparation": False,
}


def fill(count):
    """Submit this many drafts of the demo's editors; every seventh has one voice already.

    Their lists are ticked, so that what is left to a reviewer is to look and to decide.
    """
    from django.conf import settings
    from django.utils import timezone

    from approvals.services import impact, reviews
    from halcytone.access.models import User
    from halcytone.lib import zones
    from tests.factories.approvals import BRIEF, approve, rendered_draft, tick_lists

    settings.FORMATS = BRIEF
    authors = [User.objects.get(username=name) for name in ("second-editor", "coordinator")]
    senior = User.objects.get(username="senior-editor")
    rendered_draft(author=authors[0], slot_wall="", title="A piece without a time")
    for number in range(count):
        wall = zones.local(timezone.now() + timedelta(hours=7 * number - 20), settings.DEFAULT_ZONE)
        is_big = number % 5 == 4
        draft = rendered_draft(
            author=authors[number % 2],
            formats=FORMATS[number % 4],
            title=f"Piece {number + 1} of the many",
            type="announcement" if is_big else "update",
            is_featured=not is_big,
            slot_wall=wall.strftime("%Y-%m-%dT%H:%M"),
        )
        if is_big:
            impact.save(draft, by=draft.author, **HARMLESS)
        review = reviews.submit(draft, by=draft.author)
        tick_lists(review, senior)
        if number % 7 == 0 and not is_big:
            approve(review, senior)


def main():
    django.setup()
    from approvals.services import queue
    from halcytone.access.models import User

    fill(int(sys.argv[1]))
    waiting = {one.username: queue.count_for(one) for one in User.objects.all()}
    print(json.dumps({name: count for name, count in waiting.items() if count}))


if __name__ == "__main__":
    main()
