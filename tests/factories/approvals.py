"""Drafts with rendered formats, and the people who may speak about them."""

from contextlib import suppress

from approvals import seals
from approvals.models import ChecklistItem, Review, RoleHolder
from approvals.services import checklists, consolidation, impact, reviews
from content.formats.base import Rendered
from content.formats.facebook import Facebook
from content.formats.linkedin import LinkedIn
from content.formats.newsletter import Newsletter
from content.formats.web import Web
from content.formats.x import X
from content.models import Authorship, Draft, Rendition
from content.services import rendering
from content.signals import rendition_changed
from halcytone.lib import canonical
from halcytone.lib.errors import NotAllowed
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


class Brief:
    """A format as the product has it, except that it renders, and is content with, few words."""

    def render(self, edition):
        return Rendered(CONTENT[self.name])

    def check(self, content):
        return []


class BriefNewsletter(Brief, Newsletter):
    pass


class BriefWeb(Brief, Web):
    pass


class BriefX(Brief, X):
    pass


class BriefLinkedIn(Brief, LinkedIn):
    pass


class BriefFacebook(Brief, Facebook):
    pass


#: settings.FORMATS under which a `rendered_draft` is what rendering it again would give.
BRIEF = {
    form.name: {"BACKEND": f"{__name__}.{form.__name__}"}
    for form in (BriefNewsletter, BriefWeb, BriefX, BriefLinkedIn, BriefFacebook)
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
    made = Rendition.objects.create(
        draft=draft, format=format, body=canonical.text(CONTENT[format]), template_version="1"
    )
    rendering.append_version(made, author=None, reason="")
    return made


def rewrite(rendition, **content):
    """Change the bytes of a rendition as a program would that knows no service."""
    rendition.body = canonical.text({**CONTENT[rendition.format], **content})
    rendition.save(update_fields=["body"])


def shown(draft):
    """What somebody saw who had the draft on her screen just now: {format: seal}."""
    return {each.format: seals.compute(each).sha256 for each in draft.renditions.all()}


def approve(review, person, **given):
    given.setdefault("shown", shown(review.draft))
    tick_lists(review, person)
    return reviews.decide(review, by=person, verdict="approve", **given)


def items_of(key):
    return list(
        ChecklistItem.objects.filter(checklist__key=key, is_active=True).values_list(
            "pk", flat=True
        )
    )


def tick_lists(review, person):
    """Tick every list that a stage waits for and this person may tick."""
    for stage in review.stages.all():
        for key in stage.checklists:
            with suppress(NotAllowed):
                checklists.tick(review, by=person, items=items_of(key))


def declared(draft):
    """The draft with its author's declaration."""
    checklists.declare(draft, by=draft.author, items=items_of("creation"))
    return draft


def assessed(draft, **answers):
    """The draft with an impact form that leaves no question open."""
    given = {
        "market_significance": "medium",
        "competitive_implications": False,
        "regulatory_considerations": False,
        "stakeholders": ["Support"],
        "media_coordination": False,
        "crisis_preparation": False,
    }
    impact.save(draft, by=PersonFactory(group="editor"), **given | answers)
    return draft


def request_changes(review, person, **given):
    given.setdefault("shown", shown(review.draft))
    return reviews.decide(
        review, by=person, verdict="request_changes", reason="tone", comment="Warmer.", **given
    )


def submit_again(draft, **given):
    """Answer each request as done, and submit a draft that came back."""
    review = draft.reviews.get()
    asked_for = {one.key: (True, "") for one in consolidation.unanswered(review)}
    consolidation.answer(review, by=draft.author, answers=asked_for)
    return reviews.submit(draft, by=draft.author, **given)


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
