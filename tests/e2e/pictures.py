"""Pictures of the desk of approvals, wide and narrow, light and dark, to be looked at.

Run as `python -m tests.e2e.pictures FOLDER`: an installation of its own is started, filled and ended.
"""

import sys
import tempfile
from pathlib import Path

from tests.conftest import CHROMIUM
from tests.e2e.measuring import LOOKS
from tests.e2e.press import WIDE, Person, Press, run_module
from tests.halcytone.test_up import Up

REVIEWS = 30
#: Name of the picture → page; {review} is an announcement, {piece} what a partner reads along.
PAGES = {
    "home": "/admin/",
    "queue": "/admin/reviews/",
    "review": "/admin/reviews/{review}/",
    "edition": "/admin/reviews/{piece}/",
    "grid": "/admin/reviews/{piece}/grid/",
    "timeline": "/admin/reviews/{piece}/timeline/",
    "compare": "/admin/reviews/{piece}/compare/?since=source",
    "calendar": "/admin/calendar/",
    "calendar-month": "/admin/calendar/?view=month",
    "calendar-table": "/admin/calendar/?view=table",
    "metrics": "/admin/reviews/metrics/",
    "policies": "/admin/policies/",
    "policy": "/admin/policy/",
    "simulate": "/admin/policies/simulate/",
    "time": "/admin/people/time/",
    "notices": "/admin/notifications/",
    "preferences": "/admin/preferences/",
    "draft": "/admin/drafts/{draft}/",
    "fast-track": "/admin/drafts/{draft}/fast-track/",
}


def make_link(page, piece):
    """Let somebody outside read along; returns the address of her link."""
    page.goto(f"/admin/reviews/{piece}/")
    page.get_by_text("Give a link").click()
    page.get_by_label("Name").fill("Noor Haddad")
    page.get_by_label("E-mail").fill("noor@halcytone.example")
    page.get_by_role("button", name="Make the link").click()
    return page.get_by_label("Address of the link").inner_text().strip()


def take(page, folder, name, path):
    page.goto(path)
    for size, scheme in LOOKS:
        page.set_viewport_size(size)
        page.emulate_media(color_scheme=scheme)
        page.evaluate("document.querySelectorAll('iframe').forEach(one => one.loading = 'eager')")
        page.wait_for_load_state("networkidle")
        page.screenshot(path=folder / f"{name}-{size['width']}-{scheme}.png", full_page=True)
    page.set_viewport_size(WIDE)


def take_all(browser, press, piece, folder):
    review = press.one("SELECT id FROM approvals_review WHERE level = 3 ORDER BY id")
    known = {"review": review, "piece": piece["review"], "draft": piece["draft"]}
    person = Person(browser, press, "marketing").sign_in()
    link = make_link(person.page, piece["review"])
    for name, path in {**PAGES, "link": link}.items():
        take(person.page, folder, name, path.format(**known))
    person.context.close()


def main(folder):
    from playwright.sync_api import sync_playwright

    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as home, sync_playwright() as playwright:
        up = Up(Path(home) / "home")
        try:
            up.await_start()
            press = Press(up, run_module(up, "tests.e2e.world"))
            run_module(up, "tests.e2e.crowd", str(REVIEWS))
            piece = run_module(up, "tests.e2e.partner")
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
            take_all(browser, press, piece, folder)
            browser.close()
        finally:
            up.end()
    print(f"{len(list(folder.glob('*.png')))} pictures in {folder}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
