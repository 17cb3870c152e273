"""Every route of the API × every group: what the code allows is what `docs/rights.md` says.

`HALCYTONE_WRITE_DOCS=1 pytest tests/test_rights.py` writes the table anew.
"""

import os
from pathlib import Path
from types import SimpleNamespace

import pytest
from drf_spectacular.generators import SchemaGenerator

from approvals.models import RoleHolder
from approvals.services import reviews
from content.models import Recipe
from halcytone.access import services as keys
from halcytone.access.groups import GROUPS
from publishing.models import Cadence
from publishing.services import releases
from segmentation.models import Suppression
from tests.api import Api
from tests.factories import ItemFactory, PersonFactory, RevisionFactory
from tests.factories.approvals import rendered_draft, shown, voice
from tests.factories.publishing import (
    CHANNEL,
    make_account,
    make_release,
    memory_channels,
    wall_now,
)
from tests.factories.segmentation import make_contact, make_segment

pytestmark = pytest.mark.django_db
PAGE = Path(__file__).parent.parent / "docs" / "rights.md"
ALL, OWN, NONE = "yes", "own", "–"
TEXT = "## [Tips] Two quiet minutes\n\nSit, and breathe in for four counts.\n"
HEAD = """# Who may do what over the API

Each line is a route, each column a group of people. *yes*: it is allowed, as far as the row's own state
allows it. *own*: own rows only; those of others do not seem to exist. *–*: refused with 403. Without signing
in, every route answers 401. Deciding needs an approval role too, and four eyes hold for everybody.

This page is generated from the running code; a test fails when they differ.

"""


@pytest.fixture
def world(settings, tmp_path):
    """One row of everything, made by somebody else."""
    settings.HALCYTONE_HOME, settings.CHANNELS = tmp_path, memory_channels()
    settings.SANDBOX_PORTS = dict.fromkeys(settings.CHANNELS, 1)
    owner = PersonFactory(group="editor")
    revision = RevisionFactory(item=ItemFactory(document__owner=owner))
    item = revision.item
    item.incoming = RevisionFactory(item=item)
    item.save()
    make_account("web")
    settings.ACCOUNT_FACTS = "publishing.accounts.facts"
    draft = rendered_draft(author=owner)
    asked = rendered_draft(author=owner, is_featured=True)
    voice("senior_editor")
    voice("marketing_manager", group="marketing_manager")
    started = make_release("web", slot_wall=wall_now())
    releases.start(started)
    recipe = Recipe.objects.first() or Recipe.objects.create(key="weekly", name="Weekly")
    return SimpleNamespace(
        document=item.document,
        item=item,
        revision=revision,
        draft=draft,
        rendition=draft.renditions.get(format="linkedin"),
        page=draft.renditions.get(format="web"),
        review=reviews.submit(asked, by=owner),
        asked=asked,
        contact=make_contact("ana@halcytone.example", answer=True),
        suppression=Suppression.objects.create(
            reason="do_not_contact", kind="address", value="b@halcytone.example"
        ),
        segment=make_segment(key="readers"),
        release=make_release("web"),
        delivery=started.deliveries.first(),
        network=make_account("x"),
        account=started.parts.first().account,
        cadence=Cadence.objects.create(
            key="tuesday", name="Tuesday", at="10:00", read_at="14:00", assemble_at="16:00",
            recipe=recipe, owner=owner,
        ),
        recipe=recipe,
        key=keys.create_key(owner, by=None, name="theirs")[0],
    )  # fmt: skip


