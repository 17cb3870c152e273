"""What people do on the review page besides deciding: talk, claim, answer, compare, share by link."""

from typing import Any

from django.contrib import messages
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from approvals.models import Decision, Review, ReviewLink, Thread
from approvals.services import (
    access,
    attachments,
    boards,
    claims,
    comparisons,
    consolidation,
    links,
    queue,
    talk,
)
from approvals.services.talk import About
from content.services.access import may_change_draft
from halcytone.lib import desk
from halcytone.lib.errors import HalcytoneError

SEE = ("approvals.view_review",)
WORDS = {
    comparisons.APPROVAL: "Since I approved",
    comparisons.LIVE: "Since the live version",
    comparisons.SOURCE: "Since the source changed",
}


@require_POST
@desk.page(*SEE)
def comment(request: HttpRequest, pk: int) -> HttpResponse:
    """A new thread or an answer, with the file that came along."""
    review = visible(request, pk)
    here = reverse("approvals:review", args=[pk])
    return desk.act(request, lambda: _say(request, review), done="Said.", to=f"{here}#talk")


@require_POST
@desk.page(*SEE)
def resolve(request: HttpRequest, pk: int) -> HttpResponse:
    thread = _thread(request, pk)
    done = "Resolved."
    return desk.act(
        request, lambda: talk.resolve(thread, by=request.user), done=done, to=_at(thread)
    )


@require_POST
@desk.page(*SEE)
def reopen(request: HttpRequest, pk: int) -> HttpResponse:
    thread = _thread(request, pk)
    done = "Open again."
    return desk.act(
        request, lambda: talk.reopen(thread, by=request.user), done=done, to=_at(thread)
    )


@desk.page(*SEE)
def attachment(request: HttpRequest, pk: int) -> Any:
    """A file as a download: never shown as a page of this desk, whatever it holds."""
    row = get_object_or_404(attachments.visible_to(request.user), pk=pk)
    try:
        file = attachments.opened(row)
    except FileNotFoundError as error:
        raise Http404 from error
    kind = attachments.MEDIA_TYPES[row.kind]
    response = FileResponse(file, as_attachment=True, filename=row.name, content_type=kind)
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    return response


