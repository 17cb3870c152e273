"""The calendar of the desk: week, month and table, and the page that moves one draft."""

from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme

from approvals.services import calendar
from content import draft_rules
from content.models import Draft
from content.services import drafts
from halcytone.lib import desk, zones
from halcytone.lib.errors import HalcytoneError, Invalid

SEE = ("content.view_draft", "content.view_own_draft")
VIEWS = [("week", "Week"), ("month", "Month"), ("table", "Table")]
LANES = {"rhythm": calendar.lanes_by_rhythm, "format": calendar.lanes_by_format}
WEEK = timedelta(days=7)
HERE = "/admin/calendar/"
MOST_PARTS = 1_000


@desk.page(*SEE)
def calendar_page(request: HttpRequest) -> HttpResponse:
    """What goes out when, state first, with the deadlines that are drawn back from its slot."""
    view = request.GET.get("view", "week")
    view = view if view in dict(VIEWS) else "week"
    lanes = request.GET.get("lanes", "rhythm")
    lanes = lanes if lanes in LANES else "rhythm"
    day = asked_day(request)
    first, days = span(view, day)
    part = min(desk.id_of(request.GET.get("part", "")) or 1, MOST_PARTS)
    found = calendar.read(request.user, first, days, part=part)
    context = {
        "title": "Calendar",
        "view": view,
        "calendar": found,
        "day": day,
        "first": found.days[0],
        "last": found.days[-1],
        "links": links(request, view, day),
        "parts": parts(request, found),
        "views": [one(request, "view", value, word, view) for value, word in VIEWS],
        "lane_links": [one(request, "lanes", name, f"By {name}", lanes) for name in LANES],
        "zone": settings.DEFAULT_ZONE,
        "trail": [("Calendar", "")],
    }
    if view == "week":
        context["lanes"] = LANES[lanes](found)
    elif view == "month":
        cells = calendar.days_of(found)
        context["weeks"] = [cells[at : at + 7] for at in range(0, len(cells), 7)]
        context["month"] = day.month
    else:
        pages = Paginator(found.within, desk.PAGE_SIZE)
        context["page"] = pages.get_page(request.GET.get("page"))
    return render(request, "approvals/calendar.html", context)


def asked_day(request: HttpRequest) -> date:
    """Return the day that the address names, or today on the desk's calendar."""
    try:
        return date.fromisoformat(request.GET.get("on", ""))
    except ValueError:
        return calendar.local_day(timezone.now())


def span(view: str, day: date) -> tuple[date, int]:
    """Return the first day of what is shown, a Monday, and how many days there are."""
    if view == "week":
        return day - timedelta(days=day.weekday()), 7
    first = day.replace(day=1)
    monday = first - timedelta(days=first.weekday())
    following = (first + timedelta(days=31)).replace(day=1)
    return monday, -(-(following - monday).days // 7) * 7


def parts(request: HttpRequest, found: calendar.Calendar) -> dict[str, Any] | None:
    """Return which part of very many drafts is shown and the way to its neighbours; None of few."""
    if found.part == 1 and not found.has_more:
        return None
    before = desk.address(request, part=found.part - 1, page=None) if found.part > 1 else ""
    after = desk.address(request, part=found.part + 1, page=None) if found.has_more else ""
    first = calendar.MOST * (found.part - 1)
    return {"first": first + 1, "most": calendar.MOST, "before": before, "after": after}


def links(request: HttpRequest, view: str, day: date) -> dict[str, str]:
    """Return the addresses of what comes before and after, and of today."""
    if view == "week":
        before, after = day - WEEK, day + WEEK
    else:
        before = day.replace(day=1) - timedelta(days=1)
        after = (day.replace(day=1) + timedelta(days=31)).replace(day=1)
    return {
        "before": desk.address(request, on=before.isoformat(), page=None, part=None),
        "after": desk.address(request, on=after.isoformat(), page=None, part=None),
        "today": desk.address(request, on=None, page=None, part=None),
    }


def one(request: HttpRequest, name: str, value: str, word: str, current: str) -> dict[str, Any]:
    url = desk.address(request, **{name: value, "page": None})
    return {"word": word, "url": url, "is_current": value == current}


@desk.page(*SEE)
def move_page(request: HttpRequest, draft_pk: int) -> HttpResponse:
    """Another time for one draft: typed, said again in words, and what it costs named before."""
    draft = get_object_or_404(drafts.visible_to(request.user), pk=draft_pk)
    asked = request.POST if request.method == "POST" else request.GET
    wall, zone = asked_slot(request, draft)
    is_new = (wall, zone) != (draft.slot_wall, draft.zone)
    wrong = problems(wall, zone) if is_new or request.method == "POST" else []
    lost = [] if wrong else calendar.moved(draft, wall, zone)
    back = way_back(request, asked.get("next", ""))
    if request.method == "POST" and not wrong and (not lost or asked.get("confirm")):
        try:
            version = desk.id_of(asked.get("version", ""))
            calendar.move(draft, by=request.user, wall=wall, zone=zone, version=version)
        except Invalid as error:
            wrong = [problem.message for problem in error.problems]
        except HalcytoneError as error:
            wrong = [str(error)]
        else:
            say_moved(request, draft, wall, zone, lost)
            return HttpResponseRedirect(back)
    status = 200 if request.method == "GET" else 422 if wrong else 409
    context = {
        "title": f"Move: {draft.title}",
        "draft": draft,
        "wall": wall,
        "zone": zone,
        "wrong": wrong,
        "lost": lost,
        "is_new": is_new,
        "earliest": zones.local(timezone.now(), draft.zone).strftime(draft_rules.WALL),
        "next": back,
        "trail": [("Calendar", HERE), (draft.title, "")],
    }
    return render(request, "approvals/calendar_move.html", context, status=status)


def asked_slot(request: HttpRequest, draft: Draft) -> tuple[str, str]:
    """Return the wall-clock time and zone that are asked for: named, or a day for the same clock time."""
    asked = request.POST if request.method == "POST" else request.GET
    if "on" in asked:
        return calendar.on_day(draft, asked_day(request)), draft.zone
    return asked.get("wall", draft.slot_wall)[:16], asked.get("zone", draft.zone)


def way_back(request: HttpRequest, asked: str) -> str:
    """Return the page of this desk that was asked to go back to, or the calendar."""
    is_ours = url_has_allowed_host_and_scheme(asked, {request.get_host()}, request.is_secure())
    return asked if is_ours else HERE


def problems(wall: str, zone: str) -> list[str]:
    """Return why nothing can go out at this time, as sentences."""
    if not wall:
        return ["Type a day and a time."]
    found = draft_rules.check({"slot_wall": wall, "zone": zone}, ())
    found = found or draft_rules.check_slot(wall, zone, timezone.now())
    return [f"{one.message} {one.hint}".strip() for one in found]


def say_moved(
    request: HttpRequest, draft: Draft, wall: str, zone: str, lost: list[str]
) -> None:  # fmt: skip
    at = datetime.fromisoformat(wall)
    city = zone.rsplit("/", 1)[-1].replace("_", " ")
    again = " Its approvals are asked for again." if lost else ""
    day = f"{at:%a} {at.day} {at:%b} {at:%H:%M} {city}"
    messages.success(request, f"“{draft}” goes out {day}.{again}")
