"""`manage.py verify_audit`: is the audit chain what was written?"""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from halcytone.lib.audit import signing
from halcytone.lib.audit.verify import verify


class Command(BaseCommand):
    help = (
        "Walks the audit chain; names the first row that was altered or is missing (exit code 1)."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--noted", metavar="ROW:DIGEST", help="a head that was noted down outside the database"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        verdict = verify(noted=_noted(options["noted"]))
        if verdict.found:
            self.stdout.write(f"{verdict.rows:,} rows are in order.")
            raise CommandError(f"The audit chain is broken. {verdict.found}", returncode=1)
        self.stdout.write(f"The audit chain is whole: {verdict.rows:,} rows.")
        self.stdout.write(f"Head {verdict.seq}:{verdict.sha256}")
        self.stdout.write(f"Public key {signing.public_key()}")


def _noted(text: str | None) -> tuple[int, str] | None:
    if not text:
        return None
    row, _, digest = text.partition(":")
    if not row.isdecimal() or len(digest) != 64:
        raise CommandError("Write the head as ROW:DIGEST, as this command prints it.")
    return int(row), digest
