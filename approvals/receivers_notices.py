"""Whom approval tells what: those who are asked, and those whose draft it is."""

from collections.abc import Sequence
from typing import Any

from django.dispatch import receiver
from django.urls import reverse
from django.utils import timezone

from approvals.models import Ask, Comment, Decision, Policy, Review, ReviewLink, RoleHolder, Thread
from approvals.services.eligibility import Hands
from approvals.signals import (
    link_locked,
    mentioned,
    policy_changed,
    review_approved,
    review_decided,
    review_recalled,
    review_unsealed,
    role_changed,
    thread_changed,
    voices_asked,
)
from content.models import Authorship, FormatName
from halcytone.lib.gathering import gathering, keep
from halcytone.lib.notices.telling import tell

RETURNED = {
    Decision.Verdict.REQUEST_CHANGES: ("changes_requested", "asks for changes in"),
    Decision.Verdict.REJECT: ("rejected", "rejected"),
}


@receiver(voices_asked)
def note_who_is_asked(review: Review, asks: Sequence[Ask], hands: Hands, **_kwargs: Any) -> None:
    keep(tell_who_is_asked, (review, asks, hands))


@gathering()
def tell_who_is_asked(asked: Sequence[tuple[Review, Sequence[Ask], Hands]]) -> None:
    """Tell everybody who may give a voice that is waited for when the act is over."""
    for review, asks, hands in {each[0].pk: each for each in asked}.values():
        _tell_asked(review, asks, hands)


def _tell_asked(review: Review, asks: Sequence[Ask], hands: Hands) -> None:
    """Tell everybody who may give one of these voices; once for each round and stage."""
    by_stage: dict[int, set[str]] = {}
    for ask in asks:
        by_stage.setdefault(ask.stage_id, set()).add(ask.role)
    if not by_stage:
        return
    holders = _holders(hands)
    for stage, roles in by_stage.items():
        tell(
            "review_waits",
            event=f"review:{review.pk}:asks:{review.round}:{stage}",
            to=[person for person, role in holders if role in roles],
            by=None,
            subject=f"Waits for your decision: {review.draft.title}",
            text=_slot(review),
            path=_path(review),
        )


@receiver(review_decided)
def tell_the_author_of_a_return(decision: Decision, **_kwargs: Any) -> None:
    if decision.verdict not in RETURNED:
        return
    review = decision.stage.review
    kind, words = RETURNED[Decision.Verdict(decision.verdict)]
    tell(
        kind,
        event=f"review:{review.pk}:{kind}:{review.round}:{decision.person_id or decision.link_id}",
        to=_owners(review),
        by=decision.person,
        subject=f"{decision.who} {words} {review.draft.title}",
        text=f"{decision.get_reason_display()}: {decision.comment}",
        path=_path(review),
    )


@receiver(review_approved)
def tell_the_author_of_approval(review: Review, **_kwargs: Any) -> None:
    approved_at = f"{review.approved_at:%Y-%m-%dT%H:%M:%S.%f}" if review.approved_at else ""
    tell(
        "approved",
        event=f"review:{review.pk}:approved:{approved_at}",
        to=_owners(review),
        by=None,
        subject=f"Approved: {review.draft.title}",
        text=_slot(review),
        path=_path(review),
    )


@receiver(review_unsealed)
def tell_what_was_unsealed(review: Review, formats: Sequence[str], **_kwargs: Any) -> None:
    names = ", ".join(_label(format) for format in formats)
    changed_at = review.changed_at
    tell(
        "unsealed",
        event=f"review:{review.pk}:unsealed:{changed_at:%Y-%m-%dT%H:%M:%S.%f}:{names}",
        to=[*_owners(review), *_approvers(review)],
        by=_last_hand(review),
        subject=f"No longer approved, {names}: {review.draft.title}",
        text="It was changed after its approval, and waits to be submitted again.",
        path=_path(review),
    )


@receiver(review_recalled)
def tell_of_the_recall(review: Review, **_kwargs: Any) -> None:
    tell(
        "recalled",
        event=f"review:{review.pk}:recalled",
        to=[*_owners(review), *_approvers(review)],
        by=review.closed_by,
        subject=f"Recalled: {review.draft.title}",
        text=review.closing_reason,
        path=_path(review),
    )


