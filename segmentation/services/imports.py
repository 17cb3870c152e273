"""Files of contacts: checked first, run by a person's second click, reported row by row."""

import zlib
from collections import ChainMap
from collections.abc import Callable, Mapping, MutableMapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any

import structlog
from django.db import IntegrityError, transaction
from django.utils import timezone

from halcytone.lib import canonical, rights
from halcytone.lib.errors import Invalid, Problem, WrongState
from segmentation import cleaning, merging, records, sheets, values
from segmentation.merging import Outcome, Plan, Terms
from segmentation.models import Channel, Consent, Contact, ImportRun, Purpose
from segmentation.records import Proof, Record
from segmentation.services import suppressions

logger = structlog.get_logger(__name__)
PERMISSION = "segmentation.import_contact"
CHUNK = 5_000
TRIES = 3  # of a chunk, when somebody else makes the same contact meanwhile
SHOWN = 100  # rows of each kind that a report shows
MAX_BYTES = 64 * 1024 * 1024
COUNTED = ("rows", *merging.KINDS, "consents", "duplicates", "without_proof")
Status = ImportRun.Status


@dataclass(slots=True)
class _Tally:
    """A report in the making; its memory does not grow with the file."""

    header: tuple[str, ...]
    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(COUNTED, 0))
    rows: dict[str, list[dict[str, Any]]] = field(
        default_factory=lambda: {kind: [] for kind in merging.KINDS}
    )
    packer: Any = field(default_factory=zlib.compressobj)
    packed: list[bytes] = field(default_factory=list)

    def note(self, outcome: Outcome, cells: tuple[str, ...]) -> None:
        record = outcome.record
        self.counts["rows"] += 1
        self.counts[outcome.kind] += 1
        self.counts["without_proof"] += record.lacks_proof
        self.counts["duplicates"] += outcome.reason.startswith("Same contact")
        if len(self.rows[outcome.kind]) < SHOWN:
            shown = {"line": record.line, "field": outcome.field, "reason": outcome.reason}
            self.rows[outcome.kind].append(shown | {"email": record.who})
        if outcome.kind == "reject":
            self._pack([str(record.line), outcome.field, outcome.reason, *cells])

    def rejects(self) -> bytes:
        """Return the rejected rows, compressed; call it once, at the end."""
        return b"".join([*self.packed, self.packer.flush()])

    def start(self) -> None:
        self._pack(["line", "field", "reason", *self.header])

    def _pack(self, cells: list[str]) -> None:
        if piece := self.packer.compress(sheets.line_of(cells).encode()):
            self.packed.append(piece)


def check(
    *,
    by: rights.Actor,
    file_name: str,
    data: bytes,
    mapping: Mapping[str, str] | None = None,
    policy: str = ImportRun.Policy.FILL_EMPTY,
    consent: Mapping[str, Any] | None = None,
    is_demo: bool = False,
) -> ImportRun:
    """Store a CSV file with the report of what it would do; no contact is touched.

    `mapping` is {column: field}; None = by the headings. `consent` says what a yes in this file is
    for and how it was given: {purpose, list, source, wording, at}; a row's own columns go first,
    and without a consent column a complete one holds for every row. The report holds `counts`
    (rows, add, change, skip, reject, consents, duplicates, without_proof) and `rows`, the first 100
    of each kind with line, field and reason. Raises NotAllowed, and Invalid for an unreadable file
    or a wrong mapping, policy or consent.
    """
    rights.require(by, PERMISSION, act="import contacts")
    sheet = _sheet(data)
    given = dict(consent or {})
    columns = records.guess(sheet.header) if mapping is None else dict(mapping)
    if problems := [*records.check_mapping(sheet.header, columns), *_mistakes(policy, given)]:
        raise Invalid(problems)
    run = ImportRun(
        file_name=file_name[:255],
        sha256=canonical.sha256(data),
        data=zlib.compress(data),
        mapping=columns,
        policy=policy,
        consent=given,
        created_by=by,
        is_demo=is_demo,
    )
    _report(run, sheet, _go_through(run, sheet, _look(run)))
    run.save(force_insert=True)
    logger.info("import_checked", run=run.pk, **run.report["counts"])
    return run


def run(run: ImportRun, *, by: rights.Actor) -> ImportRun:
    """Import a checked file in chunks of 5,000, each a transaction of its own.

    The report then says what happened. Running the same file again adds nothing. Raises NotAllowed,
    and WrongState when it ran already or another process is at it.
    """
    rights.require(by, PERMISSION, act="import contacts")
    waiting = ImportRun.objects.filter(pk=run.pk, status__in=[Status.CHECKED, Status.FAILED])
    if not waiting.update(status=Status.RUNNING):
        raise WrongState("This file was imported already, or is being imported now.")
    try:
        sheet = sheets.read(zlib.decompress(run.data))
        tally = _go_through(run, sheet, _write(run, by))
    except BaseException:
        ImportRun.objects.filter(pk=run.pk).update(status=Status.FAILED)
        run.status = Status.FAILED
        raise
    _report(run, sheet, tally)
    run.status, run.finished_at = Status.DONE, timezone.now()
    run.save(update_fields=["status", "report", "rejects", "finished_at"])
    logger.info("import_done", run=run.pk, **run.report["counts"])
    return run


def rejects_csv(run: ImportRun) -> bytes:
    """Return the rejected rows as CSV (UTF-8): line, field, reason, then the row itself, guarded."""
    return zlib.decompress(run.rejects) if run.rejects else b""


