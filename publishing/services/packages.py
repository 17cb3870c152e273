"""A release to take away: everything that was said, decided and sent, as a ZIP whose manifest is signed.

Publishing specification §11, "portable issue package". It is written file by file; of the ledger's readers
only sums are in it, unless somebody who may export contacts asks for them.
"""

import hashlib
import json
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from typing import Any, BinaryIO

import structlog
from django.core.serializers.json import DjangoJSONEncoder
from django.utils import timezone

from approvals.models import Review
from approvals.services import exports
from content.models import Asset, RenditionVersion, Revision, Snapshot
from content.services import access, pictures
from halcytone.lib import canonical, rights
from halcytone.lib.audit import chain, evidence, links, reading
from halcytone.lib.errors import NotAllowed
from halcytone.lib.rights import Actor
from publishing.books import books, failures, status
from publishing.models import Release, ReleasePart
from publishing.services import release_costs, results
from segmentation import sheets

log = structlog.get_logger(__name__)
SEES, EXPORTS_PEOPLE = "publishing.view_release", "segmentation.export_contact"
MANIFEST, KIND = "manifest.json", "halcytone-release-package/1"
CHUNK = 65_536
LINES = 500  # of readers, written at once
PEOPLE = "ledger/people.csv"
PERSON = ("delivery", "format", "email", "name", "state", "reason", "confirmed_at", "provider_id")


def write(release: Release, out: BinaryIO, *, by: Actor, with_people: bool = False) -> None:
    """Write the package of a release. What this person may not see is left out and named in the manifest.

    Raises NotAllowed for who may not see the release and its draft, or asks for readers without the right.
    """
    rights.require(by, SEES, act="take a release away")
    if by is not None and not access.sees_draft(by, release.draft):
        raise NotAllowed("You may not take this release away: its draft is not yours to see.")
    if with_people:
        rights.require(by, EXPORTS_PEOPLE, act="take readers' addresses away")
    parts = list(release.parts.select_related("account", "seal__review", "rendition"))
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as zipped:
        package = Package(zipped)
        _release(package, release)
        _renditions(package, parts)
        _revisions(package, release, parts, by)
        _approvals(package, parts, by)
        if with_people:
            package.add(PEOPLE, _people(release))
        package.close(
            release={"id": str(release.pk), "title": release.draft.title, "slot": release.slot_wall, "zone": release.zone},
            made_at=links.moment(timezone.now()), made_by=str(by) if by else "", has_people=with_people,
        )  # fmt: skip
    if with_people:
        chain.record("release.readers_taken", release, by=by, label=str(release))
    log.info("release_packaged", release=release.pk, with_people=with_people)


class Package:
    """A ZIP that is being written, with the hash of each file of it."""

    def __init__(self, zipped: zipfile.ZipFile) -> None:
        self.zipped = zipped
        self.files: dict[str, dict[str, Any]] = {}
        self.left_out: list[dict[str, str]] = []

    def add(self, name: str, chunks: Iterable[bytes]) -> None:
        """Add one file, chunk by chunk; a name that is there already stays as it is."""
        if name in self.files:
            return
        digest, size = hashlib.sha256(), 0
        with self.zipped.open(name, "w", force_zip64=True) as file:
            for chunk in chunks:
                file.write(chunk)
                digest.update(chunk)
                size += len(chunk)
        self.files[name] = {"name": name, "sha256": digest.hexdigest(), "size": size}

    def add_json(self, name: str, value: Any) -> None:
        text = json.dumps(value, cls=DjangoJSONEncoder, ensure_ascii=False, indent=1)
        self.add(name, [text.encode()])

    def leave_out(self, what: str, why: str) -> None:
        self.left_out.append({"what": what, "why": why})

    def close(self, **about: Any) -> None:
        """Write the manifest: what is inside, by hash, under the signature of this installation."""
        content = {"kind": KIND, **about, "files": list(self.files.values())}
        signed = evidence.signed_json({**content, "left_out": self.left_out})
        self.zipped.writestr(MANIFEST, signed)


def _release(package: Package, release: Release) -> None:
    found = books(release)
    package.add_json("release.json", {
        "id": str(release.pk), "title": release.draft.title, "status": release.status, "is_dry": release.is_dry,
        "slot": {"wall": release.slot_wall, "zone": release.zone, "at": release.due_at},
        "prepared_at": release.prepared_at, "finished_at": release.finished_at, "is_late": release.is_late,
        "note": release.note, "left_out": release.left_out,
        "events": [{"kind": one.kind, "by": str(one.by or ""), "detail": one.detail, "at": one.at}
                   for one in release.events.select_related("by")],
    })  # fmt: skip
    package.add_json("ledger/totals.json", {
        "status": status(release, found), "is_balanced": found.is_balanced, "to_resolve": found.to_resolve,
        "candidates": found.candidates, "by_format": found.by_format, "by_reason": found.by_reason,
        "refused": found.refused, "failures": failures(release),
        "lines": [{"format": one.format, "state": one.state, "reason": one.reason, "rows": one.count}
                  for one in found.lines],
    })  # fmt: skip
    shown = ("part_of__format", "account__key", "target", "part", "state", "reason", "handed_over_at", "confirmed_at",
             "provider_id", "url", "error")  # fmt: skip
    posts = release.deliveries.filter(contact__isnull=True).exclude(target__startswith="contact:")
    package.add_json("ledger/posts.json", list(posts.values(*shown)))
    cost = release_costs.of(release)
    package.add_json("metrics/cost.json", [asdict(line) for line in cost.lines])
    package.add_json("metrics/results.json", asdict(results.of(release) or results.NOTHING))


