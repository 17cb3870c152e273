"""`manage.py fetch_subscribers ACCOUNT --by USER --wording "…"`: a checked import, for a person to run."""

from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError, CommandParser

from halcytone.lib.errors import HalcytoneError
from publishing.models import Account
from publishing.services import subscribers


class Command(BaseCommand):
    help = "Read the CRM's subscribers and check them as contacts; the import is run on the desk."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("account", help="key of an account of the channel crm")
        parser.add_argument("--by", required=True, help="user name of whoever may import contacts")
        parser.add_argument("--wording", required=True, help="what the subscribers agreed to there")
        parser.add_argument("--list", default="", help="the list that they subscribe to")

    def handle(self, *args: Any, **given: Any) -> None:
        account = Account.objects.filter(key=given["account"]).first()
        person = get_user_model().objects.filter(username=given["by"], is_active=True).first()
        if account is None or person is None:
            missing = "account" if account is None else "active user"
            raise CommandError(f"There is no such {missing}.")
        try:
            run = subscribers.fetch(
                account, by=person, wording=given["wording"], list=given["list"]
            )
        except HalcytoneError as error:
            raise CommandError(str(error)) from error
        counts = run.report["counts"]
        self.stdout.write(
            f"{counts['rows']} subscribers: {counts['add']} new, {counts['change']} changed,"
            f" {counts['skip']} the same, {counts['reject']} rejected."
            f" Look at import {run.pk} on the desk and run it there."
        )
