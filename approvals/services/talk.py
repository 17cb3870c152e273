"""Threads of a review: opened at words, an image or the whole; answered, resolved, reopened.

Source: approvals specification §8, comments.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import structlog
from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from approvals import anchors, readable, remarks, seals, signals
from approvals.anchors import Spot
from approvals.models import Comment, Review, ReviewLink, Thread
from approvals.services import boards, eligibility
from content.models import FormatName, Rendition
from content.services import access
from halcytone.lib import rights
from halcytone.lib.errors import Invalid, NotAllowed, Problem, WrongState
from halcytone.lib.gathering import gathering
from halcytone.lib.rights import Actor

log = structlog.get_logger(__name__)
RIGHTS = ("approvals.submit_review", "approvals.decide_review")
MOST_TEXT = 10_000  # characters of a comment
MOST_QUOTE = 1_000
EXCERPT = 80


@dataclass(frozen=True, slots=True)
class About:
    """What a thread is about: words in a format, one of its images, or (without a format) the review."""

    format: str = ""
    place: str = ""
    quote: str = ""
    start: int | None = None
    image: str = ""


@dataclass(frozen=True, slots=True)
class Shown:
    """A thread, and where its words stand now; `is_gone` when they do not any more."""

    thread: Thread
    spot: Spot | None
    is_gone: bool


def visible_to(person: Actor) -> QuerySet[Thread]:
    """Return the threads of the reviews whose drafts this person may see."""
    return Thread.objects.filter(review__draft__in=access.drafts(person))


def may_speak(person: Actor) -> bool:
    return rights.may(person, *RIGHTS)


@transaction.atomic
@gathering()
def open_thread(
    review: Review,
    *,
    by: Actor,
    text: str,
    about: About = About(),
    is_shared: bool = False,
    must_fix: bool = False,
) -> Thread:
    """Begin a thread with its first comment.

    Raises NotAllowed, WrongState when the review is over, Invalid when the words or the image that it
    is about do not stand there.
    """
    _require_voice(by, review)
    thread = _opened(review, about, is_shared=is_shared, must_fix=must_fix, opened_by=by)
    _say(thread, text, person=by)
    _tell(thread, "opened", by)
    return thread


@transaction.atomic
@gathering()
def open_thread_by_link(link: ReviewLink, *, text: str, about: About) -> Thread:
    """Begin a thread as the person of a review link; it is always shared, so that she sees it again."""
    thread = _opened(link.review, about, is_shared=True, must_fix=False, link=link)
    _say(thread, text, link=link)
    _tell(thread, "opened")
    return thread


@transaction.atomic
@gathering()
def reply(thread: Thread, *, by: Actor, text: str) -> Comment:
    """Say something in a thread. Raises NotAllowed, Invalid, WrongState when the review is over."""
    _require_voice(by, thread.review)
    _require_running(thread.review)
    comment = _say(thread, text, person=by)
    _tell(thread, "replied", by)
    return comment


@transaction.atomic
@gathering()
def reply_by_link(link: ReviewLink, thread: Thread, *, text: str) -> Comment:
    """Say something in a shared thread as the person of a review link."""
    _require_running(thread.review)
    comment = _say(thread, text, link=link)
    _tell(thread, "replied")
    return comment


@transaction.atomic
@gathering()
def resolve(thread: Thread, *, by: Actor) -> None:
    """Close a thread. One that must be fixed is closed by its opener, or by a deciding pair of eyes."""
    _require_voice(by, thread.review)
    _require_running(thread.review)
    if thread.must_fix and thread.opened_by_id != by.pk:
        _require_other_eyes(by, thread)
    thread.move(Thread.Status.RESOLVED, resolved_by=by, resolved_at=timezone.now())
    _tell(thread, "resolved", by)


@transaction.atomic
@gathering()
def reopen(thread: Thread, *, by: Actor) -> None:
    _require_voice(by, thread.review)
    _require_running(thread.review)
    thread.move(Thread.Status.OPEN, resolved_by=None, resolved_at=None)
    _tell(thread, "reopened", by)


def board(review: Review, *, rows: QuerySet[Thread] | None = None) -> list[Shown]:
    """Return the threads of a review with where their words stand now: open ones first."""
    chosen = review.threads.all() if rows is None else rows
    threads = list(
        chosen.select_related("opened_by", "link", "resolved_by").prefetch_related(
            "comments__person", "comments__link", "comments__attachments"
        )
    )
    renditions = {each.format: each for each in review.draft.renditions.all()}
    shown = [_shown(each, renditions.get(each.format)) for each in threads]
    return sorted(shown, key=lambda one: one.thread.status != Thread.Status.OPEN)


def must_fix(review: Review, formats: Collection[str]) -> list[Problem]:
    """Return what has to be fixed before one of these formats is approved, each with the way on."""
    return in_the_way(boards.must_fix(review), formats)


def in_the_way(threads: Iterable[Thread], formats: Collection[str]) -> list[Problem]:
    """Return which of these must-fix threads are about one of these formats, as `must_fix` does."""
    return [_in_the_way(each) for each in threads if each.format in ("", *formats)]


def people_to_mention(review: Review) -> list[Any]:
    """Return the people who may speak in this review, by name: those whom a comment can call."""
    people = get_user_model()._default_manager.filter(is_active=True, is_service=False)
    everybody = people.order_by("first_name", "last_name", "username")
    return [one for one in everybody if may_speak(one) and _sees(one, review)]


def _opened(review: Review, about: About, **facts: Any) -> Thread:
    boards.lock(review)
    _require_running(review)
    return Thread.objects.create(
        review=review, round=review.round, **_settled_place(review, about), **facts
    )


def _settled_place(review: Review, about: About) -> dict[str, Any]:
    """Return the columns of what a thread is about. Raises Invalid when it does not stand there."""
    if not about.format:
        if about.quote or about.image:
            raise _wrong("format_missing", "Name the format in which it stands.", "format")
        return {}
    rendition = boards.renditions_of(review.draft).get(about.format)
    if rendition is None:
        raise _wrong("unknown_format", f"This draft has no {_label(about.format)}.", "format")
    sealed = {"format": about.format, "seal_sha256": seals.compute(rendition).sha256}
    if about.image:
        return sealed | _image(rendition, about.image)
    return sealed | (_words(rendition, about) if about.quote.strip() else {})


def _image(rendition: Rendition, sha256: str) -> dict[str, Any]:
    for number, each in enumerate(rendition.media, 1):
        if each["sha256"] == sha256:
            return {"place": f"image {number}", "image_sha256": sha256}
    raise _wrong("unknown_image", f"{_label(rendition.format)} shows no such image.", "image")


def _words(rendition: Rendition, about: About) -> dict[str, Any]:
    quote = about.quote.strip()
    if len(quote) > MOST_QUOTE:
        raise _wrong("max_length", f"Quote at most {MOST_QUOTE} characters.", "quote")
    passages = readable.passages(rendition.body)
    spot = anchors.find(passages, quote, place=about.place, start=about.start)
    if spot is None or spot.kind == anchors.CHANGED:
        message = (
            f"These words do not stand in {_label(rendition.format)}. Copy them from it as they are, or "
            "comment without them."
        )
        raise _wrong("quote_not_found", message, "quote")
    return {"place": spot.place, "quote": spot.text, "start": spot.start, "end": spot.end}


def _say(
    thread: Thread, text: str, *, person: Actor = None, link: ReviewLink | None = None
) -> Comment:
    said = text.replace("\r\n", "\n").strip()
    if not said:
        raise _wrong("comment_missing", "Write what you want to say.", "text")
    if len(said) > MOST_TEXT:
        raise _wrong("max_length", f"Say it in at most {MOST_TEXT:,} characters.", "text")
    comment = Comment.objects.create(thread=thread, person=person, link=link, text=said)
    if person is not None and (called := _called(thread.review, said, besides=person)):
        comment.mentioned.set(called)
        signals.mentioned.send(Comment, comment=comment, people=called)
    return comment


def _called(review: Review, text: str, *, besides: Actor) -> list[Any]:
    """Return the people whom a comment mentions by user name and who can see it; others are words."""
    people = get_user_model()._default_manager.filter(
        username__in=remarks.names(text), is_active=True
    )
    return [one for one in people.exclude(pk=besides.pk) if _sees(one, review)]


def _tell(thread: Thread, change: str, by: Actor = None) -> None:
    log.info("thread_changed", thread=thread.pk, review=thread.review_id, change=change)
    signals.thread_changed.send(Thread, thread=thread, change=change, by=by)


def _sees(person: Actor, review: Review) -> bool:
    return access.drafts(person).filter(pk=review.draft_id).exists()


def _require_voice(by: Actor, review: Review) -> None:
    if by is None or not may_speak(by):
        raise NotAllowed(f"You may not comment in reviews. {rights.who_may(RIGHTS[0])}")
    if not _sees(by, review):
        raise NotAllowed("You may not comment here: this review is not yours to see.")


def _require_running(review: Review) -> None:
    if review.status in Review.FINAL:
        raise WrongState(f"The review is {review.get_status_display().lower()}; its talk is over.")


def _require_other_eyes(by: Actor, thread: Thread) -> None:
    known = eligibility.hands(thread.review.draft, [])
    formats = [thread.format] if thread.format else thread.review.draft.formats
    act = next(filter(None, (known.act(by.pk, format) for format in formats)), "")
    if act:
        raise NotAllowed(
            f"It must be fixed, and you {act}: {thread.opener}, or somebody else who decides in "
            "reviews, says when it is.",
            code="four_eyes",
        )
    rights.require(by, eligibility.RIGHT, act="resolve what somebody else said must be fixed")


def _shown(thread: Thread, rendition: Rendition | None) -> Shown:
    if thread.image_sha256:
        media: Sequence[dict[str, str]] = rendition.media if rendition else []
        return Shown(thread, None, all(one["sha256"] != thread.image_sha256 for one in media))
    if not thread.quote:
        return Shown(thread, None, is_gone=False)
    passages = readable.passages(rendition.body) if rendition else []
    spot = anchors.find(passages, thread.quote, place=thread.place, start=thread.start)
    return Shown(thread, spot, spot is None)


def _in_the_way(thread: Thread) -> Problem:
    first = next(iter(thread.comments.all()), None)
    words = excerpt(first.text if first else "")
    where = f"{_label(thread.format)}, {thread.place}" if thread.place else _label(thread.format)
    return Problem(
        "must_fix_open",
        f"{where or 'The review'}: {thread.opener} said that this must be fixed first: “{words}”",
        thread.format,
        hint=f"Resolve the thread when it is, or ask {thread.opener}.",
    )


def excerpt(text: str) -> str:
    """Return the beginning of a comment on one line."""
    line = " ".join(text.split())
    return line if len(line) <= EXCERPT else f"{line[:EXCERPT].rstrip()}…"


def _label(format: str) -> str:
    return str(dict(FormatName.choices).get(format, format))


def _wrong(code: str, message: str, attr: str) -> Invalid:
    return Invalid([Problem(code, message, attr)])
