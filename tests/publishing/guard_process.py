"""An edition leaves under production settings, and every address that is asked for is written down.

`python -m tests.publishing.guard_process VERB` prints what came of it as one line of JSON. The hook
stands before anything else is imported, and sees each socket and each name that Python asks for.
"""

import sys

SEEN = []


def watch(event, arguments):
    if event in ("socket.connect", "socket.sendto", "socket.sendmsg"):
        SEEN.append([event, repr(arguments[1])])
    elif event in ("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"):
        SEEN.append([event, repr(arguments[0])])


sys.addaudithook(watch)

import json  # noqa: E402
from contextlib import suppress  # noqa: E402

import django  # noqa: E402

django.setup()

from django.conf import settings  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402

from halcytone.demo.load import take_any_pace  # noqa: E402
from halcytone.lib import outbound  # noqa: E402
from halcytone.lib.errors import RemoteError  # noqa: E402
from halcytone.lib.http import Client  # noqa: E402
from publishing.books import books  # noqa: E402
from publishing.services import accounts, releases, sender  # noqa: E402
from tests.api import Api  # noqa: E402
from tests.factories.publishing import make_release, wall_now  # noqa: E402
from tests.publishing.test_on_the_sandbox import PAGE  # noqa: E402

ACCOUNTS = (
    {"key": "news", "channel": "smtp", "format": "newsletter", "profile_id": "apikey",
     "endpoint": "smtp+starttls://smtp.mailer.example:587", "credential": "mail_password",
     "from_email": "Halcytone <news@halcytone.example>"},
    {"key": "site", "channel": "platform", "format": "web",
     "endpoint": "https://platform.halcytone.example", "credential": "platform_key"},
    {"key": "x", "channel": "x", "format": "x", "endpoint": "https://api.x.com",
     "credential": "x_token", "profile_id": "1990000000000000001"},
)  # fmt: skip
PEOPLE = 5


def prepare():
    call_command("migrate", verbosity=0)
    for values in ACCOUNTS:
        take_any_pace(accounts.create(by=None, name=values["key"], is_default=True, **values))
    formats = [values["format"] for values in ACCOUNTS]
    return make_release(*formats, people=PEOPLE, slot_wall=wall_now(), contents={"web": PAGE})


def leave(release):
    releases.start(release)
    sender.work(sender.worker_id())
    sender.recover(sender.worker_id())
    release.refresh_from_db()


def reached():
    """Ask for the world as a channel does, and return what was let through."""
    found = []
    for url in ("https://api.x.com", "https://platform.halcytone.example", "http://198.51.100.7"):
        with suppress(RemoteError), Client("The world", url, headers={}, pause_s=0) as world:
            world.get("/")
            found.append(url)
    for host in ("smtp.mailer.example", "198.51.100.7"):
        with suppress(RemoteError):
            found.append(outbound.connect(host, 587))
    return found


def release():
    """Let an edition leave, and then ask for the world outside of it."""
    made = prepare()
    leave(made)
    said = {"status": made.status, "note": made.note, "confirmed": books(made).confirmed}
    return {**said, "reached": reached(), "has": sorted(settings.CREDENTIALS), "seen": SEEN}


def tampered():
    """Change one byte of the approved thread by SQL, let the edition leave, and ask the API about it."""
    made = prepare()
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE content_rendition SET body = replace(body, 'Part 3', 'Part e') WHERE format = 'x'"
        )
    leave(made)
    api = Api.of("viewer")
    https = {"X-Forwarded-Proto": "https", "Host": settings.ALLOWED_HOSTS[0]}
    paths = {"release": f"releases/{made.pk}", "books": f"releases/{made.pk}/books"}
    return {name: api.get(path, **https).json() for name, path in paths.items()}


VERBS = {"release": release, "tampered": tampered}

if __name__ == "__main__":
    print(json.dumps(VERBS[sys.argv[1]]()))
