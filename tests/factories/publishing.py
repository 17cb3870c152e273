"""Drafts that are approved for a slot, and releases of them. Say only what the test is about."""

import json
from datetime import datetime

from django.utils import timezone

from approvals import seals
from approvals.models import Decision, Policy, Review, Seal, Stage
from content.models import Draft, Rendition
from halcytone.lib import canonical
from publishing.models import Account
from publishing.services import releases
from tests.factories.people import PersonFactory
from tests.factories.segmentation import make_contact, make_segment

NEW_YORK = "America/New_York"
CONTENTS = {
    "newsletter": {
        "subject": "Two quiet minutes for the office",
        "preheader": "A small habit",
        "html": '<p>Hello [[name|Subscriber]] <a href="[[unsubscribe_url]]">leave</a>'
        ' <a href="[[preferences_url]]">choose</a></p>',
        "text": "Hello [[name|Subscriber]] [[unsubscribe_url]] [[preferences_url]]",
    },
    "web": {
        "title": "Two quiet minutes",
        "html": "<p>Sit.</p>",
        "canonical": "https://a.example/p",
    },
    "x": {"parts": [{"text": f"Part {number}"} for number in range(1, 8)]},
}
CHANNEL = {"newsletter": "mail", "web": "page", "x": "thread"}


def memory_channels():
    """CHANNELS of which every entry is a memory twin in another shape."""
    twin = "publishing.channels.memory.Memory"
    return {
        "mail": {"BACKEND": twin, "OPTIONS": {"takes_recipients": True, "can_read_back": False}},
        "batches": {
            "BACKEND": twin,
            "OPTIONS": {"takes_recipients": True, "can_read_back": False, "batch": 4},
        },
        "page": {"BACKEND": twin, "OPTIONS": {}},
        "thread": {"BACKEND": twin, "OPTIONS": {"parts_key": "parts"}},
        "blind": {"BACKEND": twin, "OPTIONS": {"parts_key": "parts", "can_read_back": False}},
    }


def make_account(format, *, channel="", **changes):
    values = {
        "key": f"our-{format}",
        "name": f"Our {format}",
        "channel": channel or CHANNEL[format],
        "format": format,
        "endpoint": "memory",
        "from_email": "press@halcytone.example",
        "is_default": True,
        "is_standard": True,
        **changes,
    }
    return Account.objects.create(**values)


def make_draft(formats, *, slot_wall, segment=None, contents=None, **changes):
    """A draft with a rendition in each of these formats."""
    draft = Draft.objects.create(
        type="weekly",
        title="Two quiet minutes",
        formats=list(formats),
        segment=segment,
        slot_wall=slot_wall,
        author=changes.pop("author", None) or PersonFactory(),
        **{"zone": NEW_YORK, **changes},
    )
    for format in formats:
        body = canonical.text({**CONTENTS, **(contents or {})}[format])
        Rendition.objects.create(draft=draft, format=format, body=body, template_version="1")
    return draft


def approve(draft):
    """Approve every rendition as it stands: the policy signs the only stage."""
    policy = Policy.objects.filter(is_active=True).first() or Policy.objects.create(
        preset="test", version=1, is_active=True
    )
    review = Review.objects.create(
        draft=draft,
        policy=policy,
        status=Review.Status.APPROVED,
        approved_at=timezone.now(),
        level=1,
        auto={"signed": True},
        submitted_by=draft.author,
    )
    stage = Stage.objects.create(
        review=review,
        position=1,
        name="Policy",
        mode=Stage.Mode.SINGLE,
        roles=[["editor"]],
        status=Stage.Status.PASSED,
    )
    for rendition in draft.renditions.all():
        content = seals.compute(rendition)
        seal = Seal.objects.create(
            review=review,
            rendition=rendition,
            format=rendition.format,
            sha256=content.sha256,
            content=canonical.text(content.content),
            body=content.body,
        )
        Decision.objects.create(stage=stage, seal=seal, policy=policy, verdict="approve")
    return review


def make_release(*formats, people=0, slot_wall="2026-12-01T10:00", contents=None, **changes):
    """A planned release of approved renditions, with accounts, and readers who said yes."""
    segment = None
    if "newsletter" in formats:
        segment = make_segment()
        for number in range(people):
            make_contact(f"reader{number}@halcytone.example", answer=True, name=f"Reader {number}")
    for format in formats:
        if not Account.objects.filter(format=format).exists():
            make_account(format)
    draft = make_draft(formats, slot_wall=slot_wall, segment=segment, contents=contents, **changes)
    approve(draft)
    return releases.plan(draft)


def wall_now(zone=NEW_YORK):
    """The wall clock now, as a slot."""
    from zoneinfo import ZoneInfo

    return datetime.now(ZoneInfo(zone)).strftime("%Y-%m-%dT%H:%M")


def body_of(rendition):
    return json.loads(rendition.body)
