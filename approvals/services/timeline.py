"""What happened to a review, read from the audit chain, in the order in which it happened."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from django.db.models import Min, QuerySet
from django.urls import reverse

from approvals.models import Decision, Review, Role
from content.models import FormatName
from halcytone.lib.audit.models import Entry

SUBMITTED = "review.submitted"
TOGETHER = timedelta(seconds=2)  # what one act says about several formats stands in rows of its own
WORDS = {
    "review.submitted": ("ok", "Submitted"),
    "review.approved": ("ok", "Approved by everybody who was asked"),
    "review.unsealed": ("bad", "Unsealed"),
    "review.recalled": ("bad", "Recalled"),
    "review.rejected": ("bad", "Review closed: rejected"),
    "review.withdrawn": ("bad", "Withdrawn"),
    "review.answered": ("", "Requests answered"),
    "review.thread_opened": ("", "Comment"),
    "review.thread_replied": ("", "Reply"),
    "review.thread_resolved": ("ok", "Thread closed"),
    "review.thread_reopened": ("", "Thread opened again"),
    "review.link_made": ("", "Review link made"),
    "review.link_revoked": ("", "Review link taken back"),
    "review.link_locked": ("bad", "Review link locked"),
    "review.reminded": ("", "Reminder"),
    "review.delegate_called": ("", "Delegate called"),
    "review.escalated": ("bad", "Escalated"),
    "review.checks_unresolved": ("bad", "Checks not mended"),
    "review.executives_alerted": ("bad", "Executives alerted"),
    "review.communications_called": ("bad", "Communications group called"),
    "review.started_late": ("bad", "Late from the start"),
    "review.late": ("bad", "Its slot came without an approval"),
    "review.late_decided": ("", "Decided about the lateness"),
    "fast_track.started": ("", "Fast track begun"),
    "fast_track.step_done": ("ok", "Fast track, step done"),
    "fast_track.step_overdue": ("bad", "Fast track, step overdue"),
    "review.trigger_disputed": ("", "Legal trigger disputed"),
    "review.trigger_cleared": ("ok", "Legal trigger cleared"),
    "review.legal_recorded": ("", "Counsel's record"),
    "impact.assessed": ("", "Impact form answered"),
    "checklist.ticked": ("ok", "Checklist ticked"),
    "checklist.taken_back": ("bad", "Ticks taken back"),
    "rendition.written": ("", "New version"),
    "draft.changed": ("", "Draft changed"),
    "release.planned": ("ok", "Release planned"),
    "release.started": ("ok", "Publication began"),
    "release.done": ("ok", "Published"),
    "release.held": ("bad", "Held"),
    "release.resumed": ("ok", "Goes on"),
    "release.late": ("bad", "Late"),
    "release.cancelled": ("bad", "Release cancelled"),
    "release.refused": ("bad", "The publisher refused"),
    "release.incomplete": ("bad", "Published in part"),
}
VERDICTS = dict(Decision.Verdict.choices)
REASONS = dict(Decision.Reason.choices)
FORMATS = dict(FormatName.choices)
ROLES = dict(Role.choices)
TONES = {"approve": "ok", "abstain": ""}


@dataclass(frozen=True, slots=True)
class Line:
    """One act as people read it. `tone` is ok, bad or ""; `link` leads to the difference or the row."""

    at: datetime
    who: str
    tone: str
    what: str
    detail: str = ""
    quote: str = ""
    link: str = ""
    link_words: str = ""
    seals: Sequence[str] = field(default_factory=tuple)
    seqs: Sequence[int] = field(default_factory=tuple)


def entries(review: Review) -> QuerySet[Entry]:
    """Return the rows of the chain about a review: from its submission to that of the draft's next review."""
    trail = Entry.objects.filter(trail=f"draft:{review.draft_id}")
    begun = dict(
        trail.filter(kind=SUBMITTED).order_by().values_list("subject_id").annotate(first=Min("seq"))
    )
    first = begun.get(str(review.pk))
    if first is None:
        return Entry.objects.none()
    later = min((seq for seq in begun.values() if seq > first), default=None)
    rows = trail.filter(seq__gte=first)
    return rows if later is None else rows.filter(seq__lt=later)


