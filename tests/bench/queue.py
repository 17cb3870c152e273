"""The queue with 500 reviews: its page against the same page with 10, by time and by statements.

The whole page is asked for, as a browser does it, with the counts of its navigation.
"""

import os

from django.conf import settings
from django.db import connection
from django.test import Client

from approvals.services import reviews
from tests.bench.table import Row, least
from tests.factories.approvals import BRIEF, rendered_draft, voice
from tests.factories.people import PersonFactory

FEW, MANY = 10, int(os.environ.get("BENCH_REVIEWS", "500"))
ROUNDS = 5
PAGE = "/admin/reviews/"


def run():
    settings.FORMATS, settings.ALLOWED_HOSTS = BRIEF, ["testserver"]
    author, reader = PersonFactory(group="editor"), voice("senior_editor", is_staff=True)
    voice("marketing_manager")
    client = Client()
    client.force_login(reader)
    client.get(PAGE)
    _submit(author, FEW)
    few, few_asked = _measured(client)
    _submit(author, MANY - FEW)
    many, many_asked = _measured(client)
    absolute = (
        f"{many * 1000:.0f} ms against {few * 1000:.0f} ms, {many_asked} statements "
        f"against {few_asked}"
    )
    work = f"the page of a queue of {MANY} reviews"
    return [Row(work, f"the same of {FEW}", many / few, None, absolute, is_time=True)]


def _submit(author, count):
    for number in range(count):
        draft = rendered_draft(author=author, is_featured=True, title=f"Piece {number}")
        reviews.submit(draft, by=author)


def _measured(client):
    """Return the least seconds of a few tries, and the statements of one."""
    asked = []

    def count(execute, sql, *given):
        asked.append(sql)
        return execute(sql, *given)

    with connection.execute_wrapper(count):
        answer = client.get(PAGE)
    if answer.status_code != 200:
        raise RuntimeError(f"the queue answered {answer.status_code}")
    took, _ = least(lambda _: lambda: client.get(PAGE), lambda _: lambda: None, rounds=ROUNDS)
    return took, len(asked)
