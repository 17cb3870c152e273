"""Looking changes nothing: every address of the desk is asked for twice, and the tables stay as they were."""

import hashlib
import re
from contextlib import closing

import pytest
from django.urls import get_resolver

from tests.e2e.press import until

pytestmark = pytest.mark.timeout(280)
#: What signing in, beat, the reading of sources and the press itself write all the time; and who looks at a
#: review, which pages that are open in somebody's browser post every few seconds.
MOVING = re.compile(
    r"django_session|django_celery_beat_periodictasks?$|publishing_(installation|heartbeat)"
    r"|content_sourcecursor$|sqlite_|mfa_|access_user$|approvals_presence$"
)


def digests(press):
    """Return {table: (rows, hash of all of them)} of what only an act may change."""
    tables = [name for (name,) in press.rows("SELECT name FROM sqlite_master WHERE type = 'table'")]
    return {name: digest(press, name) for name in tables if not MOVING.search(name)}


def digest(press, name):
    rows = sorted(map(repr, press.rows(f'SELECT * FROM "{name}"')))
    return len(rows), hashlib.sha256("\n".join(rows).encode()).hexdigest()


def addresses(press):
    """Return every address below /admin/, with ids that exist for each table."""
    found = []
    for pattern in patterns(get_resolver().url_patterns):
        path = "/" + re.sub(r"[\^$]|\\Z", "", pattern)
        if path.startswith("/admin/") and "(?P<url>" not in path:
            found += [filled for number in ("1", "2") if (filled := fill(path, number))]
    return sorted(set(found))


def fill(path, number):
    path = re.sub(r"<path:[^>]+>|<int:[^>]+>|\(\?P<pk>\\d\+\)", number, path)
    path = re.sub(r"\(\?P<act>([a-z_]+)[^)]*\)", r"\1", path)
    path = re.sub(r"\(\?P<app_label>([a-z_]+)[^)]*\)", r"\1", path)
    return None if re.search(r"[<(\\]", path) else path


def patterns(rows, before=""):
    for row in rows:
        route = before + str(row.pattern)
        yield from patterns(row.url_patterns, route) if hasattr(row, "url_patterns") else [route]


def test_no_address_of_the_desk_changes_anything_by_get(press, release):
    quiet = "SELECT count(*) FROM publishing_release WHERE status = 'releasing'"
    until(lambda: press.one(quiet) == 0, 60, "the end of all releases")
    paths = addresses(press)
    assert len(paths) > 80
    with closing(press.signed_in("admin")) as client:
        client.follow_redirects = False
        before = digests(press)
        answers = [client.get(path).status_code for _ in range(2) for path in paths]
    after = digests(press)
    assert [name for name in before if before[name] != after[name]] == []
    assert max(answers) < 500
    assert answers.count(200) > len(paths) / 2
    print(f"\n{len(paths)} addresses, twice, {len(before)} tables unchanged")