@receiver(mentioned)
def tell_who_is_called(comment: Comment, people: Sequence[Any], **_kwargs: Any) -> None:
    review = comment.thread.review
    tell(
        "mentioned",
        event=f"comment:{comment.pk}",
        to=[person.pk for person in people],
        by=comment.person,
        subject=f"{comment.who} mentions you: {review.draft.title}",
        text=comment.text,
        path=_path(review),
    )


@receiver(thread_changed)
def tell_who_is_in_the_thread(thread: Thread, change: str, by: Any = None, **_: Any) -> None:
    """Tell those who spoke in a thread, and the author; a mention in the same comment was told already."""
    said = thread.comments.select_related("person", "link").last()
    if said is None:
        return
    review = thread.review
    spoke = (
        thread.comments.filter(person__isnull=False).order_by().values_list("person_id", flat=True)
    )
    is_said = change in ("opened", "replied")
    words = (
        f"{said.who} says"
        if is_said
        else f"{by} {'closed' if change == 'resolved' else change} a thread"
    )
    event = f"comment:{said.pk}" if is_said else f"thread:{thread.pk}:{change}:{thread.changed_at}"
    tell(
        "comment",
        event=event,
        to=[*_owners(review), *spoke.distinct()],
        by=by,
        subject=f"{words}: {review.draft.title}",
        text=said.text,
        path=_path(review),
    )


@receiver(link_locked)
def tell_of_the_lock(link: ReviewLink, **_kwargs: Any) -> None:
    tell(
        "link_locked",
        event=f"link:{link.pk}:locked",
        to=[link.created_by_id],
        by=None,
        subject=f"Locked, the review link of {link.person_name}: {link.review.draft.title}",
        text="Too many wrong codes were typed. Take it back and make another one if it is needed.",
        path=_path(link.review),
    )


@receiver(role_changed)
def tell_the_holder(holder: RoleHolder, by: Any, is_given: bool, **_kwargs: Any) -> None:
    role = holder.get_role_display()
    words = f"You decide as {role} now" if is_given else f"You no longer decide as {role}"
    tell(
        "policy",
        event=f"role:{holder.pk}:{holder.role}:{'given' if is_given else 'taken'}",
        to=[holder.person_id],
        by=by,
        subject=words,
        path=reverse("approvals:queue"),
    )


@receiver(policy_changed)
def tell_of_the_policy(policy: Policy, by: Any, **_kwargs: Any) -> None:
    """Tell everybody who speaks in an approval role."""
    voices = RoleHolder.objects.filter(person__is_active=True, person__is_service=False)
    tell(
        "policy",
        event=f"policy:{policy.pk}:{timezone.now():%Y-%m-%dT%H:%M:%S}",
        to=voices.order_by("person").values_list("person_id", flat=True).distinct(),
        by=by,
        subject=f"New reviews follow the policy {policy}",
        text=policy.note,
        path=reverse("approvals:policy"),
    )


def _holders(hands: Hands) -> list[tuple[int, str]]:
    """Return (person, role) of those who hold a role and have no hand in the whole draft."""
    return [
        (each.person_id, each.role)
        for each in hands.people.holders
        if each.person.is_active
        and not each.person.is_service
        and not hands.act(each.person_id, "")
    ]


def _owners(review: Review) -> list[int]:
    return [review.draft.author_id, review.submitted_by_id]


def _approvers(review: Review) -> list[int | None]:
    said = Decision.objects.filter(stage__review=review, person__isnull=False)
    return list(said.values_list("person_id", flat=True).order_by().distinct())


def _last_hand(review: Review) -> Any:
    """Return who changed the draft last; she knows what she did."""
    acts = Authorship.objects.filter(draft=review.draft_id).select_related("person")
    last = acts.order_by("at", "pk").last()
    return last.person if last else None


def _slot(review: Review) -> str:
    draft = review.draft
    return (
        f"It goes out {draft.slot_wall.replace('T', ' ')} {draft.zone}." if draft.slot_wall else ""
    )


def _path(review: Review) -> str:
    return reverse("approvals:review", args=[review.pk])


def _label(format: str) -> str:
    return str(dict(FormatName.choices).get(format, format))
