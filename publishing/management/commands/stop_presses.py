from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError, CommandParser

from halcytone.lib.errors import HalcytoneError
from publishing.models import Account, Release
from publishing.services import presses


class Command(BaseCommand):
    help = "Stop everything, or one channel, account or release, from the next claim on."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--by", required=True, help="the user name of whoever stops")
        parser.add_argument("--reason", required=True)
        parser.add_argument("--channel", default="")
        parser.add_argument("--account", help="the key of an account")
        parser.add_argument("--release", type=int, help="the id of a release")

    def handle(self, *args: Any, **given: Any) -> None:
        scope = {
            "channel": given["channel"],
            "account": _row(Account, "key", given["account"]),
            "release": _row(Release, "pk", given["release"]),
        }
        by = _row(get_user_model(), "username", given["by"])
        try:
            stop = presses.stop(by=by, reason=given["reason"], **scope)
        except HalcytoneError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"Stopped ({stop.scope}). Two people who are signed in start again.")


def _row(model: Any, field: str, value: Any) -> Any:
    if value is None:
        return None
    row = model._default_manager.filter(**{field: value}).first()
    if row is None:
        raise CommandError(f"There is no {model._meta.verbose_name} “{value}”.")
    return row
