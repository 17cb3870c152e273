"""The desk's pages about time: a person's week, absences and delegations; late reviews; the short way."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from approvals.models import Delegation, FastTrack, Review, WorkingCalendar
from approvals.services import (
    access,
    calendars,
    deadlines,
    delegations,
    eligibility,
    fast_track,
    lateness,
    mandates,
    rosters,
)
from approvals.services.queue import StageProgress
from approvals.time_forms import DAYS, AbsenceForm, DelegationForm, FastTrackForm, WeekForm
from content.services import drafts
from halcytone.lib import desk, rights, zones
from halcytone.lib.errors import HalcytoneError, Invalid

OWN_TIME = (eligibility.RIGHT, delegations.MANAGE)


@desk.page(*OWN_TIME)
def my_time(request: HttpRequest) -> HttpResponse:
    """My week, my absences, who speaks for me and for whom I speak."""
    return _page(request, request.user)


@desk.page(*OWN_TIME)
def time_of(request: HttpRequest, pk: int) -> HttpResponse:
    return _page(request, _person(request, pk))


@require_POST
@desk.page(*OWN_TIME)
def week(request: HttpRequest, pk: int) -> HttpResponse:
    person, form = _person(request, pk), WeekForm(request.POST)

    def act() -> None:
        calendars.set_week(person, by=request.user, **form.cleaned_data)

    done = "Saved. Deadlines of running reviews follow."
    return _answer(request, person, form, act, done=done, name="week_form")


@require_POST
@desk.page(*OWN_TIME)
def absence_add(request: HttpRequest, pk: int) -> HttpResponse:
    person, form = _person(request, pk), AbsenceForm(request.POST)

    def act() -> None:
        calendars.add_absence(person, by=request.user, **form.cleaned_data)

    done = "Noted. Whoever speaks for you is called, and deadlines follow."
    return _answer(request, person, form, act, done=done, name="absence_form")


@require_POST
@desk.page(*OWN_TIME)
def absence_remove(request: HttpRequest, pk: int) -> HttpResponse:
    rows = calendars.absences_visible_to(request.user)
    absence = get_object_or_404(rows, pk=pk)
    return desk.act(
        request,
        lambda: calendars.remove_absence(absence, by=request.user),
        done="Removed.",
        to=address_of(request, absence.person),
    )


@require_POST
@desk.page(*OWN_TIME)
def delegation_add(request: HttpRequest, pk: int) -> HttpResponse:
    person = _person(request, pk)
    form = DelegationForm(request.POST, person=person)

    def act() -> None:
        given = dict(form.cleaned_data)
        delegations.create(person, given.pop("delegate"), by=request.user, **given)

    return _answer(request, person, form, act, done="Delegated.", name="delegation_form")


@require_POST
@desk.page(*OWN_TIME)
def delegation_end(request: HttpRequest, pk: int) -> HttpResponse:
    delegation = get_object_or_404(delegations.visible_to(request.user), pk=pk)
    back = request.user if delegation.delegate_id == request.user.pk else delegation.person
    return desk.act(
        request,
        lambda: delegations.end(delegation, by=request.user),
        done="Ended. It stays on the record.",
        to=address_of(request, back),
    )


@require_POST
@desk.page("approvals.submit_review")
def late(request: HttpRequest, pk: int) -> HttpResponse:
    """What a person decides about a review whose slot came without an approval."""
    review = get_object_or_404(access.reviews(request.user).select_related("draft"), pk=pk)
    posted = request.POST
    here = reverse("approvals:review", args=[pk])
    given = {name: posted.get(name, "").strip() for name in ("choice", "slot_wall", "reason")}
    return desk.act(
        request,
        lambda: lateness.decide(review, by=request.user, **given),
        done="Decided.",
        to=here,
    )


@desk.page("approvals.view_review")
def fast_track_page(request: HttpRequest, draft_pk: int) -> HttpResponse:
    """The short way of one draft: its seven steps, or how to start it."""
    draft = get_object_or_404(drafts.visible_to(request.user), pk=draft_pk)
    return _fast_track(request, draft, FastTrackForm())


@require_POST
@desk.page(fast_track.START)
def fast_track_start(request: HttpRequest, draft_pk: int) -> HttpResponse:
    draft = get_object_or_404(drafts.visible_to(request.user), pk=draft_pk)
    form = FastTrackForm(request.POST)
    if not form.is_valid() or not _try(
        form, lambda: fast_track.start(draft, by=request.user, **form.cleaned_data)
    ):
        return _fast_track(request, draft, form)
    messages.success(request, "It goes the short way. Its level does not fall, and four eyes hold.")
    return HttpResponseRedirect(reverse("approvals:fast-track", args=[draft.pk]))


@require_POST
@desk.page(fast_track.START)
def fast_track_done(request: HttpRequest, pk: int) -> HttpResponse:
    tracks = FastTrack.objects.filter(draft__in=drafts.visible_to(request.user))
    track = get_object_or_404(tracks, pk=pk)
    number = desk.id_of(request.POST.get("step", "")) or 0
    note = request.POST.get("note", "")
    return desk.act(
        request,
        lambda: fast_track.done(track, number, by=request.user, note=note),
        done="Done.",
        to=reverse("approvals:fast-track", args=[track.draft_id]),
    )


def of_late(review: Review, person: Any) -> dict[str, Any]:
    """Return what the page of a late review says about its three ways on."""
    if review.status != Review.Status.LATE:
        return {}
    may = lateness.may_decide(review, person) and rights.may(person, "approvals.submit_review")
    return {
        "may_decide_late": may,
        "next_slot": lateness.next_slot(review.draft, timezone.now()),
    }


def of_clock(review: Review) -> dict[str, Any]:
    """Return what the clock of a review did and will do, in the order of time, and what comes next."""
    rows = list(review.due_events.filter(is_cancelled=False).select_related("stage"))
    return {"clock": rows, "coming": next((row for row in rows if row.done_at is None), None)}


def with_lights(found: list[StageProgress]) -> list[StageProgress]:
    """Return the stages of a review, each with the light of its time."""
    deadlines.add_lights([row.stage for row in found])
    return found


def address_of(request: HttpRequest, person: Any) -> str:
    if person.pk == request.user.pk:
        return reverse("approvals:time")
    return reverse("approvals:time-of", args=[person.pk])


def _person(request: HttpRequest, pk: int) -> Any:
    """Return whose time it is: my own, or anybody's for whoever keeps it."""
    if pk != request.user.pk and not rights.may(request.user, delegations.MANAGE):
        raise PermissionDenied(rights.who_may(delegations.MANAGE))
    return get_object_or_404(get_user_model(), pk=pk, is_service=False)


