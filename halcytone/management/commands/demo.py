from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from halcytone.demo import load, people, remove
from halcytone.lib.errors import HalcytoneError


class Command(BaseCommand):
    help = "Load a desk full of work through the services and the sandbox, or take it away again."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--remove", action="store_true", help="take every demo row away")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["remove"]:
            self.stdout.write(f"{remove.remove()} demo rows removed")
            return
        if settings.OUTBOUND != "sandbox":
            raise CommandError("The demo sends to the sandbox only: set OUTBOUND=sandbox.")
        if not load.is_loaded():
            self.stdout.write("Loading the demo …")
            try:
                load.load(lambda line: self.stdout.write(f"  {line}"))
            except HalcytoneError as error:
                raise CommandError(f"The demo could not be loaded: {error}") from error
        names = ", ".join(person.username for person in people.PEOPLE if person.group != "service")
        self.stdout.write(
            f"Sign in at {settings.PRESS_URL}/ with the password {people.password()} as one of: {names}"
        )