@require_POST
@desk.page(*SEE)
def claim(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a review in hand, take it longer, or give it back."""
    review = visible(request, pk)
    gives_back = "give_back" in request.POST
    act = claims.release if gives_back else claims.claim
    done = "Given back." if gives_back else "Yours for two hours; the others see it."
    here = reverse("approvals:review", args=[pk])
    return desk.act(request, lambda: act(review, by=request.user), done=done, to=here)


@require_POST
@desk.page(*SEE)
def presence(request: HttpRequest, pk: int) -> HttpResponse:
    """Note that she looks, and answer with who else does and what stands there now."""
    review = visible(request, pk)
    claims.see(review, by=request.user)
    return render(request, "approvals/_presence.html", looking(review, request.user))


@require_POST
@desk.page(*SEE)
def answer(request: HttpRequest, pk: int) -> HttpResponse:
    """The author's answers to what was asked for: `done-<id>` yes or no, `why-<id>`."""
    review = visible(request, pk)
    posted = request.POST
    answers = {
        one.key: (posted[f"done-{one.key}"] == "yes", posted.get(f"why-{one.key}", ""))
        for one in consolidation.opinions(review)
        if posted.get(f"done-{one.key}") in ("yes", "no")
    }
    return desk.act(
        request,
        lambda: consolidation.answer(review, by=request.user, answers=answers),
        done="Answered. The reviewers see it in the next round.",
        to=f"{reverse('approvals:review', args=[pk])}#opinions",
    )


@desk.page(*SEE)
def compare(request: HttpRequest, pk: int) -> HttpResponse:
    """What stands here beside what was approved, is out, or is in the source; with the decision bar."""
    review = visible(request, pk)
    since = request.GET.get("since", "")
    since = since if since in WORDS else comparisons.APPROVAL
    board = boards.read(review)
    mine = queue.mine(board, request.user)
    here = reverse("approvals:review", args=[pk])
    context = {
        "title": f"{WORDS[since]}: {review.draft.title}",
        "review": review,
        "draft": board.draft,
        "since": since,
        "tabs": WORDS.items(),
        "compared": comparisons.compare(review, since=since, by=request.user),
        "mine": mine,
        "asked": [(board.renditions[name], board.seals[name].sha256) for name in mine],
        "reasons": Decision.Reason.choices,
        "trail": [("Reviews", "/admin/reviews/"), (review.draft.title, here), (WORDS[since], "")],
    }
    return render(request, "approvals/compare.html", context)


@require_POST
@desk.page(*SEE)
def share(request: HttpRequest, pk: int) -> HttpResponse:
    """Give a named person a link; its address is on the answer to this, and nowhere afterwards."""
    review = visible(request, pk)
    here = reverse("approvals:review", args=[pk])
    posted = request.POST
    try:
        stage = review.stages.filter(pk=desk.id_of(posted.get("stage", "")) or 0).first()
        link, token = links.create(
            review,
            by=request.user,
            stage=stage or review.stages.all()[0],
            person_name=posted.get("person_name", ""),
            email=posted.get("email", ""),
            days=desk.id_of(posted.get("days", "")) or links.DAYS,
            comment_only="comment_only" in posted,
        )
    except HalcytoneError as error:
        messages.error(request, str(error))
        return HttpResponseRedirect(f"{here}#links")
    context = {"title": f"Link for {link.person_name}", "link": link, "address": links.address(token),
               "review": review, "trail": [("Reviews", "/admin/reviews/"), (review.draft.title, here),
                                           ("Link", "")]}  # fmt: skip
    return render(request, "approvals/link_made.html", context)


@require_POST
@desk.page(*SEE)
def revoke(request: HttpRequest, pk: int) -> HttpResponse:
    link: ReviewLink = get_object_or_404(links.visible_to(request.user), pk=pk)
    to = f"{reverse('approvals:review', args=[link.review_id])}#links"
    done = f"The link of {link.person_name} leads nowhere now."
    return desk.act(request, lambda: links.revoke(link, by=request.user), done=done, to=to)


def visible(request: HttpRequest, pk: int) -> Review:
    """Return the review, or 404 when its draft is not for this person's eyes."""
    rows = access.reviews(request.user)
    return get_object_or_404(rows.select_related("draft__author", "policy", "submitted_by"), pk=pk)


def looking(review: Review, person: Any) -> dict[str, Any]:
    """Return who has claimed a review, who else looks at it, and the seals of what stands there."""
    board = boards.read(review)
    return {
        "review": review,
        "claim": claims.current(review),
        "others": claims.others(review, besides=person),
        "sealed": sealed(board),
    }


def sealed(board: boards.Board) -> str:
    """Return what stands there now as one text: the page compares it with what it shows."""
    return " ".join(content.sha256[:16] for content in board.seals.values())


def conversation(review: Review, board: boards.Board, person: Any) -> dict[str, Any]:
    """Return what the review page shows beside the renditions: talk, claims, answers, links."""
    return {
        "threads": talk.board(review),
        "may_speak": talk.may_speak(person) and review.status not in Review.FINAL,
        "callable": talk.people_to_mention(review),
        "comment_url": reverse("approvals:comment", args=[review.pk]),
        "claim": claims.current(review),
        "others": claims.others(review, besides=person),
        "sealed": sealed(board),
        "opinions": consolidation.opinions(review),
        "answered": consolidation.last_round(review),
        "may_answer": may_change_draft(person, board.draft)
        and review.status == Review.Status.CHANGES_REQUESTED,
        "links": links.visible_to(person).filter(review=review),
        "stage_choices": list(board.stages.values()),
        "pieces": board.draft.pieces.select_related("item__document").order_by("places__position"),
        "compare_tabs": WORDS.items(),
    }


def _say(request: HttpRequest, review: Review) -> None:
    posted, by, text = request.POST, request.user, request.POST.get("text", "")
    file = request.FILES.get("file")
    if file is not None:  # before a word is kept: what is said and what came along stay together
        attachments.accepted(str(file.name), file.read())
        file.seek(0)
    if "thread" in posted:
        rows = review.threads.filter(pk=desk.id_of(posted["thread"]) or 0)
        said = talk.reply(get_object_or_404(rows), by=by, text=text)
    else:
        format, _, image = posted.get("format", "").partition(":")
        about = About(format, quote=posted.get("quote", "") if not image else "", image=image)
        marks = {name: name in posted for name in ("must_fix", "is_shared")}
        thread = talk.open_thread(review, by=by, text=text, about=about, **marks)
        said = thread.comments.get()
    if file is not None:
        attachments.attach(said, by=by, name=str(file.name), data=file.read())


def _thread(request: HttpRequest, pk: int) -> Thread:
    rows = talk.visible_to(request.user).select_related("review__draft", "opened_by", "link")
    return get_object_or_404(rows, pk=pk)


def _at(thread: Thread) -> str:
    return f"{reverse('approvals:review', args=[thread.review_id])}#thread-{thread.pk}"
