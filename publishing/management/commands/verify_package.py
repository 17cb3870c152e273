"""`manage.py verify_package FILE`: is the package of a release what was signed?"""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from halcytone.lib.audit import signing
from publishing.services import package_checks


class Command(BaseCommand):
    help = "Checks the package of a release, and names each file that was changed, added or taken away (exit code 1)."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument(
            "--key", default="", help="the public key to trust; this installation's"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            with options["file"].open("rb") as file:
                problems = package_checks.problems_of(
                    file, key=options["key"] or signing.public_key()
                )
        except OSError as error:
            raise CommandError(f"{options['file']} cannot be read.", returncode=1) from error
        if problems:
            raise CommandError("\n".join(problems), returncode=1)
        self.stdout.write("Every file is what was signed, by the key that was asked for.")
