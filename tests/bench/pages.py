"""1,000 drafts of one page each, due now, to the Platform's stand-in, against bare httpx with the same bytes.

Ours is the whole way from the slot on: each is a release of its own, which is started, sealed again, claimed,
handed over, recorded and finished. Two processes of the product share it; two processes of httpx post what
was built beforehand, each on one kept connection. Every release must be done, or the figure counts for
nothing. PostgreSQL.
"""

import os
from datetime import date
from itertools import count

from django.conf import settings
from django.db import connection

from content.formats.web import Web
from halcytone.sandbox.running import run as stand_ins
from publishing.models import Delivery, PassportValue, Release
from publishing.services import releases
from tests.bench import processes
from tests.bench.edition import weekly
from tests.bench.table import Row
from tests.factories.publishing import approve, make_account, make_draft, wall_now

COUNT, PROCESSES = int(os.environ.get("BENCH_PAGES", "1000")), 2
PIECES, TURNS, AIM = 3, 2, 0.5
FAST, NEVER = 10**8, date(2100, 1, 1)  # a pace that keeps nobody
WORK = "tests.bench.pages_work"
numbers = count()


def run():
    if connection.vendor != "postgresql":
        return []
    with stand_ins(ports={"platform": 0}) as sandbox:
        os.environ["BENCH_PLATFORM_PORT"] = str(sandbox.ports["platform"])
        settings.SANDBOX_PORTS = {**settings.SANDBOX_PORTS, **sandbox.ports}
        _account()
        _warm(sandbox)
        ours = _ours(sandbox)
        bare = max(_bare(sandbox) for _ in range(TURNS))
    absolute = f"{ours:,.0f} against {bare:,.0f} pages a second"
    work = f"{COUNT:,} due releases of one page"
    return [Row(work, "bare httpx, same bytes", ours / bare, AIM, absolute)]


def _account():
    account = make_account("web", channel="platform", endpoint="https://platform.halcytone.example")
    for name in ("per_second", "per_hour", "per_day"):
        PassportValue.objects.create(
            channel="platform", account=account, name=name, value=FAST, reason="Bench", review_on=NEVER
        )  # fmt: skip


def _warm(sandbox):
    """Post a page, so that the stand-in has read what it needs."""
    page = {"title": "A page to begin with", "content": "<p>Sit.</p>", "slug": "warm"}
    sandbox.ask("platform", "POST", "/api/v1/content", page)


def _ours(sandbox):
    """Return the pages a second of the product, from due to done."""
    sandbox.clear()
    for _ in range(COUNT):
        _planned()
    seconds = processes.seconds_together(WORK, "ours", count=PROCESSES)
    done = Release.objects.filter(status=Release.Status.DONE).count()
    rows = Delivery.objects.filter(state=Delivery.State.CONFIRMED)
    if (done, rows.count(), len(_arrived(sandbox))) != (COUNT, COUNT, COUNT):
        states = list(Release.objects.values_list("status", "note").distinct()[:5])
        raise RuntimeError(f"{done} of {COUNT} are done, {rows.count()} pages confirmed: {states}")
    return COUNT / seconds


def _bare(sandbox):
    """Return the pages a second of httpx alone."""
    sandbox.clear()
    seconds = processes.seconds_together(WORK, "bare", count=PROCESSES)
    if len(_arrived(sandbox)) != COUNT:
        raise RuntimeError("the stand-in did not take every page")
    return COUNT / seconds


def _arrived(sandbox):
    return sandbox.requests("platform", method="POST", path="/api/v1/content", status="201")


def _planned():
    """Plan a release of one page, whose slot is now."""
    edition = weekly(PIECES, f"page {next(numbers)}")
    content = Web().render(edition).content
    content |= {"slug": f"two-quiet-minutes-{next(numbers)}"}
    content |= {"path": f"/updates/{content['slug']}"}
    content |= {"canonical": f"https://halcytone.example{content['path']}"}
    draft = make_draft(["web"], slot_wall=wall_now(), contents={"web": content})
    approve(draft)
    return releases.plan(draft)
