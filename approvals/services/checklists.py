"""Checklists: who ticks what, what a stage still waits for, and the machine's results beside an item.

A machine result is shown as evidence and never ticks anything. The creation list is the author's
declaration, ticked on the draft; every other list belongs to one review.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import structlog
from django.db import transaction
from django.utils import timezone

from approvals import lists
from approvals.models import Checklist, ChecklistItem, Review, Stage, Tick
from approvals.services import boards, eligibility, impact
from approvals.services.boards import Board
from content.models import Draft
from content.services import access
from halcytone.lib import canonical, rights
from halcytone.lib.audit import chain
from halcytone.lib.errors import Invalid, NotAllowed, Problem, WrongState
from halcytone.lib.gathering import gathering
from halcytone.lib.rights import Actor

log = structlog.get_logger(__name__)
MOST_EVIDENCE = 500


@dataclass(frozen=True, slots=True)
class Line:
    """One item with its tick, if it has one. `is_older`: the draft has changed since it was ticked."""

    item: ChecklistItem
    tick: Tick | None
    is_older: bool
    evidence: str


@dataclass(frozen=True, slots=True)
class Sheet:
    """One list of a review or draft; `stages` are the names of the stages that wait for it."""

    checklist: Checklist
    lines: Sequence[Line]
    stages: Sequence[str]
    may_tick: bool

    @property
    def done(self) -> int:
        return len(self.lines) - len(self.missing)

    @property
    def missing(self) -> list[ChecklistItem]:
        return [line.item for line in self.lines if line.tick is None]


def install(*, models: Any = None) -> None:
    """Write the lists that Halcytone brings along, unless a list of that key is there.

    `models` is the registry of a migration; None means today's tables.
    """
    kept = models.get_model("approvals", "Checklist") if models else Checklist
    items = models.get_model("approvals", "ChecklistItem") if models else ChecklistItem
    for position, (key, (name, texts)) in enumerate(lists.LISTS.items(), 1):
        row, is_new = kept.objects.get_or_create(
            key=key, defaults={"name": name, "position": position}
        )
        if is_new:
            items.objects.bulk_create(
                items(checklist=row, position=number, text=text, evidence=evidence)
                for number, (text, evidence) in enumerate(texts, 1)
            )


def keys() -> list[str]:
    return list(Checklist.objects.values_list("key", flat=True))


@transaction.atomic
def tick(review: Review, *, by: Actor, items: Sequence[int], evidence: str = "") -> list[Tick]:
    """Tick items of a review in one person's name; what is ticked already stays as it was.

    Raises Invalid for items that there are not, NotAllowed with who may, WrongState when it is over.
    """
    boards.lock(review)
    if review.status in Review.FINAL:
        raise WrongState(f"The review is {review.get_status_display().lower()}.")
    board = boards.read(review)
    chosen = _items(items)
    for checklist in {item.checklist for item in chosen}:
        if checklist.key == Checklist.CREATION:
            message = "The creation list is the author's declaration; it is ticked on the draft."
            raise Invalid([Problem("not_of_a_review", message, "items")])
        if refusal := _refusal(board, checklist, by):
            raise NotAllowed(refusal)
    about = _about(board)
    return _write(chosen, review.draft, review, by=by, evidence=evidence, about=about)


@transaction.atomic
def declare(draft: Draft, *, by: Actor, items: Sequence[int], evidence: str = "") -> list[Tick]:
    """Tick items of the creation list: the author's declaration, never a signature."""
    if refusal := _declaring_refusal(draft, by):
        raise NotAllowed(refusal)
    chosen = _items(items)
    if any(item.checklist.key != Checklist.CREATION for item in chosen):
        message = "Before a review there is the creation list alone."
        raise Invalid([Problem("not_of_a_draft", message, "items")])
    return _write(chosen, draft, None, by=by, evidence=evidence, about=_about_draft(draft))


@transaction.atomic
@gathering()
def take_back(ticks: Iterable[Tick], *, by: Actor) -> None:
    """Take ticks back. Whoever ticked may, and whoever may tick the list."""
    for each in ticks:
        if each.review is not None and each.review.status != Review.Status.OPEN:
            raise WrongState(f"The review is {each.review.get_status_display().lower()}.")
        refusal = (
            _refusal(boards.read(each.review), each.item.checklist, by)
            if each.review
            else _declaring_refusal(each.draft, by)
        )
        if refusal and each.person_id != by.pk:
            raise NotAllowed(refusal)
        Tick.objects.filter(pk=each.pk, taken_back_at=None).update(
            taken_back_at=timezone.now(), taken_back_by=by
        )
        _record(each.review or each.draft, each.draft, "taken_back", by, [each])


