"""Named review links: made, opened, locked, revoked; and the decisions of those who were given one.

Source: approvals specification §11. Reading changes nothing but the log of openings.
"""

import hmac
import secrets
from collections.abc import Mapping, Sequence
from datetime import timedelta

import structlog
from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.db.models import F, QuerySet
from django.urls import reverse
from django.utils import timezone

from approvals import signals
from approvals.models import Decision, LinkOpening, Review, ReviewLink, Stage, Thread
from approvals.models.links import WRONG_CODES
from approvals.services import boards, eligibility, link_voices, talk, voices
from approvals.services.talk import About
from content.services import access
from halcytone.lib import canonical, rights
from halcytone.lib.errors import Invalid, NotAllowed, Problem, WrongState
from halcytone.lib.rights import Actor

log = structlog.get_logger(__name__)
DAYS, MOST_DAYS = 7, 30
MOST_OPENINGS = 1_000  # of one link; a program that knocks all day fills no table
MOST_COMMENTS = 200  # of one link
ALPHABET = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"  # nothing that reads as something else
GONE = (
    "This link leads nowhere: it has ended, was taken back, or was copied in part. "
    "Whoever sent it to you can make another one."
)


def visible_to(person: Actor) -> QuerySet[ReviewLink]:
    """Return the links of the reviews whose drafts this person may see."""
    rows = ReviewLink.objects.filter(review__draft__in=access.drafts(person))
    return rows.select_related("stage", "created_by", "revoked_by")


@transaction.atomic
def create(
    review: Review,
    *,
    by: Actor,
    stage: Stage,
    person_name: str,
    email: str,
    days: int = DAYS,
    comment_only: bool = False,
) -> tuple[ReviewLink, str]:
    """Make a link for one named person; return it with its token, which is told this once.

    Whoever holds the token can decide, so a link that may decide is made by somebody who may decide
    herself and has no hand in the draft. Raises NotAllowed, WrongState, Invalid.
    """
    boards.lock(review)
    _require_maker(review, by, comment_only=comment_only)
    if review.status in Review.FINAL:
        raise WrongState(f"The review is {review.get_status_display().lower()}.")
    link = ReviewLink(
        review=review,
        stage=stage,
        person_name=person_name.strip(),
        email=email.strip().lower(),
        comment_only=comment_only,
        created_by=by,
        expires_at=timezone.now() + timedelta(days=min(days, MOST_DAYS + 1)),
    )
    if problems := _problems(link, days):
        raise Invalid(problems)
    _require_stranger(link)
    token = _kept(link)
    log.info("link_created", link=link.pk, review=review.pk, comment_only=comment_only)
    signals.link_created.send(ReviewLink, link=link)
    return link, token


@transaction.atomic
def revoke(link: ReviewLink, *, by: Actor) -> None:
    """Take a link back at once. What was said through it stays on the record."""
    if by.pk != link.created_by_id:
        rights.require(by, eligibility.RIGHT, act="take back the review link of somebody else")
    if not ReviewLink.objects.filter(pk=link.pk, revoked_at=None).update(
        revoked_at=timezone.now(), revoked_by=by
    ):
        raise WrongState("This link was taken back already.")
    link.refresh_from_db()
    log.info("link_revoked", link=link.pk, review=link.review_id)
    signals.link_revoked.send(ReviewLink, link=link, person=by)


def find(token: str) -> ReviewLink:
    """Return the open link of a token. Raises NotAllowed, the same whatever the reason is."""
    rows = ReviewLink.objects.open().filter(token_sha256=canonical.sha256(token))
    link = rows.select_related("review__draft", "stage", "created_by").first()
    if link is None or link.review.status in (Review.Status.WITHDRAWN, Review.Status.RECALLED):
        raise NotAllowed(GONE, code="link_gone")
    return link


def address(token: str) -> str:
    """Return the public address of a link."""
    return f"{settings.PRESS_URL}{reverse('review-link', args=[token])}"


def note_opening(link: ReviewLink, user_agent: str) -> None:
    """Log that a link was opened: one row a minute and program, so that no scanner fills the table."""
    if link.openings.count() >= MOST_OPENINGS:
        return
    minute = timezone.now().replace(second=0, microsecond=0)
    row = LinkOpening(link=link, minute=minute, user_agent=user_agent[:200])
    LinkOpening.objects.bulk_create([row], ignore_conflicts=True)


def decide(
    link: ReviewLink,
    *,
    code: str,
    verdict: str,
    formats: Sequence[str] | None,
    reason: str,
    comment: str,
    shown: Mapping[str, str],
) -> list[Decision]:
    """Record what the person of a link says, after she typed the code that her page shows.

    Raises Invalid without a code or an answer; NotAllowed for a wrong code, a link that may only
    comment, or four eyes; WrongState (409) when she has decided, or it changed meanwhile.
    """
    if link.comment_only:
        raise NotAllowed("This link is for comments; it decides nothing.", code="comment_only")
    voices.check_answer(verdict, reason=reason, comment=comment)
    _check_code(link, code)
    return link_voices.decide(
        link, verdict=verdict, formats=formats, reason=reason, comment=comment, shown=shown
    )