Judge = Callable[[list[Record], dict[int, int]], Plan]


def _go_through(run: ImportRun, sheet: sheets.Sheet, judge: Judge) -> _Tally:
    """Hand the records to `judge` chunk by chunk, and tally what becomes of them."""
    tally = _Tally(sheet.header)
    tally.start()
    seen: dict[int, int] = {}
    rows = sheet.rows()
    proof, now = _proof(run.consent), timezone.now()
    while chunk := list(islice(rows, CHUNK)):
        made = judge(
            [records.record(row, sheet.header, run.mapping, proof, now) for row in chunk], seen
        )
        tally.counts["consents"] += len(made.answers)
        for row, outcome in zip(chunk, made.outcomes, strict=True):
            tally.note(outcome, row.cells)
    return tally


def _look(run: ImportRun) -> Judge:
    """Return the judge of a dry run."""
    terms, now = _terms(run), timezone.now()
    return lambda chunk, seen: merging.plan(
        chunk, terms=terms, seen=seen, now=now, people=Contact.objects.all()
    )


def _write(run: ImportRun, by: rights.Actor) -> Judge:
    """Return the judge that also writes. Somebody else's new contact makes it judge once more."""
    terms = _terms(run)

    def judge(chunk: list[Record], seen: dict[int, int]) -> Plan:
        for _ in range(TRIES):
            fresh: dict[int, int] = {}
            try:
                made = _write_chunk(chunk, terms=terms, seen=ChainMap(fresh, seen), by=by)
            except IntegrityError as error:
                clash = error
            else:
                seen.update(fresh)
                return made
        raise clash

    return judge


@transaction.atomic
def _write_chunk(
    chunk: list[Record], *, terms: Terms, seen: MutableMapping[int, int], by: rights.Actor
) -> Plan:
    now = timezone.now()
    people = Contact.objects.select_for_update()
    made = merging.plan(chunk, terms=terms, seen=seen, now=now, people=people)
    Contact.objects.bulk_create(made.added)
    if made.changed:
        Contact.objects.bulk_create(
            made.changed,
            update_conflicts=True,
            unique_fields=["id"],
            update_fields=sorted(made.columns),
        )
    for old, contact in made.moved:
        suppressions.follow(contact, old)
    hashes: dict[str, str] = {}
    Consent.objects.bulk_create(
        Consent(
            contact=contact,
            channel=Channel.EMAIL,
            purpose=terms.purpose,
            list=terms.list,
            is_given=True,
            at=answer.at,
            source=answer.source,
            wording=answer.wording,
            wording_sha256=hashes.setdefault(answer.wording, canonical.sha256(answer.wording)),
            recorded_by=by,
            recorded_at=now,
        )
        for contact, answer in made.answers
    )
    return made


def _sheet(data: bytes) -> sheets.Sheet:
    if len(data) > MAX_BYTES:
        limit = f"The file may have {MAX_BYTES // 1024 // 1024} MB; split it."
        raise Invalid([Problem("too_large", limit, "file")])
    return sheets.read(data)


def _report(run: ImportRun, sheet: sheets.Sheet, tally: _Tally) -> None:
    ignored = [column for column in sheet.header if column and column not in run.mapping]
    run.report = {"counts": tally.counts, "rows": tally.rows, "ignored_columns": ignored}
    run.rejects = tally.rejects()


def _terms(run: ImportRun) -> Terms:
    purpose = run.consent.get("purpose") or Purpose.NEWSLETTER.value
    return Terms(run.policy, purpose, run.consent.get("list", ""), run.is_demo)


def _proof(consent: Mapping[str, Any]) -> Proof:
    at = cleaning.moment(consent["at"]) if consent.get("at") else None
    source, wording = consent.get("source", ""), consent.get("wording", "").strip()
    is_for_all = bool(consent.get("purpose"))
    return Proof(source, wording, at, is_for_all)


def _mistakes(policy: str, consent: Mapping[str, Any]) -> list[Problem]:
    """Return what is wrong with the policy and the consent of a run."""
    found = []
    if policy not in ImportRun.Policy.values:
        found.append(Problem("wrong_value", "There is no such policy.", "policy"))
    if unknown := set(consent) - {"purpose", "list", "source", "wording", "at"}:
        message = f"Consent has no part {', '.join(sorted(unknown))}."
        found.append(Problem("unknown_part", message, "consent"))
    if consent.get("purpose", "") not in ("", *Purpose.values):
        found.append(Problem("wrong_value", "There is no such purpose.", "consent.purpose"))
    if consent.get("source", "") not in ("", *records.SOURCES):
        message = f"The source is one of {', '.join(records.SOURCES)}."
        found.append(Problem("wrong_value", message, "consent.source"))
    if not values.is_slug(consent.get("list", ""), may_be_empty=True):
        message = "A list is named by letters, digits, - and _."
        found.append(Problem("wrong_value", message, "consent.list"))
    return [*found, *_date_mistakes(consent.get("at"))]


def _date_mistakes(at: Any) -> list[Problem]:
    try:
        moment: datetime | None = cleaning.moment(at) if at else None
    except (TypeError, ValueError):
        message = "A date is needed here, as YYYY-MM-DD or with time and zone."
        return [Problem("wrong_value", message, "consent.at")]
    if moment is not None and moment > timezone.now():
        return [Problem("future", "A consent cannot be dated in the future.", "consent.at")]
    return []
