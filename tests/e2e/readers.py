"""Add many readers and a newsletter to them that leaves at the next full minute; prints its release.

Run as `python -m tests.e2e.readers COUNT` with the environment of the installation, after `tests.e2e.world`.
"""

import json
import sys
from datetime import timedelta

import django

TAG = "under-fire"
TITLE = "A letter to five thousand"
WORDING = "Yes, send me the letter."


def readers(count):
    """Add readers who agreed, and the segment that they are."""
    from halcytone.access.models import User
    from segmentation import addresses
    from segmentation.models import Consent, Contact
    from segmentation.services import segments

    people = [f"fire{number:05}@readers.example" for number in range(count)]
    made = Contact.objects.bulk_create(
        [
            Contact(email=each, email_key=each, email_hash=addresses.digest(each),
                    name=f"Reader {number}", tags=[TAG])
            for number, each in enumerate(people)
        ],
        batch_size=500,
    )  # fmt: skip
    Consent.objects.bulk_create(
        [
            Consent(contact=contact, channel="email", purpose="newsletter", is_given=True,
                    source="form", wording=WORDING)
            for contact in made
        ],
        batch_size=500,
    )  # fmt: skip
    rule = {"all": [{"field": "tags", "op": "has_any", "value": [TAG]}]}
    by = User.objects.get(username="marketing")
    return segments.save(None, by=by, key=TAG, name="Under fire", rule=rule)


def letter(segment):
    """Approve a newsletter to them for the next full minute; returns its release."""
    from django.conf import settings
    from django.utils import timezone

    from approvals.services import reviews
    from content.models import Document, Draft
    from content.services import drafts
    from halcytone.access.models import User
    from halcytone.demo import load
    from halcytone.lib import zones

    cast = {each.username: each for each in User.objects.all()}
    document = Document.objects.get(name="Two weeks ago")
    pieces = [item.head for item in document.items.filter(is_present=True) if item.head]
    moment = zones.local(timezone.now() + timedelta(minutes=1), settings.DEFAULT_ZONE)
    draft = drafts.create(
        by=cast["editor"], type=Draft.Type.UPDATE, title=TITLE, revisions=pieces, segment=segment,
        slot_wall=moment.strftime("%Y-%m-%dT%H:%M"), zone=settings.DEFAULT_ZONE, is_featured=True,
        formats=["newsletter"],
    )  # fmt: skip
    drafts.generate(draft, by=cast["editor"])
    load.approve(reviews.submit(draft, by=cast["editor"]), cast)
    return draft.releases.get()


def main():
    django.setup()
    print(json.dumps({"release": letter(readers(int(sys.argv[1]))).pk}))


if __name__ == "__main__":
    main()
