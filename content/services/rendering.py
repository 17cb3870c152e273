"""From a draft's rows to renditions: what a format sees, what it made, and what was found in it."""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from content import advice, editions
from content.draft_rules import WALL
from content.formats import base, origins, titles
from content.models import (
    Authorship,
    Draft,
    Finding,
    FormatName,
    Rendition,
    RenditionVersion,
    Revision,
)
from content.services import access, addresses, authorship, fitting, pictures, usages
from content.signals import rendition_changed
from halcytone.lib import plugins, zones
from halcytone.lib.audit import chain
from halcytone.lib.errors import Invalid, Problem, WrongState
from halcytone.lib.gathering import gathering
from halcytone.lib.rights import Actor

logger = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Made:
    """What one format made of a draft, or why it could not."""

    format: base.Format
    rendered: base.Rendered | None
    problems: Sequence[Problem] = ()


def generate(draft: Draft, *, by: Actor, formats: Collection[str] | None = None) -> list[Rendition]:
    """Render a draft in its formats, check what came out, and store what is new.

    An edited rendition is kept unless `formats` names it. The same draft gives the same bytes, and
    then nothing changes. Returns the draft's renditions in the order of its formats. A format that
    cannot be made does not keep the others from being stored; then Invalid is raised, with one
    problem for each reason, `attr` naming the format.
    """
    access.require_draft(by, draft, act="generate this draft")
    draft = Draft.objects.get(pk=draft.pk)
    _require_known(draft, formats or ())
    edited = set(draft.renditions.filter(is_edited=True).values_list("format", flat=True))
    names = [name for name in draft.formats if name in (formats or set(draft.formats) - edited)]
    edition = edition_of(draft)
    made = [_fitted(make(name, seen)) for name, seen in as_seen(draft, edition, names).items()]
    with transaction.atomic(), gathering():
        _require_unchanged(draft)
        before = dict(draft.renditions.values_list("format", "version"))
        for one in made:
            _store(draft, edition, one, by, is_named=one.format.name in (formats or ()))
        for rendition in draft.renditions.exclude(format__in=names):
            replace_findings(rendition, found_in(rendition, draft, edition))
        look_at_addresses(draft)
        changed = [one for one in in_order(draft) if before.get(one.format) != one.version]
        usages.record(draft, changed)
        authorship.record(draft, by, Authorship.Act.GENERATED)
    logger.info("draft_generated", draft=draft.pk, formats=names, by=by and by.pk)
    problems = [problem for one in made for problem in one.problems]
    if problems:
        raise Invalid(problems)
    return in_order(draft)


def in_order(draft: Draft) -> list[Rendition]:
    """Return the renditions of the formats that a draft has, in their order."""
    by_name = {rendition.format: rendition for rendition in draft.renditions.all()}
    return [by_name[name] for name in draft.formats if name in by_name]


def as_seen(draft: Draft, edition: base.Edition, names: Collection[str]) -> dict[str, base.Edition]:
    """Return the edition as each of these formats sees it when they are rendered together.

    All know the address of the page: the one it gets now, or that of the page which is left as it is.
    """
    slug = addresses.settled(draft, edition)
    linked = slug if FormatName.WEB in names else addresses.standing(draft) or slug
    return {
        name: replace(edition, slug=slug if name == FormatName.WEB else linked) for name in names
    }


def make(name: str, edition: base.Edition) -> Made:
    """Render the pieces of an edition that are meant for one format. Writes nothing."""
    plugin = load(name)
    edition = replace(edition, pieces=editions.for_format(edition.pieces, name))
    try:
        rendered = plugin.render(edition)
    except Invalid as error:
        reasons = [
            Problem(problem.code, problem.message, attr=name, line=problem.line, hint=problem.hint)
            for problem in error.problems
        ]
        return Made(plugin, None, reasons)
    return Made(plugin, rendered)


def _fitted(made: Made) -> Made:
    """Return what was made with its images as its place takes them."""
    if made.rendered is None:
        return made
    return replace(made, rendered=fitting.fitted(made.format, made.rendered))


