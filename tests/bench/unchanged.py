"""1,000 documents at Google's stand-in that did not change, against as many bare requests to it.

A reading asks with Google's own client whether the document is still the same, and writes a job that says
so; the yardstick is one httpx client that asks for the same answer.
"""

import os
import time

import httpx
from django.test import override_settings
from django.utils import timezone

from content.models import Document, Snapshot, SyncJob
from content.services import documents, rounds
from halcytone.sandbox.running import run as stand_ins
from tests.bench.table import Row
from tests.factories.people import PersonFactory

COUNT = int(os.environ.get("BENCH_UNCHANGED", "1000"))
ASKED = {"includeTabsContent": "true", "fields": "revisionId"}
BLOCKS = (
    {"style": "HEADING_1", "text": "[Tips] Small habits"},
    {"style": "HEADING_2", "text": "Two minutes"},
    {"text": "Sit, let your shoulders drop, breathe in for four counts and out for six."},
)


def run():
    with (
        stand_ins(ports={"sources": 0}) as sandbox,
        override_settings(OUTBOUND="sandbox", SANDBOX_PORTS=dict(sandbox.ports)),
    ):
        _link(sandbox)
        _read()
        sandbox.ask("sources", "DELETE", "/_sandbox/requests")
        mine = _read()
        _refuse_anything_new(sandbox)
        theirs = _bare(sandbox)
    absolute = f"{mine / COUNT * 1000:.1f} ms against {theirs / COUNT * 1000:.1f} ms each"
    work = f"read {COUNT:,} unchanged documents"
    return [Row(work, "as many bare requests", mine / theirs, None, absolute, is_time=True)]


def _link(sandbox):
    author = PersonFactory(group="editor")
    for number in range(COUNT):
        path = f"/_sandbox/documents/letter-{number}"
        sandbox.ask("sources", "PUT", path, {"title": f"Letter {number}", "blocks": BLOCKS})
        documents.link(
            by=author, name=f"Letter {number}", kind="google_docs", key=f"letter-{number}"
        )


def _read():
    """Read all documents; returns the seconds."""
    Document.objects.filter(kind="google_docs").update(due_at=timezone.now())
    begun, done = time.perf_counter(), 0
    while rounds.queue_due(timezone.now()):
        done += rounds.work()
    if done != COUNT or SyncJob.objects.filter(status="failed").exists():
        raise RuntimeError(f"{done} of {COUNT} documents were read, not all of them well")
    return time.perf_counter() - begun


def _refuse_anything_new(sandbox):
    asked = len(sandbox.requests("sources"))
    skipped = SyncJob.objects.filter(result="skipped").count()
    if (asked, skipped, Snapshot.objects.count()) != (COUNT, COUNT, COUNT):
        raise RuntimeError(f"{asked} requests, {skipped} skipped, for {COUNT} documents")


def _bare(sandbox):
    begun = time.perf_counter()
    with httpx.Client(base_url=sandbox.url("sources")) as client:
        for number in range(COUNT):
            client.get(f"/v1/documents/letter-{number}", params=ASKED).raise_for_status()
    return time.perf_counter() - begun
