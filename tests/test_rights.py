"""Every route of the API × every group: what the code allows is what `docs/rights.md` says.

`HALCYTONE_WRITE_DOCS=1 pytest tests/test_rights.py` writes the table anew.
"""

import os
from datetime import date
from pathlib import Path
from types import SimpleNamespace

import pytest
from drf_spectacular.generators import SchemaGenerator

from approvals.models import Checklist, ChecklistItem, LegalTrigger, Policy, RoleHolder
from approvals.services import calendars, delegations, fast_track, links, reviews, talk
from content.models import Recipe, SyncJob
from halcytone.access import services as keys
from halcytone.access.groups import GROUPS
from halcytone.lib.audit.models import Entry
from halcytone.lib.notices.models import Notification
from halcytone.lib.notices.telling import tell
from publishing.models import Cadence, PassportValue, Stop
from publishing.services import releases
from segmentation.models import Suppression
from tests.api import Api
from tests.factories import ItemFactory, PersonFactory, RevisionFactory
from tests.factories.approvals import BRIEF, rendered_draft, shown, voice
from tests.factories.content import DocumentFactory, SnapshotFactory, make_drift
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
TODAY = date.today()  # noqa: DTZ011 - near enough for a delegation
ALL, OWN, NONE = "yes", "own", "–"
STAGE = {"name": "Editor", "mode": "single", "roles": [["editor"]]}
ROWS = [{"name": "everything", "level": 2, "when": {}, "stages": [STAGE]}]
TEXT = "## [Tips] Two quiet minutes\n\nSit, and breathe in for four counts.\n"
HEAD = """# Who may do what over the API

Each line is a route, each column a group of people. *yes*: it is allowed, as far as the row's own state
allows it. *own*: own rows only; those of others do not seem to exist. *–*: refused with 403. Without signing
in, every route answers 401. Deciding needs an approval role too, and four eyes hold for everybody.

This page is generated from the running code; a test fails when they differ.

"""


@pytest.fixture
def world(settings, tmp_path):
    """One row of everything, made by somebody else, and a minute in which all of it can be asked for."""
    settings.API_LIMITS = dict.fromkeys(settings.API_LIMITS, 10_000)
    settings.HALCYTONE_HOME, settings.CHANNELS = tmp_path, memory_channels()
    settings.SANDBOX_PORTS = dict.fromkeys(settings.CHANNELS, 1)
    owner = PersonFactory(group="editor")
    revision = RevisionFactory(item=ItemFactory(document__owner=owner))
    linked, other = DocumentFactory(owner=owner), DocumentFactory(owner=owner)
    item = revision.item
    item.incoming = RevisionFactory(item=item)
    item.save()
    make_account("web")
    settings.ACCOUNT_FACTS, settings.FORMATS = "publishing.accounts.facts", BRIEF
    draft = rendered_draft(author=owner)
    asked = rendered_draft(author=owner, is_featured=True)
    voice("senior_editor")
    voice("marketing_manager", group="marketing_manager")
    started = make_release("web", slot_wall=wall_now())
    releases.start(started)
    keeper, days = PersonFactory(group="admin"), {"starts_on": TODAY, "ends_on": TODAY}
    holder = voice("legal")
    urgent = rendered_draft(author=owner, priority=1)
    recipe = Recipe.objects.first() or Recipe.objects.create(key="weekly", name="Weekly")
    return SimpleNamespace(
        document=item.document,
        item=item,
        revision=revision,
        snapshot=SnapshotFactory(document=linked, state="waiting"),
        older=SnapshotFactory(document=linked),
        drift=make_drift(draft.renditions.first(), linked),
        waiting=SyncJob.objects.create(job_id="sync_1", document=linked),
        failed=SyncJob.objects.create(job_id="sync_2", document=other, status="failed"),
        draft=draft,
        rendition=draft.renditions.get(format="linkedin"),
        page=draft.renditions.get(format="web"),
        review=(review := reviews.submit(asked, by=owner)),
        thread=(thread := talk.open_thread(review, by=owner, text="Warmer?")),
        comment=thread.comments.get(),
        link=links.create(
            review, by=owner, stage=review.stages.all()[0], comment_only=True,
            person_name="Pia Lund", email="pia@partner.example",
        )[0],
        asked=asked,
        trigger=LegalTrigger.objects.create(
            review=asked.reviews.get(), kind="medical", passage="It may help.", place="“X”"
        ),
        contact=make_contact("ana@halcytone.example", answer=True),
        suppression=Suppression.objects.create(
            reason="do_not_contact", kind="address", value="b@halcytone.example"
        ),
        segment=make_segment(key="readers"),
        release=make_release("web"),
        delivery=started.deliveries.first(),
        network=make_account("x"),
        account=with_a_value(started.parts.first().account),
        cadence=Cadence.objects.create(
            key="tuesday", name="Tuesday", at="10:00", read_at="14:00", assemble_at="16:00",
            recipe=recipe, owner=owner,
        ),
        recipe=recipe,
        entry=Entry.objects.filter(actor_id=owner.pk).last(),
        told=told(owner),
        key=keys.create_key(owner, by=None, name="theirs")[0],
        week=calendars.set_week(holder, by=holder),
        absence=calendars.add_absence(holder, by=holder, **days),
        delegation=delegations.create(holder, voice("seo"), by=holder, **days),
        track=fast_track.start(rendered_draft(author=owner, priority=1), by=keeper, matter="any", reason="Now"),
        urgent=urgent,
        stop=Stop.objects.create(scope="channel", channel="fax", reason="Why", stopped_by=owner),
    )  # fmt: skip