def lines(rows: Iterable[Entry]) -> list[Line]:
    """Return the acts that these rows tell, oldest first; what one person said at once is one act."""
    found: list[Line] = []
    for _, same in groupby(_together(rows), key=lambda one: one[0]):
        found.append(_line([(entry, data) for _, entry, data in same]))
    return found


def _together(rows: Iterable[Entry]) -> Iterable[tuple[int, Entry, dict[str, Any]]]:
    """Yield (number of the act, row, its data): rows of one person, kind, moment and words are one act."""
    number, before = 0, None
    for entry in rows:
        data = json.loads(entry.data)
        same = (entry.kind, entry.actor, data.get("verdict"), data.get("comment"), data.get("role"))
        is_same = (
            before is not None
            and before[0] == same
            and entry.at - before[1] < TOGETHER
            and entry.kind in ("review.decided", "rendition.written")
        )
        number += 0 if is_same else 1
        before = (same, entry.at)
        yield number, entry, data


def _line(act: Sequence[tuple[Entry, dict[str, Any]]]) -> Line:
    entry, data = act[0]
    tone, what = WORDS.get(entry.kind, ("", entry.kind.replace(".", ": ").replace("_", " ")))
    if entry.kind == "review.decided":
        tone = TONES.get(data["verdict"], "bad")
        what = str(VERDICTS.get(data["verdict"], data["verdict"]))
    link, link_words = _link(entry)
    return Line(
        entry.at,
        _who(entry, data),
        tone,
        what,
        _detail(act),
        _quote(data),
        link,
        link_words,
        tuple(one["seal"] for _, one in act if one.get("seal")),
        tuple(one.seq for one, _ in act),
    )


def _who(entry: Entry, data: dict[str, Any]) -> str:
    if data.get("policy_row"):
        return f"the policy, row {data['policy_row']}"
    name = entry.actor or "the press room"
    role = f" as {ROLES.get(data['role'], data['role'])}" if data.get("role") else ""
    behalf = f", for {data['delegate_of']['name']}" if data.get("delegate_of") else ""
    by_link = " by a review link" if data.get("link") and entry.actor_id is None else ""
    return f"{name}{role}{behalf}{by_link}"


def _detail(act: Sequence[tuple[Entry, dict[str, Any]]]) -> str:
    entry, data = act[0]
    names = [FORMATS.get(one["format"], one["format"]) for _, one in act if one.get("format")]
    names += [FORMATS.get(name, name) for name in data.get("formats", [])]
    parts = [", ".join(map(str, names))]
    if entry.kind == "review.decided":
        parts.insert(0, data["stage"])
    if data.get("round", 1) > 1 and entry.kind == SUBMITTED:
        parts.append(f"round {data['round']}")
    if entry.kind == SUBMITTED:
        parts.append(f"level {data['level']}, policy {data['policy']}")
    if entry.kind == "draft.changed":
        parts.append(", ".join(data["fields"]).replace("_", " "))
    if entry.kind == "impact.assessed":
        parts.append(", ".join(data["answers"]).replace("_", " "))
    if entry.kind == "review.answered":
        done = sum(one["is_done"] for one in data["answers"])
        parts.append(f"{done} of {len(data['answers'])} done")
    if entry.kind.startswith("review.") and entry.kind != "review.decided":
        parts += [data.get("stage", ""), ", ".join(data.get("people", []))]
    if entry.kind.startswith("checklist."):
        parts += [one["text"] for one in data["items"]]
    parts += [data.get("of", ""), data.get("detail", "")]
    return " · ".join(part for part in parts if part)


def _quote(data: dict[str, Any]) -> str:
    said = data.get("comment") or data.get("note") or data.get("why") or ""
    reason = data.get("reason", "")
    if said and reason:
        return f"{REASONS.get(reason, reason)}: {said}"
    return str(said or reason)


def _link(entry: Entry) -> tuple[str, str]:
    """Return where more can be seen: the difference of a version, the release, the row."""
    if entry.kind == "rendition.written":
        return reverse("content:rendition-history", args=[entry.subject_id]), "See what changed"
    if entry.subject_type == "release":
        return reverse("publishing:release", args=[entry.subject_id]), "The release"
    if entry.subject_type == "delivery":
        return reverse("publishing:delivery", args=[entry.subject_id]), "The row"
    if entry.subject_type == "draft":
        return reverse("content:draft", args=[entry.subject_id]), "The draft"
    return "", ""