def _page(request: HttpRequest, person: Any, **forms_given: Any) -> HttpResponse:
    now = timezone.now()
    kept = calendars.week_of(person)
    rows = Delegation.objects.select_related("person", "delegate").prefetch_related(
        "person__approval_roles"
    )
    is_mine = person.pk == request.user.pk
    context = {
        "title": "My time" if is_mine else f"Time of {person}",
        "person": person,
        "is_mine": is_mine,
        "week": kept,
        "week_words": _week_words(kept),
        "desk_hours": _desk_hours(person, kept, now),
        "roles": [eligibility.label([role]) for role in eligibility.roles_of(person)],
        "absences": person.absences.filter(ends_on__gte=zones.local(now, person.zone).date()),
        "given": [_told(each, now) for each in rows.filter(person=person)[:20]],
        "taken": [_told(each, now) for each in rows.filter(delegate=person)[:20]],
        "others": _others(request, now),
        "week_form": WeekForm.of(kept),
        "absence_form": AbsenceForm(),
        "delegation_form": DelegationForm(person=person),
        "trail": [("Time", "" if is_mine else reverse("approvals:time")), (str(person), "")][
            : 1 if is_mine else 2
        ],
        **forms_given,
    }
    return render(request, "approvals/time.html", context)


def _answer(
    request: HttpRequest,
    person: Any,
    form: forms.Form,
    act: Callable[[], Any],
    *,
    done: str,
    name: str,
) -> HttpResponse:
    """Do what a form asks and go back, or show the page again with what is wrong at its field."""
    if form.is_valid() and _try(form, act):
        messages.success(request, done)
        return HttpResponseRedirect(address_of(request, person))
    messages.error(request, "Nothing was saved: what is wrong stands at its field.")
    return _page(request, person, **{name: form})


