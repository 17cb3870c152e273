"""Every page and act of the desk × every group of people, as docs/rights-on-the-desk.md says.

HALCYTONE_WRITE_DOCS=1 writes the table anew; a change of rights is then a change one can read.
"""

import os
import re
import zlib
from pathlib import Path

import pytest
from django.contrib.auth.models import Group
from django.contrib.messages import get_messages
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from approvals import urls as approvals_urls
from approvals.models import (
    Absence,
    Attachment,
    Delegation,
    FastTrack,
    LegalTrigger,
    Policy,
)
from approvals.services import attachments, links, talk
from content import urls as content_urls
from content.services import documents
from halcytone.access.groups import GROUPS
from halcytone.access.models import ApiKey, User
from halcytone.lib.notices import urls as notices_urls
from halcytone.lib.notices.models import Notification
from halcytone.lib.notices.telling import tell
from publishing import urls as publishing_urls
from publishing.models import Cadence, PassportValue, Stop, StopLink
from segmentation import desk_urls as segmentation_urls
from segmentation.models import ImportRun
from tests.factories.content import make_drift
from tests.factories.publishing import make_release
from tests.factories.segmentation import make_contact, make_segment, make_suppression
from tests.publishing.conftest import press  # noqa: F401

pytestmark = pytest.mark.django_db
DOC = Path(__file__).parents[2] / "docs" / "rights-on-the-desk.md"
PUBLIC = {
    "/", "/live", "/ready", "/metrics", "/unsubscribe", "/preferences", "/accounts/login/",
    "/accounts/logout/", "/accounts/signup/", "/accounts/inactive/", "/accounts/password/reset/",
    "/accounts/password/reset/done/", "/accounts/confirm-email/", "/accounts/reauthenticate/",
    "/accounts/password/reset/key/done/", "/api/schema", "/api/docs", "/media/<str:name>",
    "/media/lent/<str:signature>/<str:name>",
    "/hooks/cache/", "/hooks/crm/", "/hooks/platform/", "/hooks/<slug:name>/",
    "/hooks/email/<slug:name>/", "/r/<str:token>", "/o/<str:token>.gif",
    "/hooks/sources/google/", "/hooks/sources/notion/", "/review/<str:token>",
    "/review/<str:token>/comment", "/stop/<str:token>", "/review/<str:token>/look/<str:format>",
}  # fmt: skip
COLUMNS = list(GROUPS)
DESK = {
    pattern.name
    for urls in (content_urls, approvals_urls, publishing_urls, segmentation_urls, notices_urls)
    for pattern in urls.urlpatterns
}
NOUNS = {
    "ledger": "delivery",
    "deliveries": "delivery",
    "presses": "stop",
    "policies": "policy",
    "readers": "contact",
}


def routes(world):
    """Yield (path, pattern) of every address of our own, with the rows of the world put in."""
    for raw, pattern in _walk(get_resolver().url_patterns, "/"):
        if raw.startswith("/admin/") and pattern.name in DESK:
            path = address(raw, world)
            if "(" not in path and "<" not in path:
                yield path, pattern


def _walk(patterns, prefix):
    for pattern in patterns:
        here = prefix + str(pattern.pattern).lstrip("^").removesuffix("$").replace("\\Z", "")
        if isinstance(pattern, URLResolver):
            yield from _walk(pattern.url_patterns, here)
        elif isinstance(pattern, URLPattern):
            yield here, pattern


def methods_of(pattern):
    """Return the methods of an address; a desk page is read, a desk act is posted."""
    actions = getattr(pattern.callback, "actions", None)
    if actions:
        return [verb.upper() for verb in actions if verb != "head"]
    view = getattr(pattern.callback, "view_class", None) or getattr(pattern.callback, "cls", None)
    if view is not None:
        return [v.upper() for v in ("get", "post", "patch", "delete") if hasattr(view, v)]
    only_posted = "require_http_methods" in pattern.callback.__code__.co_qualname
    return ["POST"] if only_posted else ["GET"]


@pytest.fixture
def world(press):  # noqa: F811
    """One row of everything, so that every address leads somewhere."""
    release = make_release("newsletter", "web", "x", people=1)
    owner = release.draft.author
    document = documents.register(
        by=_person("marketing_manager", "a-manager"),
        name="Notes",
        kind="inline",
        data=b"# One\n\nWords that are long enough here.",
    )
    documents.read(document, by=None)
    contact = make_contact("somebody@readers.example", answer=True)
    review = release.draft.reviews.first()
    manager = _person("marketing_manager", "a-manager")
    thread = talk.open_thread(review, by=manager, text="Warmer?")
    file = Attachment(comment=thread.comments.get(), name="a.pdf", kind="pdf", size_bytes=1)
    file.sha256 = "0" * 64
    file.save()
    default_storage.save(attachments.path(file), ContentFile(b"%PDF-"))
    link, _ = links.create(
        review, by=manager, stage=review.stages.all()[0], comment_only=True,
        person_name="Pia Lund", email="pia@partner.example",
    )  # fmt: skip
    part = release.parts.first()
    delivery = release.deliveries.create(
        part_of=part, account=part.account, target="post", idempotency_key="k" * 32
    )
    return {
        "document": document.pk,
        "item": document.items.first().pk,
        "revision": document.items.first().head_id,
        "snapshot": document.snapshots.first().pk,
        "drift": make_drift(release.draft.renditions.first(), document).pk,
        "draft": release.draft_id,
        "rendition": release.draft.renditions.first().pk,
        "review": review.pk,
        "thread": thread.pk,
        "attachment": file.pk,
        "link": link.pk,
        "release": release.pk,
        "delivery": delivery.pk,
        "account": part.account_id,
        "passport": "per_hour",
        "value": PassportValue.objects.create(
            channel=part.account.channel, name="per_hour", value=5, reason="r", review_on="2030-01-01"
        ).pk,
        "contact": contact.pk,
        "segment": make_segment(key="everyone-else").pk,
        "suppression": make_suppression("x@readers.example").pk,
        "cadence": Cadence.objects.create(
            key="w", name="W", at="10:00", read_at="14:00", assemble_at="16:00",
            recipe_id=_recipe(), owner=owner,
        ).pk,
        "key": ApiKey.objects.create(
            owner=owner, name="k", prefix="p", expires_at="2030-01-01T00:00Z"
        ).pk,
        "import": ImportRun.objects.create(file_name="a.csv", sha256="0", data=zlib.compress(b"email\n")).pk,
        "recipe": _recipe(),
        "evidence": "json",
        "notification": _told(owner),
        "reason": "because",
        "people": owner.pk,
        "absence": Absence.objects.create(person=owner, starts_on="2030-01-01", ends_on="2030-01-02").pk,
        "delegation": Delegation.objects.create(
            person=owner, delegate=_person("admin", "another"), starts_on="2030-01-01", ends_on="2030-01-02"
        ).pk,
        "track": FastTrack.objects.create(draft=release.draft, matter="any", reason="now").pk,
        "links": StopLink.objects.create(
            person=owner, token_sha256="0" * 64, expires_at="2030-01-01T00:00Z"
        ).pk,
        "stop": Stop.objects.create(reason="why", stopped_by=owner).pk,
        "policy": Policy.objects.get(preset="budget").pk,
        "trigger": LegalTrigger.objects.create(
            review=release.draft.reviews.first(), kind="medical", passage="It may help.", place="X"
        ).pk,
    }  # fmt: skip


