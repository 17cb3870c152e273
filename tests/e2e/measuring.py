"""How a page of the desk is measured: weight, requests, nodes, accessibility, room on a phone."""

import json
import re
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from axe_playwright_python.base import AXE_SCRIPT

from tests.e2e.press import NARROW, WIDE

#: kB over the wire, requests, kB of script, nodes, nodes of a list with 40 rows
WEIGHT, REQUESTS, SCRIPT, NODES, LIST_NODES = 150, 12, 100, 1_000, 800
LOGIN_WEIGHT, LOGIN_REQUESTS = 60, 6
LOOKS = [(size, scheme) for size in (WIDE, NARROW) for scheme in ("light", "dark")]
AXE = {"resultTypes": ["violations"], "rules": {"target-size": {"enabled": True}}}
COLOURS = {"resultTypes": ["violations"], "runOnly": ["color-contrast", "link-in-text-block"]}
NOT_PAGES = re.compile(
    r"/evidence/|/attachments/|/(frame|rejects|export|package|connect)/|/jsi18n/|/logout/|/autocomplete/"
)


@dataclass
class Measured:
    """One page as a browser got it, and what is wrong with it."""

    path: str
    requests: int = 0
    weight: float = 0
    script: float = 0
    nodes: int = 0
    rows: int = 0
    time_ms: float = 0
    links: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)


def measure(person, path):
    """Open a page with an empty cache and look at it in both sizes, light and dark."""
    page, found = person.page, Measured(path)
    forget_files(person)
    page.set_viewport_size(WIDE)
    person.asked.clear()
    person.wrong.clear()
    answer = page.goto(path)
    found.time_ms = answer.request.timing["responseEnd"]
    if answer.status != 200:
        found.wrong.append(f"status {answer.status}")
    found.nodes = page.evaluate("document.querySelectorAll('*').length")
    found.rows = page.locator("main tbody tr").count()
    found.links = page.evaluate("[...document.links].map(one => one.pathname + one.search)")
    page.evaluate(AXE_SCRIPT)
    for size, scheme in LOOKS:
        page.set_viewport_size(size)
        page.emulate_media(color_scheme=scheme)
        look(found, page, f"{size['width']} {scheme}", COLOURS if scheme == "dark" else AXE)
    page.emulate_media(color_scheme="light")
    weigh(found, person)
    found.wrong += person.wrong
    return found


def forget_files(person):
    """Let every page fetch all of its files, as a first visit does."""
    session = person.context.new_cdp_session(person.page)
    session.send("Network.enable")
    session.send("Network.setCacheDisabled", {"cacheDisabled": True})


def weigh(found, person):
    for request in person.asked:
        sizes = request.sizes()
        size = (sizes["responseBodySize"] + sizes["responseHeadersSize"]) / 1000
        found.weight += size
        found.script += size if request.resource_type == "script" else 0
        if not request.url.startswith((person.press.url, "data:")):
            found.wrong.append(f"asks {urlsplit(request.url).netloc}")
    found.requests = len(person.asked)


def look(found, page, name, rules):
    over = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    if over > 0:
        found.wrong.append(f"{name}: {over} px sideways")
    page.evaluate("document.getAnimations().forEach(one => one.finish())")
    result = page.evaluate(f"axe.run(document, {json.dumps(rules)})")
    for violation in result["violations"]:
        places = [str(node["target"][0]) for node in violation["nodes"]]
        why = violation["nodes"][0]["failureSummary"].splitlines()[-1].strip()
        found.wrong.append(f"{name}: {violation['id']} at {', '.join(places[:3])}: {why}")


def judge(found, *, weight=WEIGHT, requests=REQUESTS):
    nodes = LIST_NODES if found.rows == 40 else NODES
    limits = [
        ("kB", found.weight, weight),
        ("requests", found.requests, requests),
        ("kB of script", found.script, SCRIPT),
        ("nodes", found.nodes, nodes),
    ]
    over = [f"{round(is_)} {what}, at most {limit}" for what, is_, limit in limits if is_ > limit]
    return [f"{found.path}: {one}" for one in [*over, *found.wrong]]


def tell(title, pages):
    print(f"\n{title:<58} kB  script  requests  nodes  rows    ms")
    for one in pages:
        print(
            f"{one.path:<54} {one.weight:6.1f}  {one.script:6.1f}  {one.requests:8}  {one.nodes:5}"
            f"  {one.rows:4}  {one.time_ms:4.0f}"
        )


def shape(link):
    path = urlsplit(link).path
    return re.sub(r"/\d+/", "/n/", path)


def crawl(person):
    """Measure one page of each kind that can be reached by links from the home page."""
    waiting, seen, pages = ["/admin/"], {"/admin/"}, []
    while waiting:
        pages.append(measure(person, waiting.pop(0)))
        for link in pages[-1].links:
            kind = shape(link)
            if (
                kind.startswith(("/admin/", "/accounts/"))
                and kind not in seen
                and not NOT_PAGES.search(kind)
            ):
                seen.add(kind)
                waiting.append(urlsplit(link).path)
    return pages
