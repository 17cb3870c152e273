"""Renditions: reading them, editing one by hand, and what keeps a draft from being submitted."""

import json
from collections.abc import Mapping
from typing import Any

import structlog
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from content.formats import base
from content.models import Authorship, Draft, Finding, FormatName, Rendition
from content.services import access, authorship, rendering
from content.services.documents import require_version
from content.signals import rendition_changed
from halcytone.lib import canonical, rights
from halcytone.lib.errors import Invalid, NotAllowed, Problem
from halcytone.lib.rights import Actor

logger = structlog.get_logger(__name__)
SOCIAL = frozenset({FormatName.X, FormatName.LINKEDIN, FormatName.FACEBOOK})
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
    with transaction.atomic():
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
    by what it was made from.
    """
    edition = rendering.edition_of(draft)
    rendered = {
        rendition.format: rendition.versions.filter(reason="").first()
        for rendition in rendering.in_order(draft)
    }
    stale = []
    for name in draft.formats:
        made, last = rendering.make(name, edition).rendered, rendered.get(name)
        if made is None or last is None or canonical.sha256(made.body()) != last.sha256:
            stale.append(name)
    return stale


def _merged(before: Mapping[str, Any], changes: Mapping[str, Any]) -> Any:
    if not isinstance(changes, Mapping):
        return changes  # the format says what is wrong with it
    return {**before, **changes}


def _save(rendition: Rendition, body: str, by: Any, reason: str) -> None:
    rendition.body, rendition.is_edited = body, True
    rendition.version += 1
    rendition.changed_at = timezone.now()
    rendition.save(update_fields=["body", "is_edited", "version", "changed_at"])
    rendering.append_version(rendition, author=by, reason=reason)
    draft = rendition.draft
    found = rendering.found_in(rendition, draft, rendering.edition_of(draft))
    rendering.replace_findings(rendition, found)
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
