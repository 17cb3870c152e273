"""`manage.py verify_evidence FILE`: is an exported document what was signed?"""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from halcytone.lib.audit import evidence, signing


class Command(BaseCommand):
    help = "Checks the signature of exported evidence, JSON or Markdown (exit code 1 when it is not ours)."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument(
            "--key", default="", help="the public key to trust; this installation's"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        document = options["file"].read_text(encoding="utf-8")
        problems = evidence.problems_of(document, key=options["key"] or signing.public_key())
        if problems:
            raise CommandError(" ".join(problems), returncode=1)
        self.stdout.write("It is what was signed, by the key that was asked for.")
