"""Drafts with rendered formats, and the people who may speak about them."""

from approvals import seals
from approvals.models import Review, RoleHolder
from approvals.services import reviews
from content.models import Authorship, Draft, Rendition
from content.signals import rendition_changed
from halcytone.lib import canonical
from tests.factories.people import PersonFactory

CONTENT = {
    "newsletter": {
        "subject": "Two quiet minutes",
        "preheader": "Before the next meeting",
        "html": "<p>Breathe in, and let your shoulders drop.</p>",
        "text": "Breathe in, and let your shoulders drop.",
    },
    "web": {"title": "Two quiet minutes", "slug": "two-quiet-minutes", "html": "<p>Breathe.</p>"},
    "x": {"parts": [{"text": "Breathe in, and let your shoulders drop."}]},
    "linkedin": {"text": "Breathe in, and let your shoulders drop.", "comments": []},
    "facebook": {"text": "Breathe in.", "link": "https://halcytone.example/two-quiet-minutes"},
}


def voice(role, *, group="senior_editor", **fields):
    """A person who speaks in this approval role; `fields` are of the person."""
    person = PersonFactory(group=group, **fields)
    RoleHolder.objects.create(person=person, role=role)
    return person


def rendered_draft(*, author=None, formats=("newsletter", "web", "linkedin"), **settings):
    """A draft with a rendition of each format, put together by its author."""
    author = author or PersonFactory(group="editor")
    draft = Draft.objects.create(
        **{
            "type": "update",
            "title": "Two quiet minutes",
            "author": author,
            "formats": list(formats),
            "slot_wall": "2026-12-01T10:00",
        }
        | settings
    )
    Authorship.objects.create(draft=draft, person=author, act=Authorship.Act.CREATED)
    for format in formats:
        rendition(draft, format)
    return draft


def rendition(draft, format):
    return Rendition.objects.create(
        draft=draft, format=format, body=canonical.text(CONTENT[format]), template_version="1"
    )


def rewrite(rendition, **content):
    """Change the bytes of a rendition as a program would that knows no service."""
    rendition.body = canonical.text({**CONTENT[rendition.format], **content})
    rendition.save(update_fields=["body"])


def shown(draft):
    """What somebody saw who had the draft on her screen just now: {format: seal}."""
    return {each.format: seals.compute(each).sha256 for each in draft.renditions.all()}


def approve(review, person, **given):
    given.setdefault("shown", shown(review.draft))
    return reviews.decide(review, by=person, verdict="approve", **given)


def request_changes(review, person, **given):
    given.setdefault("shown", shown(review.draft))
    return reviews.decide(
        review, by=person, verdict="request_changes", reason="tone", comment="Warmer.", **given
    )


def approved(draft, *people):
    review = reviews.submit(draft, by=draft.author)
    for person in people:
        approve(review, person)
    assert review.status == Review.Status.APPROVED
    return review


def changed(rendition, **content):
    rewrite(rendition, **content)
    rendition_changed.send(type(rendition), rendition=rendition)


def asked(review):
    asks = review.asks.all()
    return {(ask.format, ask.role) for ask in asks}
