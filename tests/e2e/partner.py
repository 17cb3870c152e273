"""A weekly edition that a partner outside reads along, while the person for figures is away.

Run as `python -m tests.e2e.partner` with the environment of the installation; prints what it made as JSON.
The policy gets a version in which a technical edition asks a partner too, through a named link.
"""

import json
from datetime import timedelta

import django

TITLE = "The week a partner reads along"
TEXT = """<!-- published: true -->
<!-- channels: email,web,social -->
# Figures of the week

## [Breathscape] In the app

<!-- weekly: true -->
### Sessions end more softly
- **Date:** {-1}
- **Content:** 88 % of all sessions were ended by hand last week, which is what we wanted to see: nobody is sent away by a bell,
  and whoever wants to stay a little longer simply stays where she is.
"""
STAGE = {
    "name": "Partner",
    "mode": "parallel",
    "roles": [["external"]],
    "external": True,
}


def ask_partners():
    """Put a version of the policy in force that has a stage for partners."""
    from approvals.models import Level, Policy

    old = Policy.objects.get(is_active=True)
    rows = list(old.levels.order_by("position"))
    Policy.objects.filter(pk=old.pk).update(is_active=False)
    new = Policy.objects.create(preset=old.preset, version=old.version + 100, is_active=True)
    for row in rows:
        row.pk, row.policy = None, new
    rule = {"all": [{"fact": "weekly", "eq": True}, {"fact": "technical", "eq": True}]}
    last = Level(policy=new, position=len(rows) + 1, name="read along by a partner", when=rule,
                 number=2, stages=[STAGE])  # fmt: skip
    Level.objects.bulk_create([*rows, last])
    return old, new


def send_away(person, delegate):
    """Let somebody be away this week, with a delegate."""
    from approvals.services import calendars, delegations
    from halcytone.lib import zones

    today = zones.local(django.utils.timezone.now(), person.zone).date()
    week = {"starts_on": today, "ends_on": today + timedelta(days=7)}
    calendars.add_absence(person, by=person, **week)
    delegations.create(person, delegate, by=person, **week)


def main():
    django.setup()
    from approvals.models import Policy
    from approvals.services import reviews
    from content.models import Document
    from content.services import documents, drafts
    from halcytone.access.models import User
    from halcytone.demo import load
    from segmentation.models import Segment

    cast = {person.username: person for person in User.objects.all()}
    send_away(cast["data"], cast["head"])
    old, new = ask_partners()
    document = documents.register(
        by=cast["editor"], name="Figures of the week", kind=Document.Kind.UPLOAD,
        data=load.dated(TEXT).encode(), file_name="figures.md",
    )  # fmt: skip
    documents.read(document, by=cast["editor"])
    segment = Segment.objects.get(key="readers")
    draft = load.make_edition(cast, segment, document, load.next_tuesday(3))
    drafts.change(draft, by=cast["editor"], title=TITLE, sensitive=["technical"])
    drafts.generate(draft, by=cast["editor"])
    review = reviews.submit(draft, by=cast["editor"], note="Two figures, both from the app.")
    Policy.objects.filter(pk=new.pk).update(is_active=False)
    Policy.objects.filter(pk=old.pk).update(is_active=True)
    print(json.dumps({"review": review.pk, "draft": draft.pk}))


if __name__ == "__main__":
    main()