def found_in(
    rendition: Rendition,
    draft: Draft,
    edition: base.Edition,
    notes: Sequence[base.Finding] = (),
) -> list[base.Finding]:
    """Return what is found in what a rendition says now; `notes` are what its renderer said.

    What concerns the draft as a whole is found once, in its first format.
    """
    here = replace(edition, pieces=editions.for_format(edition.pieces, rendition.format))
    own = origins.findings(load(rendition.format), here, json.loads(rendition.body))
    is_first = rendition.format == draft.formats[0]
    beside = advice.of(edition, draft.formats, draft.priority) if is_first else []
    return [*origins.trace(notes, here), *own, *beside]


def load(name: str) -> base.Format:
    return plugins.load("FORMATS", name, base.Format)  # type: ignore[type-abstract]


def edition_of(draft: Draft) -> base.Edition:
    """Return a draft as a format sees it. A title that was made from the pieces is made again."""
    edition = _untitled(draft)
    return edition if draft.title == made_title(edition) else replace(edition, title=draft.title)


def made_title(edition: base.Edition) -> str:
    """Return the title that an edition without one gets, as a draft keeps it."""
    return titles.of(edition)[:200] if edition.pieces else ""


def has_made_title(draft: Draft) -> bool:
    """Tell whether the title of a draft is the one that its pieces give."""
    return draft.title == made_title(_untitled(draft))


def pieces_of(draft: Draft) -> list[Revision]:
    """Return the revisions of a draft in their order; asked for once when it was read with them."""
    if "places" in getattr(draft, "_prefetched_objects_cache", {}):
        return [place.revision for place in draft.places.all()]
    return [place.revision for place in draft.places.select_related("revision")]


def _untitled(draft: Draft) -> base.Edition:
    return base.Edition(
        type=draft.type,
        title="",
        pieces=tuple(map(piece_of, pieces_of(draft))),
        slot=slot_of(draft),
        site=base.Site(**settings.SITE),
        template=draft.template,
        tone=draft.tone,
        subject=draft.subject,
        preheader=draft.preheader,
    )


def slot_of(draft: Draft) -> datetime:
    """Return the slot in the draft's zone; without one, the moment the draft was made.

    Never the time of now: the same draft must give the same bytes.
    """
    if not draft.slot_wall:
        return zones.local(draft.created_at, draft.zone)
    wall = datetime.strptime(draft.slot_wall, WALL)  # noqa: DTZ007 a wall clock has no offset
    return zones.local(zones.instant(wall, draft.zone), draft.zone)


def piece_of(revision: Revision) -> base.Piece:
    """Return a revision as a format sees it."""
    fields = {**revision.fields, **(revision.fields.get("session") or {})}
    return base.Piece(
        key=str(revision.pk),
        title=revision.title,
        content=pictures.shown(revision.content),
        section=revision.section,
        on=revision.on,
        type=revision.type,
        priority=revision.priority,
        featured=revision.is_featured,
        weekly=revision.is_weekly,
        tags=tuple(fields.get("tags") or ()),
        link=fields.get("link") or "",
        image=pictures.shown(fields.get("image") or ""),
        alt=fields.get("alt") or "",
        sources=tuple(fields.get("sources") or ()),
        excerpt=fields.get("excerpt") or "",
        author=fields.get("author") or "",
        line=revision.line_start,
        fields=fields,
    )


def append_version(rendition: Rendition, *, author: Any, reason: str) -> None:
    """Keep what a rendition says now. A reason tells an edit from what was rendered."""
    before = _latest(rendition)
    version = RenditionVersion.objects.create(
        rendition=rendition,
        number=rendition.version,
        body=rendition.body,
        sha256=rendition.digest,
        template_version=rendition.template_version,
        author=author,
        reason=reason,
    )
    made_of = before.revisions.all() if before and reason else pieces_of(rendition.draft)
    version.revisions.add(*made_of)
    chain.record(
        "rendition.written",
        rendition,
        by=author,
        label=f"{rendition.get_format_display()} of {rendition.draft}",
        trail=f"draft:{rendition.draft_id}",
        format=rendition.format,
        version=rendition.version,
        sha256=rendition.digest,
        reason=reason,
    )