def _renditions(package: Package, parts: Iterable[ReleasePart]) -> None:
    """Add each text as it was sealed, byte for byte, with its seal and the images that were sealed."""
    for part in parts:
        seal = part.seal
        package.add(f"renditions/{part.format}.json", [seal.body.encode()])
        package.add_json(f"seals/{part.format}.json", {
            "format": part.format, "account": part.account.key, "sha256": seal.sha256,
            "content": json.loads(seal.content), "audience_count": seal.audience_count,
            "body_sha256": canonical.sha256(seal.body), "sealed_at": seal.created_at, "refusal": part.refusal,
        })  # fmt: skip
        hashes = {each["sha256"] for each in json.loads(seal.content).get("media") or ()} - {""}
        for asset in Asset.objects.filter(sha256__in=hashes):
            if data := pictures.data(asset):
                package.add(f"media/{asset.name}", [data])
            else:
                package.leave_out(f"media/{asset.name}", "The media store has lost its bytes.")


def _revisions(package: Package, release: Release, parts: Iterable[ReleasePart], by: Actor) -> None:
    """Add the revisions that the sealed texts were made of, and the sources that these stand in."""
    made = RenditionVersion.objects.none()
    for part in parts:
        sha256 = canonical.sha256(part.seal.body)
        made |= RenditionVersion.objects.filter(rendition=part.rendition, sha256=sha256)
    used = set(made.exclude(revisions=None).values_list("revisions", flat=True))
    used |= set(release.draft.pieces.values_list("pk", flat=True))
    rows = Revision.objects.filter(pk__in=used).select_related("item__document", "author")
    seen = None if by is None else set(access.documents(by).values_list("pk", flat=True))
    snapshots: set[int] = set()
    for row in rows.order_by("pk").iterator():
        document = row.item.document
        if seen is not None and document.pk not in seen:
            why = "Its document is not yours to see."
            package.leave_out(f"revisions/{row.pk}.json", why)
            continue
        package.add_json(f"revisions/{row.pk}.json", _revision(row))
        snapshots |= {row.snapshot_id} if row.snapshot_id else set()
    for pk in sorted(snapshots):
        _source(package, Snapshot.objects.select_related("document").get(pk=pk))


def _revision(row: Revision) -> Mapping[str, Any]:
    return {
        "id": str(row.pk), "number": row.number, "item": str(row.item_id), "origin": row.origin, "title": row.title,
        "content": row.content, "section": row.section, "type": row.type, "on": row.on, "priority": row.priority,
        "fields": row.fields, "lines": [row.line_start, row.line_end], "author": str(row.author or ""),
        "reason": row.reason, "sha256": row.sha256, "created_at": row.created_at,
        "snapshot": str(row.snapshot_id or ""), "document": row.item.document.name,
    }  # fmt: skip


def _source(package: Package, snapshot: Snapshot) -> None:
    """Add what was read, as it came, and what is known of it."""
    name = f"sources/{snapshot.pk}"
    package.add(f"{name}.raw", [zlib.decompress(snapshot.raw)])
    if snapshot.text:
        package.add(f"{name}.md", [snapshot.text.encode()])
    package.add_json(f"{name}.json", {
        "document": snapshot.document.name, "kind": snapshot.document.kind, "source": snapshot.document.source_key,
        "fetched_at": snapshot.fetched_at, "source_version": snapshot.source_version, "media": snapshot.media,
    })  # fmt: skip


def _approvals(package: Package, parts: Iterable[ReleasePart], by: Actor) -> None:
    """Add the signed evidence of each review, for who may read the trail; who decided what, for all."""
    reviews: dict[int, Review] = {part.seal.review_id: part.seal.review for part in parts}
    is_reader = by is None or rights.may(by, reading.ALL)
    for pk, review in reviews.items():
        if is_reader:
            text = exports.export(review, by=by, form=exports.JSON)
            package.add(f"approvals/review-{pk}.json", [text.encode()])
        else:
            why = f"The trail is not yours to read. {rights.who_may(reading.ALL)}"
            package.leave_out(f"approvals/review-{pk}.json", why)
    package.add_json("approvals/decisions.json", [
        {"format": part.format, "seal": part.seal.sha256, "role": one.role, "person": str(one.person or ""),
         "policy_row": one.policy_row, "verdict": one.verdict, "comment": one.comment, "at": one.decided_at}
        for part in parts
        for one in part.seal.decisions.select_related("person").order_by("pk")
    ])  # fmt: skip


def _people(release: Release) -> Iterator[bytes]:
    """Yield the rows of readers as CSV, a few at a time."""
    rows = release.deliveries.filter(target__startswith="contact:").order_by("pk")
    names = ("pk", "part_of__format", "contact__email", "merge__name", *PERSON[4:])
    held = [sheets.line_of(PERSON)]
    for row in rows.values_list(*names).iterator(chunk_size=2_000):
        held.append(sheets.line_of(["" if cell is None else str(cell) for cell in row]))
        if len(held) == LINES:
            yield "".join(held).encode()
            held.clear()
    yield "".join(held).encode()