def sheets(board: Board, person: Actor, results: Mapping[str, str]) -> list[Sheet]:
    """Return the lists of a review: those that its stages wait for, and what is shown besides.

    That is the Tuesday list of an edition, and the list of a launch where there is an impact form.
    """
    wanted = _wanted(board.stages.values())
    if board.draft.type == Draft.Type.WEEKLY:
        wanted.setdefault(Checklist.TUESDAY, [])
    if board.review.level >= impact.FROM_LEVEL:
        wanted.setdefault(Checklist.LAUNCH, [])
    ticks = _ticks(board.review.ticks.all())
    about = _about(board)
    return [
        Sheet(
            checklist,
            _lines(checklist, ticks, about, results),
            wanted[checklist.key],
            not _refusal(board, checklist, person),
        )
        for checklist in _lists(wanted)
    ]


def declaration(draft: Draft, person: Actor, results: Mapping[str, str]) -> Sheet | None:
    """Return the creation list of a draft; None when somebody removed that list."""
    checklist = next(iter(_lists([Checklist.CREATION])), None)
    if checklist is None:
        return None
    ticks = _ticks(draft.ticks.filter(review=None))
    lines = _lines(checklist, ticks, _about_draft(draft), results)
    return Sheet(checklist, lines, [], not _declaring_refusal(draft, person))


def undeclared(draft: Draft) -> list[str]:
    """Return the items of the creation list that the author has not ticked."""
    ticked = Tick.objects.filter(draft=draft, review=None, taken_back_at=None)
    items = ChecklistItem.objects.filter(checklist__key=Checklist.CREATION, is_active=True)
    return [item.text for item in items.exclude(pk__in=ticked.values("item"))]


def unticked(
    review: Review | None, wanted: Collection[str]
) -> dict[Checklist, list[ChecklistItem]]:
    """Return the items of these lists that nobody has ticked in a review, by list."""
    rows = Tick.objects.filter(review=review, review__isnull=False, taken_back_at=None)
    ticked = set(rows.values_list("item", flat=True)) if review and review.pk else set()
    found = {
        checklist: [item for item in _active(checklist) if item.pk not in ticked]
        for checklist in _lists(wanted)
    }
    return {checklist: items for checklist, items in found.items() if items}


def check_ticked(board: Board, stages: Iterable[Stage]) -> None:
    """Raise Invalid, naming the items, unless every list that these stages wait for is ticked."""
    problems = []
    for stage in {each.pk: each for each in stages if each.checklists}.values():
        for checklist, items in unticked(board.review, stage.checklists).items():
            names = ", ".join(item.text for item in items)
            problems.append(
                Problem(
                    "checklist_open",
                    f"{stage.name} waits for its list “{checklist}”. Not ticked: {names}.",
                    f"checklists.{checklist.key}",
                    hint=f"{_who_ticks(board, stage)} Tick them under Checklists on the review.",
                )
            )
    if problems:
        raise Invalid(problems, code="checklist_open")


def change_item(item: ChecklistItem, *, by: Actor, **values: Any) -> None:
    """Change the wording or place of an item, or retire it. Ticks that were given stay on record."""
    rights.require(by, "approvals.change_policy", act="change checklists")
    if "text" in values and not 0 < len(values["text"].strip()) <= 200:
        raise Invalid([Problem("text", "An item is a text of 1 to 200 characters.", "text")])
    for name, value in values.items():
        setattr(item, name, value)
    item.save(update_fields=[*values])


def add_item(checklist: Checklist, *, by: Actor, text: str) -> ChecklistItem:
    rights.require(by, "approvals.change_policy", act="change checklists")
    if not 0 < len(text.strip()) <= 200:
        raise Invalid([Problem("text", "An item is a text of 1 to 200 characters.", "text")])
    last = checklist.items.order_by("-position").first()
    return ChecklistItem.objects.create(
        checklist=checklist, text=text.strip(), position=(last.position if last else 0) + 1
    )


def _items(items: Sequence[int]) -> list[ChecklistItem]:
    rows = ChecklistItem.objects.filter(pk__in=items, is_active=True).select_related("checklist")
    found = {row.pk: row for row in rows}
    if missing := [each for each in items if each not in found]:
        message = f"There is no item {', '.join(str(each) for each in missing[:5])}."
        raise Invalid([Problem("not_found", message, "items")])
    if not items:
        raise Invalid([Problem("required", "Name at least one item.", "items")])
    return list(found.values())


