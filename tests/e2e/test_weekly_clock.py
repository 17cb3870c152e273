"""A weekly edition on its fixed clock, Monday 16:30 to Tuesday 10:00 in New York, as its people see it.

The product runs in this process and its clock is moved, the browser's with it; nobody waits. Pictures of
each step are kept in the folder that E2E_PICTURES names.
"""

import os
import re
from pathlib import Path

import pytest

from approvals.models import Review
from publishing.channels.memory import Memory
from publishing.models import Release
from tests.e2e.inside import FORMATS, MONDAY
from tests.factories.approvals import rendered_draft, voice
from tests.factories.people import PersonFactory
from tests.factories.segmentation import make_segment

TUESDAY, NEXT_MONDAY = (2027, 3, 9), (2027, 3, 15)
TITLE = "Weekly Update: Two quiet minutes"
#: The fixed clock as the page says it.
WEEK = {
    "Weekly: reviewers look at it": "Mon 8 Mar 18:00",
    "Weekly: reviewers are done": "Mon 8 Mar 19:00",
    "Weekly: stakeholders are told": "Mon 8 Mar 19:00",
    "Weekly: Tuesday checklist": "Tue 9 Mar 08:00",
    "Weekly: rehearsal": "Tue 9 Mar 08:30",
    "Weekly: final decision": "Tue 9 Mar 09:00",
    "Weekly: staged": "Tue 9 Mar 09:30",
    "Weekly: out": "Tue 9 Mar 10:00",
}
pytestmark = pytest.mark.timeout(400)


@pytest.fixture
def people(house):
    here = {"is_staff": True}
    return {
        "author": PersonFactory(group="editor", first_name="Elif", last_name="Demir", **here),
        "lead": voice("team_lead", zone="Europe/Paris", first_name="Theo", last_name="Roy", **here),
        "manager": voice(
            "marketing_manager",
            group="marketing_manager",
            first_name="Mira",
            last_name="Aas",
            **here,
        ),
        "executive": voice(
            "executive", group="executive", first_name="Ana", last_name="Cruz", **here
        ),
    }


@pytest.fixture
def picture(tmp_path):
    folder = Path(os.environ.get("E2E_PICTURES") or tmp_path) / "weekly"
    folder.mkdir(parents=True, exist_ok=True)
    taken = []

    def take(page, name):
        taken.append(folder / f"{len(taken) + 1:02}-{name}.png")
        page.screenshot(path=taken[-1], full_page=True)
        assert taken[-1].stat().st_size > 10_000

    return take


@pytest.fixture
def draft(people):
    return rendered_draft(
        author=people["author"],
        type="weekly",
        title=TITLE,
        formats=FORMATS,
        segment=make_segment(),
        slot_wall="2027-03-09T10:00",
    )


def words(locator):
    return " ".join(locator.inner_text().split())


def submit(at, draft):
    """The author submits it on its page; returns the address of its review."""
    page = at("author", f"/admin/drafts/{draft.pk}/")
    page.get_by_role("button", name="Submit for review").click()
    assert "Submitted" in words(page.locator("#message"))
    return f"/admin/reviews/{Review.objects.get(draft=draft).pk}/"


def approve(at, name, review):
    page = at(name, review)
    page.get_by_role("region", name="Your decision").get_by_role("button", name="Approve").click()
    page.get_by_role("dialog").get_by_role("button", name="Approve").click()
    assert words(page.locator("#message")).startswith(f"Approved: {TITLE}")


def stages(page):
    return words(page.get_by_role("region", name="Stages and formats"))


def lit(page):
    """The traffic light of the stage: its colour and its words."""
    badge = page.locator("#stages .lit")
    return badge.get_attribute("class").removeprefix("lit "), words(badge)


def mark(page, name):
    """What the clock of the review says about one of its moments."""
    moments = page.get_by_role("region", name="Its clock").get_by_role("listitem")
    return words(moments.filter(has_text=name).first)


def told(at, name):
    """What this person was told, the newest first, and the number on the badge of her notifications."""
    page = at(name, "/admin/notifications/")
    return words(page.get_by_role("main"))


def waiting(page):
    """The number beside the queue in the menu; 0 without a badge."""
    badge = page.get_by_role("link", name=re.compile("^Reviews")).first.locator(".badge")
    return int(badge.inner_text().split()[0]) if badge.count() else 0


