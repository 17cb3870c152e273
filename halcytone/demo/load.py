"""A desk full of work, made through the services and the sandbox, as people would have made it."""

import csv
import io
import re
import time
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from datetime import time as clock
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils import timezone

from approvals.models import Review
from approvals.services import boards, checklists, queue, reviews
from approvals.services.boards import Board
from content.models import Document, Draft, Recipe
from content.services import documents, drafts
from halcytone.access.models import User
from halcytone.demo import elsewhere, people
from halcytone.lib import zones
from halcytone.sandbox.linkedin_rows import ORGANISATION
from halcytone.sandbox.meta_rows import PAGE as FACEBOOK_PAGE
from halcytone.sandbox.meta_rows import USER as INSTAGRAM_USER
from halcytone.sandbox.x_rows import USER as X_USER
from publishing.models import Account, Cadence, PassportValue, Release
from publishing.services import accounts, cadences, releases, rhythms, sender
from segmentation.models import Contact, ImportRun, Segment, Suppression
from segmentation.services import imports, segments, suppressions, unsubscribe
from segmentation.unsubscribe import token

TEXTS = Path(__file__).parent / "texts"
DAY = re.compile(r"\{(-?\d+)\}")
READERS = 1000
WITHOUT_CONSENT = 20
UNSUBSCRIBED = 15
BLOCKED = 10
PATIENCE_S = 300
WORDING = "Yes, send me the weekly edition by mail. I can stop it at any time."
INTERESTS = ("mindfulness", "sleep_optimization", "technology", "wellness", "productivity")
Tell = Callable[[str], None]
Cast = Mapping[str, User]


def is_loaded() -> bool:
    return User.objects.filter(is_demo=True).exists()


def load(tell: Tell) -> None:
    """Load everything; `tell` is given a line for each step. Raises a HalcytoneError."""
    cast = people.load()
    tell(f"{len(cast)} people")
    segment = load_audience(cast)
    tell(f"{READERS} contacts, some without consent, some suppressed")
    load_accounts(cast)
    texts = load_documents(cast)
    there = elsewhere.load(cast, dated)
    elsewhere.make_draft(cast, there[elsewhere.NAMES[elsewhere.GOOGLE]])
    tell(
        f"{len(texts) + len(there)} documents read, two of them at stand-ins of Google Docs and Notion"
    )
    load_cadence(cast, segment, texts["The week at a glance"])
    load_earlier(cast, segment, [texts["Two weeks ago"], texts["Last week"]], tell)
    load_current(cast, segment, texts)
    tell("one edition in review, one approved for next Tuesday")


def load_audience(cast: Cast) -> Segment:
    """Import the demo's readers, and let some of them leave, as readers do."""
    run = imports.check(
        by=cast["marketing"], file_name="demo-readers.csv", data=readers_csv(),
        policy=ImportRun.Policy.FILL_EMPTY, is_demo=True,
        consent={"purpose": "newsletter", "wording": WORDING, "source": "import"},
    )  # fmt: skip
    imports.run(run, by=cast["marketing"])
    mine = Contact.objects.filter(is_demo=True).order_by("pk")
    for contact in mine[:UNSUBSCRIBED]:
        unsubscribe.apply(token(contact.pk), ip="127.0.0.1", user_agent="demo")
    for contact in mine[UNSUBSCRIBED : UNSUBSCRIBED + BLOCKED]:
        suppressions.add(
            reason=Suppression.Reason.DO_NOT_CONTACT, kind=Suppression.Kind.ADDRESS,
            value=contact.email, by=cast["marketing"], note="asked by telephone", is_demo=True,
        )  # fmt: skip
    Suppression.objects.filter(value__in=mine.values("email_key")).update(is_demo=True)
    return segments.save(
        None, by=cast["marketing"], key="newsletter-readers", name="Newsletter readers",
        description="Everybody who agreed to the weekly edition.", rule={}, is_demo=True,
    )  # fmt: skip