def _latest(rendition: Rendition) -> RenditionVersion | None:
    return rendition.versions.defer("body").first()


def replace_findings(rendition: Rendition, found: Iterable[base.Finding]) -> None:
    """Store these findings in place of the ones before."""
    rendition.findings.all().delete()
    _add_findings(rendition, found)


def look_at_addresses(draft: Draft, rivals: QuerySet[Rendition] | None = None) -> None:
    """Find anew, in every rendition of a draft, what is wrong with the address of its page.

    `rivals` are those of `addresses.rivals`, for who has read them.
    """
    pages = addresses.pages_of(draft)
    known = addresses.rivals(draft) if rivals is None else rivals
    for rendition in in_order(draft):
        found = addresses.findings(rendition, pages, known)
        old = [one for one in rendition.findings.all() if one.code in addresses.CODES]
        if [one.message for one in old] != [one.message for one in found]:
            Finding.objects.filter(pk__in=[one.pk for one in old]).delete()
            _add_findings(rendition, found)
            getattr(rendition, "_prefetched_objects_cache", {}).pop("findings", None)


def _add_findings(rendition: Rendition, found: Iterable[base.Finding]) -> None:
    known = set(rendition.draft.places.values_list("revision_id", flat=True))
    Finding.objects.bulk_create(
        Finding(
            rendition=rendition,
            revision_id=int(one.piece) if one.piece.isdigit() and int(one.piece) in known else None,
            severity=one.severity,
            code=one.code[:40],
            message=one.message,
            hint=one.hint,
            where=one.where[:60],
            line=one.line,
        )
        for one in found
    )


def _store(draft: Draft, edition: base.Edition, made: Made, by: Actor, *, is_named: bool) -> None:
    rendition = draft.renditions.select_for_update().filter(format=made.format.name).first()
    if rendition is not None and rendition.is_edited and not is_named:
        return  # edited while the others were being rendered
    if made.rendered is None:
        if rendition is not None:
            replace_findings(rendition, _out_of_date(made))
        return
    values = {
        "is_edited": False,
        "body": made.rendered.body(),
        "media": [
            asdict(replace(media, sha256=pictures.sha256_of(media.url)))
            for media in made.rendered.media
        ],
        "template_version": made.format.version,
    }
    if rendition is None:
        rendition = Rendition(draft=draft, format=made.format.name, **values)
        addresses.carry(rendition)
        rendition.save(force_insert=True)
        _announce(rendition, by)
    elif any(getattr(rendition, name) != value for name, value in values.items()):
        _update(rendition, values)
        _announce(rendition, by)
    elif (latest := _latest(rendition)) is not None:
        latest.revisions.add(*pieces_of(draft))  # another text of which it says the same
    found = found_in(rendition, draft, edition, made.rendered.notes)
    replace_findings(rendition, found)


def _require_unchanged(draft: Draft) -> None:
    """Hold the draft's row; raise WrongState when it was changed while it was being rendered."""
    if Draft.objects.select_for_update().get(pk=draft.pk).version != draft.version:
        raise WrongState("This draft was changed while it was rendered. Generate it again.")


def _update(rendition: Rendition, values: Mapping[str, Any]) -> None:
    for name, value in values.items():
        setattr(rendition, name, value)
    addresses.carry(rendition)
    rendition.version += 1
    rendition.changed_at = timezone.now()
    rendition.save()


def _announce(rendition: Rendition, by: Actor) -> None:
    append_version(rendition, author=by, reason="")
    rendition_changed.send(Rendition, rendition=rendition)


def _out_of_date(made: Made) -> list[base.Finding]:
    """Return why the bytes of before no longer stand for the draft."""
    return [
        made.format.finding(base.ERROR, problem.code, problem.message, hint=problem.hint)
        for problem in made.problems
    ]


def _require_known(draft: Draft, formats: Collection[str]) -> None:
    problems = [
        Problem("unknown_format", f"This draft has no format “{name}”.", attr="formats")
        for name in formats
        if name not in draft.formats
    ]
    if problems:
        raise Invalid(problems)