def _told(person):
    tell("approved", event="e:1", to=[person.pk], by=None, subject="Approved", path="/admin/")
    return Notification.objects.get(event="e:1").pk


def _recipe():
    from content.models import Recipe

    return Recipe.objects.get(key="weekly").pk


def _person(group, name):
    person, is_new = User.objects.get_or_create(
        username=name, defaults={"is_staff": group != "service", "is_service": group == "service"}
    )
    if is_new:
        person.groups.add(Group.objects.get(name=group))
    return person


def address(path, world):
    """Put the world's ids for the placeholders; the noun before a placeholder says which."""

    def row(match):
        noun = NOUNS.get(match["noun"], match["noun"].removesuffix("s"))
        return f"{match['noun']}/{world[noun]}"

    path = re.sub(r"(?P<noun>[a-z]+)/(<[^>]+>|\(\?P<pk>[^)]*\))", row, path)
    path = re.sub(r"\(\?P<format>[^)]*\)", "newsletter", path)
    return re.sub(r"\(\?P<act>\(?([a-z_]+)[^)]*\)\)?", r"\1", path)


def outcome(client, method, path, world):
    """Return the answer to a call whose effects are undone."""
    given = {}
    if method != "GET":
        is_form = path.startswith("/admin/")
        given = {"data": world} if is_form else {"data": {}, "content_type": "application/json"}
    client.cookies.pop("messages", None)  # what the act before said is of that act alone
    with transaction.atomic():
        response = getattr(client, method.lower())(path, **given)
        transaction.set_rollback(True)
    return response


def table(world):
    """Call every address as everybody: ([(address, method, marks)], [(method, path, status)])."""
    people = {group: Client() for group in COLUMNS}
    for group, client in people.items():
        client.force_login(_person(group, f"one-{group}"))
    rows, strangers = [], []
    for path, pattern in routes(world):
        for method in methods_of(pattern):
            stranger = outcome(Client(), method, path, world).status_code
            strangers.append((method, path, stranger))
            answers = [outcome(client, method, path, world) for client in people.values()]
            if all(answer.status_code != 405 for answer in answers):
                marks = ["✓" if is_let_in(answer) else "–" for answer in answers]
                rows.append((re.sub(r"/\d+", "/{id}", path), method, marks))
    return rows, strangers


def is_let_in(answer):
    """A refusal is 403, 404 where the row is not for these eyes, or the desk's sentence about it."""
    if answer.status_code in (403, 404):
        return False
    if answer.status_code != 302:
        return True
    said = " ".join(str(message) for message in get_messages(answer.wsgi_request))
    return "You may not" not in said and "/accounts/login" not in answer.headers["Location"]


def test_strangers_are_stopped_and_rights_are_those_of_the_table(world):
    rows, strangers = table(world)
    let_in = [
        (method, path, status) for method, path, status in strangers if status not in (302, 405)
    ]
    assert let_in == []
    assert len(strangers) > 40
    compare(page(rows))


def page(rows):
    """Return the page for these rows."""
    head = "| address | method | " + " | ".join(name.replace("_", " ") for name in COLUMNS) + " |"
    lines = [head, "|---|---|" + "---|" * len(COLUMNS)]
    lines += [
        f"| `{path}` | {method} | {' | '.join(marks)} |" for path, method, marks in sorted(rows)
    ]
    public = ", ".join(f"`{path}`" for path in sorted(PUBLIC))
    return (
        "# Who may do what on the desk\n\nMade by `tests/halcytone/test_access.py`, which calls every address as"
        " a person of every group and fails when this page differs. ✓ = let in, where the services"
        " may still ask for more (own rows, approval role, four eyes); – = refused or not seen."
        " Strangers get the sign-in page. For programs see [rights.md](rights.md).\n\n"
        f"Open to strangers: {public}.\n\n" + "\n".join(lines) + "\n"
    )


def compare(text):
    if os.environ.get("HALCYTONE_WRITE_DOCS"):
        DOC.write_text(text)
    assert DOC.read_text() == text
