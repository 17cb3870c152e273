"""Renditions: reading them, editing one by hand, and what keeps a draft from being submitted."""

import json
from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

import structlog
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from content.formats import base
from content.models import Authorship, Draft, Finding, FormatName, Rendition, RenditionVersion
from content.services import access, addresses, authorship, reading, rendering, usages
from content.services.documents import require_version
from content.signals import rendition_changed
from halcytone.lib import canonical, rights
from halcytone.lib.errors import Invalid, NotAllowed, Problem
from halcytone.lib.gathering import gathering
from halcytone.lib.rights import Actor

logger = structlog.get_logger(__name__)
SOCIAL = frozenset({FormatName.X, FormatName.LINKEDIN, FormatName.FACEBOOK, FormatName.INSTAGRAM})
#: What people who care for search engines may change on a web page.
SEARCH_FIELDS = frozenset({"seo_title", "seo_description", "slug", "tags"})


def visible_to(person: Actor) -> QuerySet[Rendition]:
    """Return the renditions that this person may see: those of the drafts she may see."""
    return Rendition.objects.filter(draft__in=access.drafts(person))


def content(rendition: Rendition) -> dict[str, Any]:
    """Return what a rendition says, by the names of its format."""
    found: dict[str, Any] = json.loads(rendition.body)
    return found


def edit(
    rendition: Rendition,
    *,
    by: Any,
    content: Mapping[str, Any],
    reason: str,
    version: int | None = None,
) -> Rendition:
    """Change what a rendition says. `content` holds the changed fields; the others stay.

    Saving without a change changes nothing. Raises Invalid naming each wrong or unknown field, and
    WrongState with code `version_mismatch` when `version` is given and is not the current one.
    """
    plugin = rendering.load(rendition.format)
    with transaction.atomic(), gathering():
        rendition = Rendition.objects.select_for_update().get(pk=rendition.pk)
        _require_right(by, rendition, content)
        require_version(rendition, version)
        before = json.loads(rendition.body)
        body = canonical.text(plugin.parse_edit(_merged(before, content), before))
        if body == rendition.body:
            return rendition
        _require_reason(reason)
        _save(rendition, body, by, reason.strip()[:300])
    logger.info("rendition_edited", rendition=rendition.pk, format=rendition.format, by=by.pk)
    return rendition


def blocking(draft: Draft) -> list[Finding]:
    """Return the errors found in the renditions of a draft, in the order of its formats."""
    return [
        finding
        for rendition in rendering.in_order(draft)
        for finding in rendition.findings.filter(severity__in=base.BLOCKING)
    ]


def outdated(draft: Draft) -> list[str]:
    """Return the formats whose rendering, done now, would say something else than when it was done.

    A format that was never rendered, or cannot be any more, is among them. An edit by hand counts
    by what it was made from. A page that has moved since makes nothing older: `addresses` tells it.
    """
    edition = rendering.edition_of(draft)
    rows = {rendition.format: rendition for rendition in rendering.in_order(draft)}
    edited = {name for name, rendition in rows.items() if rendition.is_edited}
    again = [name for name in draft.formats if name not in edited]
    seen = rendering.as_seen(draft, edition, draft.formats)
    seen |= rendering.as_seen(draft, edition, again)
    slugs = [url.rpartition("/")[2] for url in addresses.pages_of(draft)]
    own = () if FormatName.WEB in again else slugs
    made = _last_made(rows.values())
    return [
        name
        for name in draft.formats
        if not _says_the_same(
            made.get(name), name, seen[name], own if name == FormatName.WEB else slugs
        )
    ]


def _last_made(rows: Collection[Rendition]) -> dict[str, str]:
    """Return {format: digest} of what each rendition was when it was last rendered."""
    if all(reading.is_kept(each, "versions") for each in rows):
        made = [(each, version) for each in rows for version in each.versions.all()]
        return {
            each.format: version.sha256 for each, version in reversed(made) if not version.reason
        }
    versions = RenditionVersion.objects.filter(rendition__in=list(rows), reason="").order_by(
        "number"
    )
    return dict(versions.values_list("rendition__format", "sha256"))


def _says_the_same(
    digest: str | None, name: str, edition: base.Edition, slugs: Collection[str]
) -> bool:
    """Tell whether rendering gives the bytes of last time, with its page at one of these addresses."""
    if digest is None:
        return False
    for slug in dict.fromkeys([edition.slug, *slugs]):
        made = rendering.make(name, replace(edition, slug=slug)).rendered
        if made and canonical.sha256(made.body()) == digest:
            return True
    return False


def _merged(before: Mapping[str, Any], changes: Mapping[str, Any]) -> Any:
    if not isinstance(changes, Mapping):
        return changes  # the format says what is wrong with it
    return {**before, **changes}


def _save(rendition: Rendition, body: str, by: Any, reason: str) -> None:
    rendition.body, rendition.is_edited = body, True
    rendition.version += 1
    rendition.changed_at = timezone.now()
    addresses.carry(rendition)
    rendition.save()
    rendering.append_version(rendition, author=by, reason=reason)
    draft = rendition.draft
    usages.record(draft, [rendition])
    found = rendering.found_in(rendition, draft, rendering.edition_of(draft))
    rendering.replace_findings(rendition, found)
    rendering.look_at_addresses(draft)
    authorship.record(rendition.draft, by, Authorship.Act.EDITED, format=rendition.format)
    rendition_changed.send(Rendition, rendition=rendition)


def _require_right(by: Any, rendition: Rendition, changes: Mapping[str, Any]) -> None:
    if by is None or access.may_change_draft(by, rendition.draft):
        return
    if rendition.format in SOCIAL and rights.may(by, "content.change_social_rendition"):
        return
    is_web = rendition.format == FormatName.WEB
    if is_web and rights.may(by, "content.change_seo_rendition"):
        now = content(rendition)
        others = sorted(
            name for name in changes if name not in SEARCH_FIELDS and changes[name] != now.get(name)
        )
        if not others:
            return
        raise NotAllowed(
            f"You may change {', '.join(sorted(SEARCH_FIELDS))} of a web page, not "
            f"{', '.join(others)}. {rights.who_may('content.change_draft')}"
        )
    raise NotAllowed(f"You may not edit this rendition. {rights.who_may('content.change_draft')}")


def _require_reason(reason: str) -> None:
    if not reason.strip():
        message = "Say in a few words why you change this rendition."
        raise Invalid([Problem("required", message, attr="reason")])