def test_from_submission_over_a_missed_deadline_to_ten_on_tuesday(clock, at, draft, picture):
    clock.set(MONDAY, 16, 20)
    review = submit(at, draft)
    page = at("lead", review)
    assert waiting(page) == 1
    assert "by Mon 8 Mar 19:00 New York · Tue 9 Mar 01:00 Paris" in stages(page)
    assert lit(page) == (
        "red",
        "Short, in 3 hours",
    )  # a decision is taken to need a quarter of a day
    for name, at_ in WEEK.items():
        assert f"{name} {at_} New York" in mark(page, name)
    assert mark(page, "Reminder at 50 %").endswith("next, in 1 hour")
    picture(page, "submitted")
    for hour, minute, name in (
        (17, 41, "at 50 %"),
        (18, 1, "one hour before"),
        (18, 29, "at 80 %"),
    ):
        assert not mark(at("lead", review), f"Reminder {name}").endswith("done")
        clock.set(MONDAY, hour, minute)
        page = at("lead", review)
        assert mark(page, f"Reminder {name}").endswith("done")
        picture(page, f"reminder {name}")
    said = told(at, "lead")
    assert said.count("Editorial review still waits for you") == 3
    assert "Due Mon 8 Mar 19:00 New York." in said
    picture(at("lead", "/admin/notifications/"), "reminded")

    assert waiting(at("executive", "/admin/reviews/")) == 0
    clock.set(MONDAY, 19)
    page = at("lead", review)
    assert lit(page)[0] == "overdue"
    assert "Executive may speak too. It has waited too long." in stages(page)
    picture(page, "missed")
    assert "Editorial review was escalated" in told(at, "manager")
    page = at("executive", "/admin/reviews/")
    assert waiting(page) == 1
    assert "Overdue" in words(page.get_by_role("main"))
    picture(page, "escalated")

    clock.set(TUESDAY, 8, 50)
    page = at("author", review)
    assert mark(page, "Weekly: Tuesday checklist").endswith("done")
    assert mark(page, "Weekly: rehearsal").endswith("done")
    assert mark(page, "Weekly: final decision").endswith("next, in 10 minutes")
    approve(at, "lead", review)
    approve(at, "executive", review)
    page = at("author", review)
    assert "Passed" in stages(page)
    assert "Approved" in words(page.locator(".head"))
    picture(page, "decided")
    release = Release.objects.get(draft=draft)
    page = at("author", f"/admin/releases/{release.pk}/")
    assert "Planned" in words(page.get_by_role("main"))
    assert "Tue 9 Mar 10:00 New York" in words(page.locator(".head"))
    picture(page, "planned")

    clock.set(TUESDAY, 9, 59)
    assert not Memory.world("our-newsletter").taken
    clock.set(TUESDAY, 10)
    page = at("author", f"/admin/releases/{release.pk}/")
    assert "5 candidates 5 confirmed 0 excluded 0 failed 0 uncertain" in words(
        page.get_by_role("main")
    )
    picture(page, "out")
    assert mark(at("author", review), "Weekly: out").endswith("done")


def test_a_slot_without_a_decision_is_late_and_finds_its_way_to_the_next_one(
    clock, at, draft, picture
):
    clock.set(MONDAY, 16, 45)
    review = submit(at, draft)
    clock.set(MONDAY, 16, 46)
    page = at("lead", "/admin/reviews/")
    assert "late from the start" in words(page.get_by_role("main"))
    assert "Late from the start" in told(at, "lead")
    clock.set(TUESDAY, 10)
    assert Release.objects.count() == 0
    assert waiting(at("lead", "/admin/reviews/")) == 0
    assert "Late: you decide what becomes of it" in told(at, "author")
    page = at("author", review)
    said = words(page.get_by_role("status").filter(has_text="Late"))
    assert said.startswith("Late: the slot Tue 9 Mar 10:00 New York came without an approval.")
    assert "Late" in words(page.locator(".head"))
    picture(page, "late")
    page.get_by_role("button", name="Next slot: Tue 16 Mar 10:00 New York").click()
    assert "round 2" in words(page.locator(".head"))
    page = at("lead", review)
    assert waiting(page) == 1
    assert "by Mon 15 Mar 19:00 New York · Tue 16 Mar 00:00 Paris" in stages(page)
    assert lit(page) == ("green", "On time, in 6 days")
    picture(page, "another slot")
    clock.set(NEXT_MONDAY, 18, 15)
    # Two before the first deadline, as the third stood within ten minutes of another; then three.
    assert told(at, "lead").count("Editorial review still waits for you") == 5
    for name in ("lead", "manager"):
        approve(at, name, review)
    page = at("author", f"/admin/releases/{Release.objects.get(draft=draft).pk}/")
    assert "Tue 16 Mar 10:00 New York" in words(page.locator(".head"))
    assert "Planned" in words(page.get_by_role("main"))
    picture(page, "planned anew")
