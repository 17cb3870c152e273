"""Rows for every list of the API, to measure what a list costs."""

from django.contrib.auth import get_user_model
from django.utils import timezone

from approvals.models import Absence, Checklist, Delegation, LegalTrigger, Policy, WorkingCalendar
from approvals.services import fast_track, links, reviews, talk
from content.models import Recipe, SyncJob
from halcytone.access import services as keys
from halcytone.lib.audit.chain import record
from halcytone.lib.notices.models import CHANNELS, Notification
from halcytone.lib.notices.telling import tell
from publishing.models import Account, Cadence, Delivery, Kpi, Stop
from publishing.services import purges, releases
from tests.factories import (
    DocumentFactory,
    DraftFactory,
    PersonFactory,
    RevisionFactory,
    SnapshotFactory,
)
from tests.factories.approvals import rendered_draft, voice
from tests.factories.content import make_drift
from tests.factories.publishing import make_account, make_release, wall_now
from tests.factories.segmentation import make_consent, make_contact, make_segment, make_suppression

TODAY = timezone.localdate()

# each maker adds a row with everything that the list shows of it; `parent` is what it belongs to


def add_revision(parent, number):
    RevisionFactory(item=parent, author=PersonFactory())


def add_item(parent, number):
    head = RevisionFactory()
    head.item.incoming = RevisionFactory(item=head.item)
    head.item.save()


def add_draft(parent, number):
    DraftFactory(revisions=[RevisionFactory(), RevisionFactory()])


def add_rendition(parent, number):
    rendition = rendered_draft(formats=("linkedin",)).renditions.get()
    rendition.findings.create(severity="warning", code="long", message="Long", where="text")


def add_drift(parent, number):
    rendition = rendered_draft(formats=("linkedin",)).renditions.get()
    drift = make_drift(rendition, DocumentFactory())
    drift.decided_by, drift.decision = PersonFactory(), "kept"
    drift.save()


def add_sync_job(parent, number):
    SyncJob.objects.create(job_id=f"sync_{number}", document=DocumentFactory(), channels=["web"])


def add_review(parent, number):
    draft = rendered_draft()
    reviews.submit(draft, by=draft.author, note="Ready")


def submitted():
    voice("editor")
    draft = rendered_draft()
    return reviews.submit(draft, by=draft.author)


def add_trigger(parent, number):
    passage = {"kind": "medical", "passage": f"It may help {number}.", "place": "Newsletter"}
    disputed = {"disputed_by": PersonFactory(), "disputed_at": timezone.now(), "dispute": "No"}
    cleared = {"cleared_by": PersonFactory(), "cleared_at": timezone.now()}
    LegalTrigger.objects.create(
        review=parent, **passage | disputed | cleared, clearing_reason="No claim"
    )


def add_policy(parent, number):
    Policy.objects.create(preset="measured", version=number + 1, created_by=PersonFactory())


def add_checklist(parent, number):
    checklist = Checklist.objects.create(key=f"list-{number}", name="List")
    for position in range(2):
        checklist.items.create(position=position, text="Looked at", evidence="links")


def add_week(parent, number):
    WorkingCalendar.objects.create(person=PersonFactory(), days_off=["2026-12-24"])


def add_absence(parent, number):
    Absence.objects.create(person=PersonFactory(), starts_on=TODAY, ends_on=TODAY, note="Away")


def add_delegation(parent, number):
    Delegation.objects.create(
        person=PersonFactory(), delegate=PersonFactory(), starts_on=TODAY, ends_on=TODAY,
        roles=["editor"], types=["update"], created_by=PersonFactory(),
        ended_at=timezone.now(), ended_by=PersonFactory(),
    )  # fmt: skip


def add_fast_track(parent, number):
    keeper, draft = PersonFactory(group="admin"), rendered_draft(priority=1)
    track = fast_track.start(draft, by=keeper, matter="any", reason="Now")
    track.steps.update(done_by=PersonFactory(), done_at=timezone.now(), note="Done")


def add_entry(parent, number):
    person = PersonFactory()
    record("test.done", person, by=person, label="A person", number=number)


def add_entry_of_review(parent, number):
    trail = f"draft:{parent.draft_id}"
    record(
        "draft.changed", parent.draft, by=PersonFactory(), label="X", trail=trail, fields=["title"]
    )


def add_notification(parent, number):
    """Tell everybody, whoever asks among them."""
    everybody = get_user_model().objects.values_list("pk", flat=True)
    told = {"subject": "Approved", "text": "By all", "path": "/admin/"}
    tell("approved", event=f"e:{number}", to=everybody, by=PersonFactory(), **told)
    for row in Notification.objects.filter(event=f"e:{number}"):
        for channel, _ in CHANNELS:
            row.dispatches.get_or_create(channel=channel, defaults={"due_at": timezone.now()})


