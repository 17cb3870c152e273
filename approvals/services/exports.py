"""A review's evidence, to be kept or handed to somebody: every act, seal and text that was decided about."""

import json
from typing import Any

import structlog
from django.utils import timezone

from approvals.models import Review
from approvals.services import timeline
from content.services import access
from halcytone.lib import canonical, rights
from halcytone.lib.audit import chain, evidence, links, reading
from halcytone.lib.audit.models import Head
from halcytone.lib.errors import NotAllowed
from halcytone.lib.notices.models import Notification
from halcytone.lib.rights import Actor

log = structlog.get_logger(__name__)
JSON, MARKDOWN = "json", "markdown"


def export(review: Review, *, by: Actor, form: str) -> str:
    """Return the signed evidence of a review as JSON or Markdown. Raises NotAllowed."""
    rights.require(by, reading.ALL, act="export evidence")
    if by is not None and not access.drafts(by).filter(pk=review.draft_id).exists():
        raise NotAllowed("You may not export this review: its draft is not yours to see.")
    content = _content(review, by)
    log.info("evidence_exported", review=review.pk, form=form, by=by and by.pk)
    if form == JSON:
        return evidence.signed_json(content)
    return evidence.signed_text(_markdown(content))


def _content(review: Review, by: Actor) -> dict[str, Any]:
    rows = list(timeline.entries(review).order_by("seq"))
    head = Head.objects.filter(pk=chain.ONLY_ROW).first()
    told = Notification.objects.filter(event__startswith=f"review:{review.pk}:")
    return {
        "review": {
            "id": str(review.pk),
            "title": review.draft.title,
            "status": review.status,
            "level": review.level,
            "policy": str(review.policy),
            "slot": {"wall": review.draft.slot_wall, "zone": review.draft.zone},
        },
        "exported_at": links.moment(timezone.now()),
        "exported_by": str(by) if by else "",
        "head": {"seq": head.seq, "sha256": head.sha256} if head else None,
        "entries": [evidence.as_dict(row) for row in rows],
        "seals": [
            {
                "format": seal.format,
                "sha256": seal.sha256,
                "content": json.loads(seal.content),
                "audience_count": seal.audience_count,
                "body": seal.body,
                "body_sha256": canonical.sha256(seal.body),
            }
            for seal in review.seals.all()
        ],
        "told": [
            {"kind": row.kind, "person": str(row.person), "at": links.moment(row.at)}
            for row in told.select_related("person").order_by("pk")
        ],
    }


def _markdown(content: dict[str, Any]) -> str:
    about = content["review"]
    lines = [
        f"# Evidence: {_plain(about['title'])}",
        "",
        f"Review {about['id']}, level {about['level']}, policy {about['policy']}, {about['status']}.",
        f"Slot: {about['slot']['wall'] or 'none'} {about['slot']['zone']}.",
        f"Exported {content['exported_at']} by {_plain(content['exported_by']) or 'the press room'}.",
        "",
        "## What happened",
        "",
    ]
    for row in content["entries"]:
        who = _plain(row["actor"]) or "the press room"
        lines.append(f"- **{row['seq']}** {row['at']} · {row['kind']} · {who}")
        lines.append(f"  `{row['sha256']}`")
        data = json.loads(row["data"])
        said = data.get("comment") or data.get("note") or data.get("reason")
        lines += [f"  > {_plain(said)}"] if said else []
    lines += ["", "## What was sealed", "", "| format | seal | text |", "|---|---|---|"]
    lines += [
        f"| {one['format']} | `{one['sha256']}` | `{one['body_sha256']}` |"
        for one in content["seals"]
    ]
    lines += ["", "## Who was told", ""]
    lines += [f"- {one['at']} · {_plain(one['person'])}: {one['kind']}" for one in content["told"]]
    if content["head"]:
        lines += ["", f"Head of the chain: {content['head']['seq']}:{content['head']['sha256']}"]
    return "\n".join(lines)


def _plain(text: str) -> str:
    """Return a text on one line that Markdown takes for nothing but text."""
    line = " ".join(str(text).split())
    return "".join(f"\\{char}" if char in "\\`*_{}[]<>#|" else char for char in line)