def calls(world):
    """Return {(method, route): (path, body)}; a route may stand twice with what differs in brackets."""
    why = {"reason": "Because"}
    piece = {"type": "update", "title": "X", "pieces": [str(world.revision.pk)]}
    rows = {
        "auth/keys": world.key, "documents": world.document, "items": world.item, "drafts": world.draft,
        "renditions": world.rendition, "reviews": world.review, "contacts": world.contact,
        "suppressions": world.suppression, "segments": world.segment, "releases": world.release,
        "deliveries": world.delivery, "accounts": world.account, "cadences": world.cadence,
    }  # fmt: skip
    found = {("get", "me"): ("me", None), ("get", "auth/me"): ("auth/me", None)}
    for name, row in rows.items():
        found["get", name] = (name, None)
        found["get", f"{name}/{{id}}"] = (f"{name}/{row.pk}", None)

    def add(method, route, body=None, row=None, note=""):
        name = route.partition("/{")[0]
        path = route.replace("{id}", str((row or rows.get(name)).pk)) if "{id}" in route else route
        found[method, route + note] = (path, body)

    for route in ("documents/{id}/problems", "documents/{id}/snapshots", "items/{id}/revisions",
                  "drafts/{id}/preview", "renditions/{id}/seal", "contacts/{id}/consents",
                  "segments/{id}/count", "releases/{id}/books", "releases/{id}/deliveries",
                  "cadences/{id}/next"):  # fmt: skip
        add("get", route)
    add("post", "auth/keys", {"name": "mine"})
    add("delete", "auth/keys/{id}")
    add("post", "documents", {"name": "New", "text": TEXT})
    add("post", "documents/parse", {"text": TEXT})
    add("post", "documents/{id}/sync")
    add("patch", "documents/{id}", {"name": "Other"})
    add("delete", "documents/{id}")
    add("post", "items/{id}/revisions", {"title": "Other"} | why)
    add("post", "items/{id}/choose", {"choice": "source"})
    add("post", "drafts", piece)
    add(
        "post",
        "drafts/assemble",
        {"recipe": world.recipe.key, "documents": [str(world.document.pk)]},
    )
    add("patch", "drafts/{id}", {"subject": "Another subject"})
    add("delete", "drafts/{id}")
    add("post", "drafts/{id}/generate")
    add("post", "drafts/{id}/submit")
    add("patch", "renditions/{id}", {"content": {"text": "Breathe."}} | why, note=" (a post)")
    search = {"content": {"seo_title": "Two quiet minutes for you"}} | why
    add("patch", "renditions/{id}", search, row=world.page, note=" (search fields)")
    add("post", "reviews/{id}/decide", {"verdict": "approve", "shown": shown(world.asked)})
    add("post", "reviews/{id}/withdraw", why)
    add("post", "reviews/{id}/recall", why)
    add("post", "contacts", {"email": "new@halcytone.example"})
    add("patch", "contacts/{id}", {"name": "Ana"})
    add("post", "contacts/{id}/consents", {"is_given": False})
    add("post", "suppressions", {"reason": "do_not_contact", "value": "c@halcytone.example"})
    add("post", "suppressions/{id}/lift", why)
    add("post", "segments", {"key": "new", "name": "New", "rule": {}})
    add("patch", "segments/{id}", {"name": "Other"})
    add("post", "segments/count", {"rule": {}})
    add("post", "releases", {"draft_id": str(world.draft.pk)})
    add("post", "accounts", account("web"))
    add("post", "accounts", account("x"), note=" (a network)")
    add("patch", "accounts/{id}", {"name": "Other"})
    add("patch", "accounts/{id}", {"name": "Other"}, row=world.network, note=" (a network)")
    for act in ("hold", "resume", "cancel"):
        add("post", f"releases/{{id}}/{act}", why)
    add("post", "releases/{id}/late-decision", {"choice": "drop"})
    add("post", "deliveries/{id}/settle", {"answer": "failed"} | why)
    return found


def account(format):
    return {"key": "new", "channel": CHANNEL[format], "name": "New", "format": format}


def cell(api, method, path, body):
    """Return what one person gets for one call; nothing of it stays."""
    if method == "get":
        response = api.get(path)
    elif method == "delete":
        response = api.delete(f"{path}?dry_run=true")
    else:
        response = getattr(api, method)(f"{path}?dry_run=true", body, If_Match="*")
    assert response.status_code < 500, (path, response.content)
    if response.status_code == 403:
        return NONE
    said = response.json() if response.content else {}
    is_empty_list = "/" not in path and said.get("results") == []
    if response.status_code == 404 or said.get("code") == "not_found" or is_empty_list:
        return OWN
    return ALL


def table(world):
    people = {}
    for group in GROUPS:
        person = PersonFactory(group=group)
        RoleHolder.objects.create(person=person, role="senior_editor")
        people[group] = Api(person)
    names = [name.replace("_", " ") for name in GROUPS]
    lines = [f"| route | {' | '.join(names)} |", f"|---|{'---|' * len(names)}"]
    for (method, route), (path, body) in sorted(calls(world).items(), key=lambda one: one[0][::-1]):
        cells = [cell(api, method, path, body) for api in people.values()]
        lines.append(f"| {method.upper()} `/{route}` | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def test_every_route_stands_in_the_table(world):
    schema = SchemaGenerator().get_schema(request=None, public=True)
    routes = {
        (method, path.removeprefix("/api/v1/"))
        for path, operations in schema["paths"].items()
        for method in operations
    }
    assert {(method, route.partition(" (")[0]) for method, route in calls(world)} == routes


def test_every_group_may_exactly_what_the_table_says(world):
    page = HEAD + table(world)
    if os.environ.get("HALCYTONE_WRITE_DOCS"):
        PAGE.write_text(page)
    assert PAGE.read_text() == page