def readers_csv() -> bytes:
    """Return the demo's readers as a file of contacts; the last ones bring no consent."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["email", "name", "external_id", "tags", "interests", "consent_at"])
    today = timezone.now().date()
    for number in range(1, READERS + 1):
        agreed = today - timedelta(days=number % 300 + 1)
        has_agreed = number <= READERS - WITHOUT_CONSENT
        name = f"Demo reader {number}" if number % 7 else ""
        writer.writerow([f"reader{number:04}@readers.example", name, f"demo-{number}", "demo",
                         INTERESTS[number % len(INTERESTS)],
                         agreed.isoformat() if has_agreed else ""])  # fmt: skip
    return out.getvalue().encode()


def load_accounts(cast: Cast) -> None:
    """One sender, one site and four profiles, all of them stand-ins on this machine."""
    common: dict[str, Any] = {
        "by": cast["marketing"],
        "is_demo": True,
        "is_default": True,
        "is_standard": True,
    }
    accounts.create(
        key="newsletter", name="Newsletter sender", channel="smtp", format="newsletter",
        endpoint="smtp+starttls://mail.halcytone.example:587", reply_to="desk@halcytone.example",
        from_email="Halcytone <news@halcytone.example>", can_read_back=False, **common,
    )  # fmt: skip
    accounts.create(
        key="site", name="Halcytone site", channel="platform", format="web",
        endpoint="https://platform.halcytone.example", **common,
    )  # fmt: skip
    accounts.create(
        key="x", name="Halcytone on X", channel="x", format="x",
        endpoint="https://api.x.com", profile_id=X_USER["id"], **common,
    )  # fmt: skip
    accounts.create(
        key="linkedin", name="Halcytone on LinkedIn", channel="linkedin", format="linkedin",
        endpoint="https://api.linkedin.com", profile_id=ORGANISATION, **common,
    )  # fmt: skip
    accounts.create(
        key="facebook", name="Halcytone on Facebook", channel="facebook", format="facebook",
        endpoint="https://graph.facebook.com", profile_id=FACEBOOK_PAGE["id"], **common,
    )  # fmt: skip
    accounts.create(
        key="instagram", name="Halcytone on Instagram", channel="instagram", format="instagram",
        endpoint="https://graph.facebook.com", profile_id=INSTAGRAM_USER["id"], **common,
    )  # fmt: skip
    for account in Account.objects.filter(is_demo=True):
        take_any_pace(account)


def take_any_pace(account: Account) -> None:
    """Lift the limits of a demo's account: its place is on this machine, and people do not wait an hour."""
    for name in ("per_second", "per_hour", "per_day"):
        PassportValue.objects.create(
            channel=account.channel, account=account, name=name, value=None,
            reason="The demo's stand-ins take any pace.", review_on=date(2099, 12, 31),
        )  # fmt: skip


FILES = {
    "Two weeks ago": "earlier-1.md",
    "Last week": "earlier-2.md",
    "The week at a glance": "weekly.md",
    "Next Tuesday": "next.md",
    "Notes with mistakes": "mistakes.md",
    "Ideas": "ideas.txt",
}


def load_documents(cast: Cast) -> dict[str, Document]:
    """Register and read the demo's texts; the one with mistakes shows its problems."""
    made = {}
    for name, file_name in FILES.items():
        document = documents.register(
            by=cast["editor"], name=name, kind=Document.Kind.UPLOAD,
            data=dated((TEXTS / file_name).read_text()).encode(), file_name=file_name,
        )  # fmt: skip
        Document.objects.filter(pk=document.pk).update(is_demo=True)
        documents.read(document, by=cast["editor"])
        made[name] = document
    return made


def dated(text: str) -> str:
    """Put days of this week for `{-3}`: three days before today."""
    today = zones.local(timezone.now(), settings.DEFAULT_ZONE).date()

    def day(match: re.Match[str]) -> str:
        return date.isoformat(today + timedelta(days=int(match[1])))

    return DAY.sub(day, text)


def load_cadence(cast: Cast, segment: Segment, document: Document) -> None:
    """The weekly rhythm: read on Monday 14:00, put together at 16:00, out on Tuesday 10:00."""
    rhythms.create(
        by=cast["marketing"], key="weekly", name="Weekly edition", weekday=1, at=clock(10),
        read_at=clock(14), assemble_at=clock(16), recipe=Recipe.objects.get(key="weekly"),
        segment=segment, owner=cast["editor"], documents=[document], is_demo=True,
    )  # fmt: skip


