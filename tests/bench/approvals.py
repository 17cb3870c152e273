"""A piece on its way: submitted, approved in two stages, its release planned, against bare statements.

Both run on the same connection. The yardstick asks the database as often, for one row by its key each
time: what the way would cost if nothing had to be computed, judged or written.
"""

from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext

from approvals.models import Level, Policy
from approvals.services import reviews
from content.models import Draft
from publishing.services import installation
from tests.bench.table import Row, least
from tests.factories.approvals import BRIEF, rendered_draft, shown, voice
from tests.factories.people import PersonFactory
from tests.factories.publishing import make_account
from tests.factories.segmentation import make_segment

PIECES, ROUNDS = 20, 3
FORMATS = ("newsletter", "web", "x")
AROUND = ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE SAVEPOINT")  # of transactions: not counted
STAGES = [
    {"name": "Editorial", "mode": "sequential", "roles": [["senior_editor"]]},
    {"name": "Marketing", "mode": "sequential", "roles": [["marketing_manager"]]},
]


def run():
    settings.FORMATS = BRIEF
    policy = Policy.objects.get(is_active=True)
    Level.objects.filter(policy=policy).delete()
    Level.objects.create(policy=policy, position=1, name="all", number=2, stages=STAGES)
    for format in FORMATS:
        make_account(format, channel={"newsletter": "smtp", "web": "platform"}.get(format, format))
    installation.claim_if_new()
    author, segment = PersonFactory(group="editor"), make_segment()
    people = voice("senior_editor"), voice("marketing_manager")
    _go(_piece(author, segment), people)  # everybody's rights are read by then
    second = _piece(author, segment)
    with CaptureQueriesContext(connection) as asked:
        _go(second, people)
    count = sum(not each["sql"].startswith(AROUND) for each in asked.captured_queries)
    ours, bare = least(
        lambda _: _way([_piece(author, segment) for _ in range(PIECES)], people),
        lambda _: _bare(author, count),
        rounds=ROUNDS,
    )
    absolute = f"{PIECES / ours:,.1f} pieces a second, {count} statements each"
    work = f"submit, approve twice, plan: {len(FORMATS)} formats"
    return [Row(work, "as many rows by their key", ours / bare, None, absolute, is_time=True)]


def _piece(author, segment):
    """A draft, and what whoever decides has on her screen."""
    draft = rendered_draft(author=author, formats=FORMATS, segment=segment)
    return draft, shown(draft)


def _way(pieces, people):
    return lambda: [_go(piece, people) for piece in pieces]


def _go(piece, people):
    draft, seen = piece
    review = reviews.submit(draft, by=draft.author)
    for person in people:
        reviews.decide(review, by=person, verdict="approve", shown=seen)


def _bare(author, count):
    def ask():
        for _ in range(PIECES * count):
            Draft.objects.filter(author=author).values_list("pk").first()

    return ask
