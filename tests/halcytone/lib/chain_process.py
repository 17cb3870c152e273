"""A process of its own on a database of its own: `python -m tests.halcytone.lib.chain_process COMMAND …`.

It speaks to the database of DATABASE_URL and answers with one JSON value on its last line.
"""

import io
import json
import os
import resource
import sys
import time
from datetime import UTC, datetime, timedelta

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
django.setup()

from django.core.management import CommandError, call_command  # noqa: E402
from django.db import IntegrityError, connection, transaction  # noqa: E402

from halcytone.access.models import User  # noqa: E402
from halcytone.lib.audit import chain, links, signing, triggers  # noqa: E402
from halcytone.lib.audit.models import Entry, Head  # noqa: E402

START = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)


def prepare():
    call_command("migrate", verbosity=0)
    User.objects.create(username="mira")


def append(count, start_at):
    """Append rows, one act each, from a moment on."""
    time.sleep(max(0, float(start_at) - time.time()))
    person = User.objects.get(username="mira")
    for number in range(int(count)):
        with transaction.atomic():
            chain.record("test.done", person, by=person, label="é „quoted“", number=number)


def fill(count):
    """Write a chain of so many rows as fast as it goes, links and head as `chain` writes them."""
    previous, rows = links.GENESIS, []
    for seq in range(1, int(count) + 1):
        values = [seq, START + timedelta(seconds=seq), 7, "Mira", "review.decided", "review",
                  str(seq % 999), "Two quiet minutes", f"draft:{seq % 999}",
                  f'{{"comment":"Number {seq}","seal":"{"a" * 64}"}}', previous]  # fmt: skip
        previous = links.digest(values)
        rows.append(Entry(**dict(zip(links.FIELDS, values, strict=True)), sha256=previous))
        if len(rows) == 5_000 or seq == int(count):
            Entry.objects.bulk_create(rows)
            rows = []
    signature = signing.sign(chain.head_text(int(count), previous))
    Head.objects.update(seq=int(count), sha256=previous, signature=signature)


def verify(noted=""):
    """The command's exit code, what it said, its seconds, and its largest memory in MB."""
    out, began, code = io.StringIO(), time.monotonic(), 0
    try:
        call_command("verify_audit", noted=noted or None, stdout=out)
    except CommandError as error:
        out.write(str(error))
        code = error.returncode
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    said = {"code": code, "said": out.getvalue(), "s": time.monotonic() - began, "mb": peak}
    return {**said, "rows": Entry.objects.count()}


def tamper(sql):
    """Change the rows as somebody would who first takes the triggers away."""
    triggers.drop(connection)
    with connection.cursor() as cursor:
        cursor.execute(sql)
    triggers.create(connection)


def refusals():
    """What the database answers to each way of changing the chain."""
    ways = {
        "update": "UPDATE audit_entry SET actor = 'x' WHERE seq = 1",
        "delete": "DELETE FROM audit_entry WHERE seq = 1",
        "back": "UPDATE audit_head SET seq = 0",
        "head": "DELETE FROM audit_head",
    }
    if connection.vendor == "postgresql":
        ways |= {"truncate": "TRUNCATE audit_entry", "behead": "TRUNCATE audit_head"}
    return {name: _refusal(sql) for name, sql in ways.items()}


def _refusal(sql):
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql)
    except IntegrityError as error:
        return str(error).splitlines()[0]
    return ""


if __name__ == "__main__":
    command, *arguments = sys.argv[1:]
    print(json.dumps(globals()[command](*arguments)))