def comment(link: ReviewLink, *, text: str, about: About, thread: int | None) -> None:
    """Say something as the person of a link: in a shared thread, or as a new one."""
    if link.comments.count() >= MOST_COMMENTS:
        raise WrongState(f"{MOST_COMMENTS} comments came through this link; it takes no more.")
    if thread is None:
        talk.open_thread_by_link(link, text=text, about=about)
        return
    row = Thread.objects.filter(review=link.review_id, is_shared=True, pk=thread).first()
    if row is None:
        raise Invalid([Problem("not_found", "There is no such thread here.", "thread")])
    talk.reply_by_link(link, row, text=text)


def _kept(link: ReviewLink) -> str:
    """Write a new link and return its token, of which only the hash stays."""
    token = secrets.token_urlsafe(32)
    link.token_sha256 = canonical.sha256(token)
    link.code = "".join(secrets.choice(ALPHABET) for _ in range(6))
    try:
        with transaction.atomic():
            link.save(force_insert=True)
    except IntegrityError as error:
        message = "This address has a link to this review already. Take that one back first."
        raise Invalid([Problem("one_link", message, "email")]) from error
    return token


def _check_code(link: ReviewLink, code: str) -> None:
    """Raise unless the code is the one on the page. Five wrong ones lock the link, for good.

    A missing code is no attempt: programs that send every form they find must lock nobody out.
    """
    typed = "".join(code.split()).upper()
    if not typed:
        message = f"Type the code {link.code} from this page: it shows that a person decides."
        raise Invalid([Problem("code_missing", message, "code")])
    if hmac.compare_digest(typed.encode(), link.code.encode()):
        return
    with transaction.atomic():
        ReviewLink.objects.filter(pk=link.pk).update(wrong_codes=F("wrong_codes") + 1)
        left = max(0, WRONG_CODES - ReviewLink.objects.get(pk=link.pk).wrong_codes)
        if not left:
            _lock(link)
    tail = f"{left} more and the link is locked." if left else "The link is locked now."
    raise NotAllowed(f"This is not the code on the page. {tail}", code="wrong_code")


def _lock(link: ReviewLink) -> None:
    rows = ReviewLink.objects.filter(pk=link.pk, locked_at=None)
    if rows.update(locked_at=timezone.now()):
        link.refresh_from_db(fields=["locked_at", "wrong_codes"])
        log.warning("link_locked", link=link.pk, review=link.review_id)
        signals.link_locked.send(ReviewLink, link=link)


def _require_maker(review: Review, by: Actor, *, comment_only: bool) -> None:
    if by is None or by.is_service:
        raise NotAllowed("Only people give review links.", code="service_account")
    if not access.drafts(by).filter(pk=review.draft_id).exists():
        raise NotAllowed("You may not share this review: it is not yours to see.")
    if comment_only:
        if not talk.may_speak(by):
            raise NotAllowed(f"You may not share reviews. {rights.who_may(talk.RIGHTS[0])}")
        return
    rights.require(by, eligibility.RIGHT, act="give links that decide")
    known = eligibility.hands(review.draft, [])
    act = next(filter(None, (known.act(by.pk, format) for format in review.draft.formats)), "")
    if act:
        raise NotAllowed(
            f"Four eyes: you {act}, and whoever makes a link could use it. Make one for comments only, "
            "or ask somebody else who decides in reviews to make this one.",
            code="four_eyes",
        )


def _problems(link: ReviewLink, days: int) -> list[Problem]:
    found = []
    if link.stage.review_id != link.review_id:
        found.append(Problem("unknown_stage", "This review has no such stage.", "stage"))
    if not link.person_name or len(link.person_name) > 100:
        found.append(Problem("name_missing", "Name the person, in 100 characters.", "person_name"))
    if not 1 <= days <= MOST_DAYS:
        found.append(Problem("too_long", f"A link lasts 1 to {MOST_DAYS} days.", "days"))
    try:
        validate_email(link.email)
    except ValidationError:
        found.append(Problem("email_wrong", "Give the person's e-mail address.", "email"))
    return found


def _require_stranger(link: ReviewLink) -> None:
    """Raise unless the address is of nobody who has a hand in it, or could decide with an account."""
    draft = link.review.draft
    known = eligibility.hands(draft, [])
    if any(eligibility.act_of_address(link.email, format, known) for format in draft.formats):
        raise NotAllowed(
            "Four eyes: this address is of somebody who has a hand in this draft, and gets no link to its "
            "review. Name somebody else.",
            code="four_eyes",
        )
    people = get_user_model()._default_manager.filter(email__iexact=link.email, is_active=True)
    if not link.comment_only and people.exists():
        raise NotAllowed(
            "Whoever has this address has an account here, and decides with it.",
            code="has_account",
        )