def next_tuesday(weeks: int = 0) -> str:
    """Return the wall-clock slot of the cadence, so many weeks after its next one."""
    cadence = Cadence.objects.get(key="weekly", is_demo=True)
    slots = cadences.next_slots(cadence, timezone.now(), count=weeks + 1)
    return str(slots[-1].wall)


def make_edition(cast: Cast, segment: Segment, document: Document, wall: str) -> Draft:
    """Put an edition together and render it, as the editor."""
    draft = drafts.assemble(
        Recipe.objects.get(key="weekly"), by=cast["editor"], documents=[document], slot_wall=wall,
        zone=settings.DEFAULT_ZONE, segment=segment,
    )  # fmt: skip
    return finish(draft, cast)


def finish(draft: Draft, cast: Cast) -> Draft:
    """Mark a draft as demo and render it, as the editor."""
    Draft.objects.filter(pk=draft.pk).update(is_demo=True)
    draft.refresh_from_db()
    drafts.generate(draft, by=cast["editor"])
    return draft


def approve(review: Review, cast: Cast) -> None:
    """Let everybody whom the review waits for look at it and say yes."""
    while review.status == Review.Status.OPEN:
        board = boards.read(review)
        shown = {name: content.sha256 for name, content in board.seals.items()}
        person = next((one for one in cast.values() if queue.mine(board, one)), None)
        if person is None:
            return
        tick(board, person)
        reviews.decide(review, by=person, verdict="approve", shown=shown)
        review.refresh_from_db()


def tick(board: Board, person: User) -> None:
    """Let somebody tick the lists that wait for her."""
    for sheet in checklists.sheets(board, person, {}):
        if sheet.stages and sheet.may_tick and sheet.missing:
            checklists.tick(board.review, by=person, items=[item.pk for item in sheet.missing])


def load_earlier(cast: Cast, segment: Segment, sources: list[Document], tell: Tell) -> None:
    """Release two editions for real, to the sandbox, at the next full minute."""
    soon = zones.local(timezone.now() + timedelta(minutes=1, seconds=20), settings.DEFAULT_ZONE)
    wall = soon.strftime("%Y-%m-%dT%H:%M")
    made = [
        make_update(cast, segment, sources[0], wall),
        make_edition(cast, segment, sources[1], wall),
    ]
    for draft in made:
        approve(reviews.submit(draft, by=cast["editor"]), cast)
    tell("two editions approved; they leave at the full minute")
    wait_until_out(list(Release.objects.filter(draft__in=made)), tell)


def make_update(cast: Cast, segment: Segment, document: Document, wall: str) -> Draft:
    """Put an update together by hand: its page is named by its title, not by the day."""
    pieces = [item.head for item in document.items.filter(is_present=True) if item.head]
    draft = drafts.create(
        by=cast["editor"], type=Draft.Type.UPDATE, title="What changed in the app this month",
        revisions=pieces, segment=segment, slot_wall=wall, zone=settings.DEFAULT_ZONE,
        is_featured=True,
    )  # fmt: skip
    return finish(draft, cast)


def wait_until_out(out: list[Release], tell: Tell) -> None:
    """Work like any other worker until these releases are done, or patience ends."""
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        for release in out:
            release.refresh_from_db()
            if release.status == Release.Status.PLANNED:
                releases.start(release)
        if all(
            release.status in (Release.Status.DONE, Release.Status.INCOMPLETE) for release in out
        ):
            break
        if not sender.work(sender.worker_id(), until=time.monotonic() + 4):
            time.sleep(1)
    for release in out:
        tell(f"{release.draft}: {release.get_status_display().lower()}")


def load_current(cast: Cast, segment: Segment, texts: Mapping[str, Document]) -> None:
    """One edition approved for next Tuesday, one in review for the Tuesday after."""
    ready = make_edition(cast, segment, texts["Next Tuesday"], next_tuesday())
    approve(reviews.submit(ready, by=cast["editor"], note="Short and quiet this week."), cast)
    asked = make_edition(cast, segment, texts["The week at a glance"], next_tuesday(1))
    reviews.submit(asked, by=cast["editor"], note="Please look at the table in the first piece.")
