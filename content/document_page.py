"""What the page of one document shows: how it is read, its text with problems and use, its history."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from content.models import Document, Notice, Recipe, Snapshot, SyncJob, Usage
from content.services import drift_board, pictures, reads, snapshots

MOST_LINES = 400  # of a text on one page, and
MOST_REMARKS = 60  # beside it; each stands at its line as well
RUNNING = (SyncJob.Status.PENDING, SyncJob.Status.IN_PROGRESS)


def context(document: Document, line: int = 1) -> dict[str, Any]:
    """Return everything that the page of a document shows; of a long text the part with this line."""
    taken = document.snapshots.filter(state=Snapshot.State.TAKEN).first()
    waiting = document.snapshots.filter(state=Snapshot.State.WAITING).first()
    jobs = list(document.sync_jobs.select_related("asked_by", "snapshot")[:10])
    failed = jobs[0] if jobs and jobs[0].status == SyncJob.Status.FAILED else None
    problems = failed.errors if failed else taken.problems if taken else []
    text = lines(document, taken, problems)
    first = (max(1, min(line, len(text))) - 1) // MOST_LINES * MOST_LINES
    remarks = [one for one in problems if one.get("severity") == "info"]
    return {
        "document": document,
        "source_url": reads.source_of(document).url(reads.ref_of(document)),
        "snapshot": taken,
        "waiting": waiting,
        "jobs": jobs,
        "running": next((job for job in jobs if job.status in RUNNING), None),
        "failed": failed,
        "notices": document.notices.filter(closed_at=None).exclude(kind=Notice.Kind.DRIFT),
        "drifted": drift_board.open_count(document),
        "images": [
            {**entry, "url": pictures.shown(f"media:{entry['name']}")}
            for entry in (taken.media if taken else [])
        ],
        "problems": problems,
        "blocking": [one for one in problems if one.get("severity") in ("error", "critical")],
        "advice": [one for one in problems if one.get("severity") == "warning"],
        "remarks": remarks[:MOST_REMARKS],
        "remark_count": len(remarks),
        "lines": text[first : first + MOST_LINES],
        "line_count": len(text),
        "window": range(first + 1, first + MOST_LINES + 1),
        "line_before": first or None,
        "line_after": first + MOST_LINES + 1 if len(text) > first + MOST_LINES else None,
        "items": document.items.filter(is_present=True).select_related(
            "head", "duplicate_of__head"
        ),
        "recipes": Recipe.objects.all(),
    }


def lines(
    document: Document, snapshot: Snapshot | None, problems: Iterable[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """Return the lines of the text, each with its problems, its use, and its link at the source.

    A text that was given and not read yet is shown as it was given.
    """
    if document.data and not document.is_remote:
        text = bytes(document.data).decode("utf-8-sig", "replace")
    else:
        text = snapshots.text_of(snapshot) if snapshot else ""
    by_line: dict[int, list[Mapping[str, Any]]] = {}
    for problem in problems:
        by_line.setdefault(problem.get("line") or 1, []).append(problem)
    used = _used(document, snapshot)
    blocks = {block["line_start"]: block for block in (snapshot.blocks if snapshot else [])}
    return [
        {
            "number": number,
            "text": line,
            "problems": by_line.get(number, []),
            "used": used.get(number, 0),
            "source_url": blocks.get(number, {}).get("source_url", ""),
        }
        for number, line in enumerate(text.splitlines(), start=1)
    ]


def _used(document: Document, snapshot: Snapshot | None) -> dict[int, int]:
    """Return {line: how many renditions use the block that begins there}."""
    if snapshot is None:
        return {}
    pairs = (
        Usage.objects.filter(document=document).values_list("block_hash", "rendition").distinct()
    )
    count = Counter(block_hash for block_hash, _ in pairs)
    return {
        block["line_start"]: count[block["hash"]]
        for block in snapshot.blocks
        if block["hash"] in count
    }
