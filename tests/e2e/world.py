"""Fill an installation through the services, in a process of its own; prints what it made as JSON.

Run as `python -m tests.e2e.world` with the environment of the installation. It is the demo with few
readers and without its past: the tests make their own.
"""

import json
from datetime import timedelta

import django


def people():
    """Make the demo's people, and a writer whose voice would count if she had no hand in the piece."""
    from django.contrib.auth.models import Group

    from approvals.models import RoleHolder
    from halcytone.access.models import User
    from halcytone.demo import people

    cast = people.load()
    writer = User.objects.create_user(
        "writer",
        password=people.password(),
        first_name="Writer",
        zone="Europe/Paris",
        is_staff=True,
    )
    writer.groups.add(Group.objects.get(name="senior_editor"))
    RoleHolder.objects.create(person=writer, role="marketing_manager")
    return cast | {"writer": writer}


def readers(cast):
    """Forty-five readers: forty get mail, three never agreed, two asked to stop."""
    from halcytone.demo import load
    from segmentation.models import Contact, ImportRun
    from segmentation.services import imports, segments, unsubscribe
    from segmentation.unsubscribe import token

    load.READERS, load.WITHOUT_CONSENT = 45, 3
    run = imports.check(
        by=cast["marketing"],
        file_name="readers.csv",
        data=load.readers_csv(),
        policy=ImportRun.Policy.FILL_EMPTY,
        consent={"purpose": "newsletter", "wording": load.WORDING, "source": "import"},
    )
    imports.run(run, by=cast["marketing"])
    for contact in Contact.objects.order_by("pk")[:2]:
        unsubscribe.apply(token(contact.pk), ip="127.0.0.1", user_agent="test")
    return segments.save(None, by=cast["marketing"], key="readers", name="Readers", rule={})


def changed_release(cast, segment, document):
    """Approve an edition for the next minute but one, then change a byte of its thread by SQL."""
    from django.db import connection
    from django.utils import timezone

    from approvals.services import reviews
    from content.services import drafts
    from halcytone.demo import load
    from halcytone.lib import zones

    moment = zones.local(timezone.now() + timedelta(minutes=1), "America/New_York")
    draft = load.make_edition(cast, segment, document, moment.strftime("%Y-%m-%dT%H:%M"))
    drafts.change(draft, by=cast["editor"], title="An edition with a changed byte")
    drafts.generate(draft, by=cast["editor"])
    load.approve(reviews.submit(draft, by=cast["editor"]), cast)
    thread = draft.renditions.get(format="x")
    body = bytes(thread.body) if not isinstance(thread.body, str) else thread.body.encode()
    at = body.index(b'"text":') + 12
    changed = body[:at] + (b"#" if body[at : at + 1] != b"#" else b"%") + body[at + 1 :]
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE content_rendition SET body = %s WHERE id = %s", [changed.decode(), thread.pk]
        )
    return draft.releases.get().pk


def approved_letter(cast, segment):
    """Approve a piece of a document at the stand-in of Google Docs, for a Tuesday far away."""
    from approvals.services import reviews
    from content.services import drafts
    from halcytone.demo import elsewhere, load

    document = elsewhere.load(cast, load.dated)[elsewhere.NAMES[elsewhere.GOOGLE]]
    draft = elsewhere.make_draft(cast, document)
    drafts.change(draft, by=cast["editor"], is_featured=True, slot_wall=load.next_tuesday(5),
                  segment=segment, title="The strap after forty washes")  # fmt: skip
    drafts.generate(draft, by=cast["editor"])
    load.approve(reviews.submit(draft, by=cast["editor"]), cast)
    release = draft.releases.get().pk
    return {"document": document.pk, "draft": draft.pk, "release": release}


def main():
    django.setup()
    from halcytone.demo import load
    from halcytone.demo import people as demo_people

    cast = people()
    segment = readers(cast)
    load.load_accounts(cast)
    texts = load.load_documents(cast)
    load.load_cadence(cast, segment, texts["The week at a glance"])
    changed = changed_release(cast, segment, texts["Last week"])
    load.load_current(cast, segment, texts)
    made = {"changed_release": changed, "letter": approved_letter(cast, segment)}
    print(json.dumps({"password": demo_people.password(), **made}))


if __name__ == "__main__":
    main()
