"""Read the mailbox that bounces, complaints and answers come back to."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from halcytone.lib.errors import HalcytoneError
from publishing.services import inbound, mailboxes


class Command(BaseCommand):
    help = "Read bounces, complaints and answers from a file, or from the mailbox of MAILBOX_URL."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--file", type=Path, help="an mbox file, or one mail")

    def handle(self, *_: Any, file: Path | None, **__: Any) -> None:
        if file is None and not settings.MAILBOX_URL:
            raise CommandError("Give --file, or set MAILBOX_URL to imaps://name:password@host.")
        try:
            new = mailboxes.read_file(file) if file else mailboxes.read_imap(settings.MAILBOX_URL)
        except OSError as error:
            raise CommandError(f"{file} cannot be read: {error.strerror}.") from error
        except HalcytoneError as error:
            raise CommandError(str(error)) from error
        done = inbound.process(timezone.now())
        self.stdout.write(f"{new} new, {done} dealt with")
