"""Make an API key for somebody and print it, once."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from halcytone.access import services
from halcytone.access.models import User
from halcytone.lib.errors import Invalid


class Command(BaseCommand):
    help = (
        "Make an API key that acts as USERNAME, and print it. It is not kept and not shown again."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")
        parser.add_argument("--name", default="command line", help="what it is for")
        parser.add_argument(
            "--days", type=int, default=services.USUAL_DAYS, help="its life, at most 365"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        owner = User.objects.filter(username=options["username"]).first()
        if owner is None:
            raise CommandError(f"There is nobody called {options['username']}")
        try:
            _, key = services.create_key(owner, by=None, name=options["name"], days=options["days"])
        except Invalid as error:
            raise CommandError(str(error)) from error
        self.stdout.write(key)