def _write(
    chosen: Sequence[ChecklistItem], draft: Draft, review: Review | None, *, by: Actor, evidence: str,
    about: str,
) -> list[Tick]:  # fmt: skip
    if len(evidence.strip()) > MOST_EVIDENCE:
        message = f"Evidence has at most {MOST_EVIDENCE} characters."
        raise Invalid([Problem("max_length", message, "evidence")])
    before = Tick.objects.filter(draft=draft, review=review, taken_back_at=None)
    ticked = set(before.values_list("item", flat=True))
    made = Tick.objects.bulk_create(
        Tick(
            item=item, draft=draft, review=review, person=by, evidence=evidence.strip(), about=about
        )
        for item in chosen
        if item.pk not in ticked
    )
    log.info("checklist_ticked", draft=draft.pk, items=[each.item_id for each in made])
    if made:
        _record(review or draft, draft, "ticked", by, made)
    return made


def _record(
    subject: Review | Draft, draft: Draft, kind: str, by: Actor, ticks: Sequence[Tick]
) -> None:
    """Write down in the audit chain which items somebody ticked, or took back, and on what evidence."""
    items = [{"item": each.item_id, "text": each.item.text} for each in ticks]
    trail = f"draft:{draft.pk}"
    facts = {"items": items, "evidence": ticks[0].evidence}
    chain.record(
        f"checklist.{kind}", subject, by=by, label=draft.title, trail=trail, named="", **facts
    )


def _refusal(board: Board, checklist: Checklist, by: Actor) -> str:
    """Return why this person may not tick a list of a review; "" if she may."""
    if by is None or by.is_service:
        return "Only people tick a list: the machine shows its results beside the items."
    stages = [
        stage
        for stage in board.stages.values()
        if checklist.key in stage.checklists and stage.status != Stage.Status.SKIPPED
    ]
    if not stages:
        may = rights.may(by, eligibility.RIGHT) or access.may_change_draft(by, board.draft)
        return "" if may else f"You may not tick this list. {rights.who_may(eligibility.RIGHT)}"
    refusals = [
        eligibility.find_refusal(by, format, stage, board.hands)
        for stage in stages
        for format in board.renditions
    ]
    if not refusals or None in refusals:
        return ""
    return next(each.sentence for each in refusals if each)


def _declaring_refusal(draft: Draft, by: Actor) -> str:
    if by is None or by.is_service:
        return "Only people declare: the machine shows its results beside the items."
    if access.may_change_draft(by, draft):
        return ""
    return f"The creation list is the author's. {draft.author} can tick it."


def _who_ticks(board: Board, stage: Stage) -> str:
    names = {
        str(person)
        for format in board.renditions
        for person in eligibility.eligible(stage, format, board.hands)
    }
    return f"{' or '.join(sorted(names))} can." if names else "Nobody can yet."


def _wanted(stages: Iterable[Stage]) -> dict[str, list[str]]:
    """Return the keys of the lists that stages wait for, each with the names of these stages."""
    found: dict[str, list[str]] = {}
    for stage in stages:
        if stage.status != Stage.Status.SKIPPED:
            for key in stage.checklists:
                found.setdefault(key, []).append(stage.name)
    return found


def _lists(wanted: Collection[str]) -> list[Checklist]:
    rows = Checklist.objects.filter(key__in=list(wanted)).prefetch_related("items")
    return list(rows)


def _active(checklist: Checklist) -> list[ChecklistItem]:
    return [item for item in checklist.items.all() if item.is_active]


def _ticks(rows: Any) -> dict[int, Tick]:
    ticks = rows.filter(taken_back_at=None).select_related("person")
    return {each.item_id: each for each in ticks}


def _lines(
    checklist: Checklist, ticks: Mapping[int, Tick], about: str, results: Mapping[str, str]
) -> list[Line]:
    return [_line(item, ticks.get(item.pk), about, results) for item in _active(checklist)]


def _line(item: ChecklistItem, tick: Tick | None, about: str, results: Mapping[str, str]) -> Line:
    is_older = tick is not None and tick.about != about
    return Line(item, tick, is_older, results.get(item.evidence, ""))


def _about(board: Board) -> str:
    return canonical.digest({name: content.sha256 for name, content in board.seals.items()})


def _about_draft(draft: Draft) -> str:
    return canonical.digest({row.format: row.digest for row in draft.renditions.all()})