def _try(form: forms.Form, act: Callable[[], Any]) -> bool:
    try:
        act()
    except Invalid as error:
        for problem in error.problems:
            form.add_error(problem.attr if problem.attr in form.fields else None, problem.message)
        return False
    except HalcytoneError as error:
        form.add_error(None, str(error))
        return False
    return True


def _week_words(kept: WorkingCalendar) -> str:
    names = dict(DAYS)
    return ", ".join(names[day] for day in kept.days if day in names)


def _desk_hours(person: Any, kept: WorkingCalendar, now: datetime) -> str:
    """Return her working hours of today on the desk's clock; "" when both clocks are the same."""
    if person.zone == settings.DEFAULT_ZONE:
        return ""
    worker = rosters.worker_of(person, ())
    begin, end = worker.hours_on(zones.local(now, person.zone).date())
    there = [zones.local(each, settings.DEFAULT_ZONE) for each in (begin, end)]
    return f"{there[0]:%H:%M}–{there[1]:%H:%M}"


def _told(delegation: Delegation, now: datetime) -> dict[str, Any]:
    is_over = delegations.is_over(delegation)
    is_now = not is_over and mandates.is_in_force(delegation, now)
    roles = delegation.roles or sorted(mandates.roles_of(delegation))
    return {
        "row": delegation,
        "state": "in_force" if is_now else "delegation_over" if is_over else "to_come",
        "is_over": is_over,
        "roles": [eligibility.label([role]) for role in roles],
    }


def _others(request: HttpRequest, now: datetime) -> list[dict[str, Any]]:
    """Return, for whoever keeps everybody's time, who holds a role, and who is away or lends her voice."""
    if not rights.may(request.user, delegations.MANAGE):
        return []
    away = {each.person_id: each for each in mandates.absences(now)}
    acting: dict[int, list[str]] = {}
    for mandate in mandates.in_force(now):
        acting.setdefault(mandate.person.pk, []).append(str(mandate.delegate))
    people = get_user_model()._default_manager.filter(
        approval_roles__isnull=False, is_active=True, is_service=False
    )
    return [
        {
            "person": each,
            "roles": [role.get_role_display() for role in each.approval_roles.all()],
            "absence": away.get(each.pk),
            "acting": acting.get(each.pk, []),
        }
        for each in people.distinct()
        .order_by("last_name", "first_name", "username")
        .prefetch_related("approval_roles")
    ]


def _fast_track(request: HttpRequest, draft: Any, form: forms.Form) -> HttpResponse:
    track = draft.fast_tracks.prefetch_related("steps__done_by").first()
    is_open = track is not None and track.ended_at is None
    context = {
        "title": f"The short way: {draft.title}",
        "draft": draft,
        "track": track,
        "is_open": is_open,
        "by_hand": fast_track.BY_HAND,
        "form": form,
        "can_start": rights.may(request.user, fast_track.START) and not is_open,
        "trail": [("Drafts", reverse("content:drafts")),
                  (draft.title, reverse("content:draft", args=[draft.pk])), ("The short way", "")],
    }  # fmt: skip
    return render(request, "approvals/fast_track.html", context)
