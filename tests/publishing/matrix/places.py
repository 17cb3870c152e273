"""What goes out through each channel in the matrix, and where the stand-in writes down that it came."""

import time
from dataclasses import dataclass, field

import httpx

from content.services import loans, pictures
from halcytone.lib import outbound
from halcytone.sandbox.linkedin_rows import ORGANISATION
from halcytone.sandbox.meta_rows import PAGE as FACEBOOK_PAGE
from halcytone.sandbox.meta_rows import USER as INSTAGRAM_USER
from publishing.models import Release
from publishing.services import releases
from segmentation.models import Segment
from tests.content.test_pictures import encoded
from tests.factories.publishing import CONTENTS, approve, make_account, make_draft, wall_now

PAGE = {
    "slug": "two-quiet-minutes",
    "path": "/updates/two-quiet-minutes",
    "title": "Two quiet minutes for the office",
    "excerpt": "A small habit for a loud day.",
    "html": "<p>Sit, let your shoulders drop, breathe in for four counts and out for six.</p>" * 3,
    "tags": ["breathing"],
    "seo_title": "Two quiet minutes",
    "seo_description": "A small habit.",
    "published_on": "2026-03-03",
    "canonical": "https://press.halcytone.example/updates/two-quiet-minutes",
}
THREAD = {"parts": [{"text": f"Part {number} of three"} for number in (1, 2, 3)]}
COMMENTED = {"text": "One #Halcytone", "comments": ["Two"]}
READERS = 8


@dataclass(frozen=True, slots=True)
class Place:
    """`path` is what the address of the call that hands something over contains.

    The blow falls when that call is made, or its row is worked on, for the `at`-th time.
    """

    format: str
    content: dict
    path: str = ""
    at: int = 1
    rows: int = 1
    account: dict = field(default_factory=dict)


MAIL = ("newsletter", CONTENTS["newsletter"])
PLACES = {
    "smtp": Place(*MAIL, rows=READERS, account={"endpoint": "smtp://127.0.0.1:1"}),
    "esp": Place(*MAIL, path="/email", rows=READERS, account={"profile_id": "postmark"}),
    "crm": Place(*MAIL, path="/api/v1/email/batch", rows=READERS),
    "platform": Place("web", PAGE, path="/api/v1/content"),
    "site": Place("web", PAGE, account={"endpoint": "", "from_email": ""}),
    "webhook": Place("web", PAGE, path="/", account={"profile_id": "push"}),
    "x": Place("x", THREAD, "/2/tweets", 2, 3, {"profile_id": "1990000000000000001"}),
    "mastodon": Place("x", THREAD, "/api/v1/statuses", 2, 3, {"profile_id": "109000000000000001"}),
    "linkedin": Place("linkedin", COMMENTED, "/rest/posts", 1, 2, {"profile_id": ORGANISATION}),
    "facebook": Place(
        "facebook",
        {"text": "One", "link": ""},
        "/feed",
        account={"profile_id": FACEBOOK_PAGE["id"]},
    ),
    "instagram": Place(
        "instagram", COMMENTED, "/media_publish", 1, 3, {"profile_id": INSTAGRAM_USER["id"]}
    ),
}


def server_of(channel):
    return outbound.STAND_INS.get(channel, channel)


def begin(channel):
    """Plan and start a release through this channel alone."""
    place = PLACES[channel]
    make_account(
        place.format, channel=channel, **{"endpoint": "https://api.example", **place.account}
    )
    is_mail = place.format == "newsletter"
    draft = make_draft(
        [place.format],
        slot_wall=wall_now(),
        contents={place.format: place.content},
        segment=Segment.objects.get() if is_mail else None,
    )
    if channel == "instagram":
        asset = pictures.keep(encoded("JPEG", size=(100, 100)))
        image = {"url": pictures.url(asset), "sha256": asset.sha256, "alt": "A quiet room"}
        draft.renditions.update(media=[image])
    approve(draft)
    releases.start(releases.plan(draft))
    assert Release.objects.get().deliveries.count() == place.rows


def lend_from(sources):
    """Have Instagram fetch images from the stand-in of the sources, which this machine can reach."""
    data = encoded("JPEG", size=(100, 100))
    kept = httpx.post(f"{sources}/_sandbox/images", content=data, trust_env=False).json()["id"]
    lent = f"{sources}/images/{kept}?made={time.time():.6f}&life=36000"
    loans.url = lambda name: lent