def add_thread(parent, number):
    first = talk.open_thread(parent, by=parent.draft.author, text="Warmer?")
    reply = talk.reply(first, by=parent.draft.author, text="Warmer.")
    reply.attachments.create(name="offer.pdf", kind="pdf", size_bytes=1, sha256="0" * 64)
    talk.resolve(first, by=parent.draft.author)


def add_link(parent, number):
    link, _ = links.create(
        parent, by=parent.draft.author, stage=parent.stages.first(), comment_only=True,
        person_name="Pia Lund", email=f"pia{number}@partner.example",
    )  # fmt: skip
    link.openings.create(minute=timezone.now())


def add_stop(parent, number):
    account = Account.objects.filter(format="x").first() or make_account("x")
    people = {name: PersonFactory() for name in ("stopped_by", "lift_asked_by", "lifted_by")}
    Stop.objects.create(scope="account", account=account, reason="Look", **people)


def add_delivery(parent, number):
    first = parent.deliveries.first()
    values = {field.attname: getattr(first, field.attname) for field in first._meta.concrete_fields}
    settled = {"state": "confirmed", "confirmed_at": timezone.now(), "settled_by": PersonFactory()}
    new = {"id": None, "target": f"page{number}", "idempotency_key": f"key{number}"}
    Delivery.objects.create(**values | new | settled | {"settled_by_id": settled["settled_by"].pk})


def add_account(parent, number):
    make_account("web", key=f"web-{number}", is_default=False)


def add_cadence(parent, number):
    recipe, _ = Recipe.objects.get_or_create(key="weekly", defaults={"name": "Weekly"})
    times = {"at": "10:00", "read_at": "14:00", "assemble_at": "16:00"}
    cadence = Cadence.objects.create(
        key=f"c{number}", name="Tuesday", recipe=recipe, owner=PersonFactory(), **times
    )
    cadence.documents.set([DocumentFactory(), DocumentFactory()])


def started_release():
    release = make_release("web", slot_wall=wall_now())
    releases.start(release)
    return release


def add_cache_order(parent, number):
    purges.order(
        origin="person", targets=["local"], keys=[f"/p{number}"], by=voice("admin", group="admin")
    )


def add_kpi(parent, number):
    Kpi.objects.create(key=f"k{number}", name="K", group="mail", direction="above", value=number)


def nobody():
    return None


ADD = {
    "auth/keys": (nobody, lambda _, n: keys.create_key(PersonFactory(), by=None, name=f"k{n}")),
    "documents": (nobody, lambda _, n: DocumentFactory()),
    "documents/{id}/snapshots": (DocumentFactory, lambda row, n: SnapshotFactory(document=row)),
    "sync-jobs": (nobody, add_sync_job),
    "drifts": (nobody, add_drift),
    "items": (nobody, add_item),
    "items/{id}/revisions": (lambda: RevisionFactory().item, add_revision),
    "drafts": (nobody, add_draft),
    "renditions": (nobody, add_rendition),
    "reviews": (lambda: voice("editor"), add_review),
    "reviews/{id}/timeline": (submitted, add_entry_of_review),
    "legal-triggers": (submitted, add_trigger),
    "policies": (nobody, add_policy),
    "checklists": (nobody, add_checklist),
    "working-calendars": (nobody, add_week),
    "absences": (nobody, add_absence),
    "delegations": (nobody, add_delegation),
    "fast-tracks": (nobody, add_fast_track),
    "audit": (nobody, add_entry),
    "notifications": (nobody, add_notification),
    "contacts": (nobody, lambda _, n: make_contact(answer=True)),
    "contacts/{id}/consents": (make_contact, lambda row, n: make_consent(row)),
    "suppressions": (nobody, lambda _, n: make_suppression(f"p{n}@halcytone.example")),
    "segments": (nobody, lambda _, n: make_segment(key=f"s{n}")),
    "releases": (nobody, lambda _, n: make_release("web")),
    "stops": (nobody, add_stop),
    "releases/{id}/deliveries": (started_release, add_delivery),
    "deliveries": (started_release, add_delivery),
    "accounts": (nobody, add_account),
    "cadences": (nobody, add_cadence),
    "cache/history": (nobody, add_cache_order),
    "kpis": (nobody, add_kpi),
}
#: Answers that hold all rows of one review, without pages.
WHOLE = {
    "reviews/{id}/comments": (submitted, add_thread),
    "reviews/{id}/links": (submitted, add_link),
}