def with_a_value(account):
    """An account with one value of its passport that is not the channel's own."""
    PassportValue.objects.create(
        channel=account.channel,
        account=account,
        name="per_day",
        value=9,
        reason="Agreed",
        review_on="2030-01-01",
    )
    return account


def told(person):
    """Something that somebody was told."""
    tell("approved", event="e:1", to=[person.pk], by=None, subject="Approved", path="/admin/")
    return Notification.objects.get(event="e:1", person=person)


def calls(world):
    """Return {(method, route): (path, body)}; a route may stand twice with what differs in brackets."""
    why = {"reason": "Because"}
    piece = {"type": "update", "title": "X", "pieces": [str(world.revision.pk)]}
    rows = {
        "auth/keys": world.key, "documents": world.document, "items": world.item, "drafts": world.draft,
        "renditions": world.rendition, "reviews": world.review, "contacts": world.contact,
        "suppressions": world.suppression, "segments": world.segment, "releases": world.release,
        "deliveries": world.delivery, "accounts": world.account, "cadences": world.cadence,
        "policies": Policy.objects.get(preset="budget"),
        "checklists": Checklist.objects.get(key="editorial"), "legal-triggers": world.trigger,
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
    for method, path, job in (("get", "", world.failed), ("delete", "", world.waiting),
                              ("post", "/retry", world.failed)):  # fmt: skip
        found[method, f"sync-jobs/{{job_id}}{path}"] = (f"sync-jobs/{job.job_id}{path}", None)
    found["get", "sync-jobs"] = ("sync-jobs", None)
    add("get", "sync-jobs/statistics")
    add("post", "sync-jobs/retry-failed")
    found["get", "snapshots/{id}"] = (f"snapshots/{world.snapshot.pk}", None)
    add("post", "snapshots/{id}/accept", row=world.snapshot)
    add("post", "snapshots/{id}/refuse", row=world.snapshot)
    found["get", "snapshots/{id}/diff"] = (
        f"snapshots/{world.older.pk}/diff?with={world.snapshot.pk}",
        None,
    )
    found["get", "revisions/{id}"] = (f"revisions/{world.revision.pk}", None)
    found["get", "revisions/{id}/diff"] = (
        f"revisions/{world.revision.pk}/diff?with={world.item.incoming_id}",
        None,
    )
    add("post", "revisions/{id}/restore", row=world.revision)
    add("get", "documents/{id}/drift")
    found["get", "audit"] = ("audit", None)
    found["get", "audit/{seq}"] = (f"audit/{world.entry.pk}", None)
    found["get", "audit/verify"] = ("audit/verify", None)
    add("get", "reviews/{id}/timeline")
    add("get", "reviews/{id}/evidence")
    found["get", "notifications"] = ("notifications", None)
    found["get", "notifications/{id}"] = (f"notifications/{world.told.pk}", None)
    add("post", "notifications/read", {})
    found["get", "notification-preferences"] = ("notification-preferences", None)
    add("patch", "notification-preferences", {"digest": "weekly"})
    add("get", "analytics/releases/{id}", row=world.release)
    add("get", "releases/{id}/cost", row=world.release)
    add("get", "releases/{id}/package", row=world.release)
    add("post", "deliveries/{id}/archive", why, row=world.delivery)
    for route in ("kpis", "cache/history", "cache/status", "cache/health", "cache/stats"):
        add("get", route)
    purge = {"keys": ["/updates/a"], "cache_targets": ["local"]}
    add("post", "cache/invalidate", purge)
    add("post", "cache/webhook", purge)
    add("post", "cache/webhook/test", purge)
    found["delete", "cache/clear-all"] = ("cache/clear-all", None)
    found["get", "drifts"] = ("drifts", None)
    found["get", "drifts/{id}"] = (f"drifts/{world.drift.pk}", None)
    add("post", "drifts/{id}/decide", {"decision": "keep"} | why, row=world.drift)
    add("get", "items/{id}/duplicates")
    add("post", "documents/{id}/alt-texts", {"name": "x.png", "text": "A leaf"})
    add("post", "validate", {"title": "Two minutes", "content": TEXT})
    add("get", "content-types")
    add("get", "validation-rules")
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
    add("post", "drafts/{id}/duplicate")
    add("post", "drafts/{id}/submit")
    add("patch", "renditions/{id}", {"content": {"text": "Breathe."}} | why, note=" (a post)")
    search = {"content": {"seo_title": "Two quiet minutes for you"}} | why
    add("patch", "renditions/{id}", search, row=world.page, note=" (search fields)")
    add("post", "reviews/{id}/decide", {"verdict": "approve", "shown": shown(world.asked)})
    add("post", "reviews/{id}/withdraw", why)
    add("post", "reviews/{id}/recall", why)
    add("get", "reviews/{id}/legal")
    add("post", "reviews/{id}/legal", {"risk": "low"})
    add("post", "reviews/{id}/checklist", {"items": [row_of("editorial")]})
    add("post", "legal-triggers/{id}/dispute", why)
    add("post", "legal-triggers/{id}/clear", why)
    add("get", "drafts/{id}/impact")
    add("post", "drafts/{id}/impact", {"note": "None"})
    add("post", "drafts/{id}/declaration", {"items": [row_of("creation")]})
    add("post", "policies", {"preset": "standard", "rows": ROWS})
    add("post", "policies/{id}/activate")
    add("post", "policies/simulate", {"draft": str(world.draft.pk)})
    for route in ("comments", "links", "answers", "compare"):
        add("get", f"reviews/{{id}}/{route}")
    add("post", "reviews/{id}/claim", {})
    add("delete", "reviews/{id}/claim")
    add("post", "reviews/{id}/comments", {"text": "Hm"})
    add("post", "reviews/{id}/answers", {"answers": [{"opinion": 1, "is_done": True}]})
    pia = {"person_name": "Pia", "email": "pia.lund@partner.example", "stage": 1}
    add("post", "reviews/{id}/links", pia | {"comment_only": True})
    add("post", "review-links/{id}/revoke", {}, row=world.link)
    add("post", "threads/{id}/resolve", {}, row=world.thread)
    add("post", "threads/{id}/reopen", {}, row=world.thread)
    add("post", "comments/{id}/attachments", {}, row=world.comment)
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
    add("delete", "accounts/{id}", row=make_account("facebook", channel="page", is_default=False))
    value = {"name": "per_hour", "value": 5, "review_on": "2030-01-01"} | why
    for route in ("passport", "check"):
        add("get", f"accounts/{{id}}/{route}")
    add("post", "accounts/{id}/passport", value)
    add("post", "accounts/{id}/passport", value, row=world.network, note=" (a network)")
    add("post", "accounts/{id}/passport/restore", {"name": "per_day"})
    for route in ("connect", "refresh", "disconnect"):
        add("post", f"accounts/{{id}}/{route}")
        add("post", f"accounts/{{id}}/{route}", row=world.network, note=" (a network)")
    for route in ("validate", "preview"):
        add("post", f"accounts/{{id}}/{route}", {"content": {"title": "X"}})
    found["get", "channels/status"] = ("channels/status", None)
    add("patch", "accounts/{id}", {"name": "Other"}, row=world.network, note=" (a network)")
    days = {"starts_on": str(TODAY), "ends_on": str(TODAY)}
    for name, row in (("working-calendars", world.week), ("absences", world.absence),
                      ("delegations", world.delegation)):  # fmt: skip
        found["get", name] = (name, None)
        found["get", f"{name}/{{id}}"] = (f"{name}/{row.pk}", None)
        found["delete", f"{name}/{{id}}"] = (f"{name}/{row.pk}", None)
    add("post", "working-calendars", {"days": [1, 2, 3]})
    add("patch", "working-calendars/{id}", {"days": [1]}, row=world.week)
    add("post", "absences", days)
    add("patch", "absences/{id}", {"note": "Away"}, row=world.absence)
    add("post", "delegations", {"delegate": world.delegation.delegate.username, **days})
    add("patch", "delegations/{id}", {"note": "Away"}, row=world.delegation)
    add("post", "reviews/{id}/late-decision", {"choice": "withdraw"})
    add("post", "drafts/{id}/fast-track", {"matter": "any", **why}, row=world.urgent)
    found["get", "fast-tracks"] = ("fast-tracks", None)
    found["get", "fast-tracks/{id}"] = (f"fast-tracks/{world.track.pk}", None)
    add("post", "fast-tracks/{id}/done", {"step": 2}, row=world.track)
    for act in ("hold", "resume", "cancel", "exclude-rest"):
        add("post", f"releases/{{id}}/{act}", why)
    add("post", "stop", why)
    add("post", "stop/lift", {"stop_id": str(world.stop.pk)})
    found["get", "stops"] = ("stops", None)
    found["get", "stops/{id}"] = (f"stops/{world.stop.pk}", None)
    add("post", "releases/{id}/rehearse")
    add("get", "releases/{id}/board")
    add("post", "releases/{id}/board/sign")
    add("post", "releases/{id}/board/override", why)
    add("patch", "releases/{id}", {"stagger_min": 30})
    add("delete", "releases/{id}")
    add("post", "releases/{id}/continue", {"format": "web"} | why)
    add("get", "drafts/{id}/rollout")
    add("patch", "drafts/{id}/rollout", {"stagger_min": 30})
    add("post", "releases/{id}/late-decision", {"choice": "drop"})
    add("post", "releases/{id}/part-decision", {"format": "web", "choice": "withdraw", **why})
    add("post", "deliveries/{id}/settle", {"answer": "failed"} | why)
    return found


def row_of(key):
    return ChecklistItem.objects.filter(checklist__key=key).first().pk


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
    said = {} if response.streaming or not response.content else response.json()
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
