"""What every page of the desk shows around its content: navigation with counts, clocks, mode."""

from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import SimpleLazyObject

from approvals.services import queue
from halcytone.demo import people
from halcytone.lib import rights
from halcytone.lib.notices import desk as notices
from publishing.models import Release
from publishing.services import uncertain


@dataclass
class Entry:
    """One link of the navigation; `count` is how many rows wait there."""

    name: str
    icon: str
    url: str
    count: int = 0
    count_of: str = ""
    is_bad: bool = False
    is_current: bool = False


@dataclass
class Group:
    name: str
    entries: list[Entry] = field(default_factory=list)


#: (group, name, icon, url name, any of these rights)
LINKS: tuple[tuple[str, str, str, str, tuple[str, ...]], ...] = (
    ("", "Home", "home", "admin:index", ()),
    ("Writing", "Documents", "document", "content:documents",
     ("content.view_document", "content.view_own_document")),
    ("Writing", "Drafts", "draft", "content:drafts",
     ("content.view_draft", "content.view_own_draft")),
    ("Approval", "Reviews", "review", "approvals:queue", ("approvals.view_review",)),
    ("Approval", "Calendar", "calendar", "approvals:calendar",
     ("content.view_draft", "content.view_own_draft")),
    ("Approval", "Time", "clock", "approvals:time",
     ("approvals.decide_review", "approvals.manage_working_time")),
    ("Approval", "Policies", "policy", "approvals:policies", ("approvals.view_policy",)),
    ("Publishing", "Releases", "release", "publishing:releases", ("publishing.view_release",)),
    ("Publishing", "Ledger", "ledger", "publishing:ledger", ("publishing.view_delivery",)),
    ("Publishing", "Uncertain", "question", "publishing:uncertain", ("publishing.view_delivery",)),
    ("Publishing", "Cadence", "calendar", "publishing:cadences", ("publishing.view_cadence",)),
    ("Publishing", "Accounts", "account", "publishing:accounts", ("publishing.view_account",)),
    ("Audience", "Contacts", "people", "segmentation:contacts", ("segmentation.view_contact",)),
    ("Audience", "Segments", "segment", "segmentation:segments", ("segmentation.view_segment",)),
    ("Audience", "Imports", "import", "segmentation:imports", ("segmentation.import_contact",)),
    ("Audience", "Suppressions", "block", "segmentation:suppressions",
     ("segmentation.view_suppression",)),
    ("House", "People", "people", "admin:access_user_changelist", ("access.view_user",)),
    ("House", "Schedule", "clock", "admin:django_celery_beat_periodictask_changelist",
     ("django_celery_beat.view_periodictask",)),
    ("House", "API", "api", "api-docs", ()),
)  # fmt: skip


def desk(request: HttpRequest) -> dict[str, Any]:
    """Context processor. Nothing is asked of the database until a template uses it."""
    return {"desk": SimpleLazyObject(lambda: _around(request))}


def _around(request: HttpRequest) -> dict[str, Any]:
    person = getattr(request, "user", None)
    mine = getattr(person, "zone", "") or settings.DEFAULT_ZONE
    return {
        "outbound": settings.OUTBOUND,
        "zones": list(dict.fromkeys([settings.DEFAULT_ZONE, mine])),
        "navigation": navigation(request) if getattr(person, "is_staff", False) else [],
        "is_staff": getattr(person, "is_staff", False),
        "unread": notices.unread_count(person) if getattr(person, "is_staff", False) else 0,
        "demo": demo() if not getattr(person, "is_authenticated", False) else None,
    }


def demo() -> dict[str, Any] | None:
    """Return whom the demo can be signed in as, for the sign-in page; None without a demo."""
    if not settings.EMBEDDED or not people.password_file().exists():
        return None
    names = [person.username for person in people.PEOPLE if person.group != "service"]
    return {"password": people.password(), "people": names}


def navigation(request: HttpRequest) -> list[Group]:
    """Return the links this person may follow, each with the number of rows that wait for her."""
    person = request.user
    counts = {
        "approvals:queue": (queue.count_for(person), "wait for you", False),
        "publishing:releases": (Release.objects.wanting().count(), "need a decision", True),
        "publishing:uncertain": (uncertain.count(), "to look up", True),
    }
    groups: dict[str, Group] = {}
    for group, name, icon, target, needed in LINKS:
        if needed and not rights.may(person, *needed):
            continue
        entry = Entry(name, icon, reverse(target))
        entry.count, entry.count_of, entry.is_bad = counts.get(target, (0, "", False))
        entry.is_current = is_current(request.path, entry.url)
        groups.setdefault(group, Group(group)).entries.append(entry)
    return list(groups.values())


def is_current(path: str, url: str) -> bool:
    home = reverse("admin:index")
    return path == url if url == home else path.startswith(url)
