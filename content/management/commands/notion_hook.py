"""Wait for the verification token of a new webhook at Notion and print it, once."""

import time
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.urls import reverse

from content.services import hook_tokens

LOOK_S = 0.5


class Command(BaseCommand):
    help = (
        "Wait for the verification token that Notion posts when a webhook is made, and print it. It is "
        "not kept and not shown again."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--minutes", type=float, default=10, help="how long, at most 60")

    def handle(self, *args: Any, **options: Any) -> None:
        _require_shared_cache()
        wait_s = round(60 * min(60, max(0, options["minutes"]))) or 1
        hook_tokens.wait(wait_s)
        address = settings.PRESS_URL.rstrip("/") + reverse("notion-hook")
        self.stdout.write(f"Make the webhook at Notion now, to {address}. Waiting …")
        self.stdout.flush()
        try:
            token = self._token(time.monotonic() + wait_s)
        finally:
            hook_tokens.stop()
        if not token:
            raise CommandError(
                "No token came. Notion must be able to reach this address; then run it anew."
            )
        self.stdout.write(token)
        self.stdout.write(
            "Give it to Notion's form, and set it as NOTION_HOOK_SECRET: it signs every notice."
        )

    @staticmethod
    def _token(until: float) -> str:
        token = hook_tokens.shown()
        while not token and time.monotonic() < until:
            time.sleep(LOOK_S)
            token = hook_tokens.shown()
        return token


def _require_shared_cache() -> None:
    """Raise CommandError where the running installation would not see that somebody waits."""
    socket = settings.HALCYTONE_HOME / "valkey.sock"
    if not settings.REDIS_URL and socket.exists():
        raise CommandError(
            f"Say where the running installation is: REDIS_URL=unix://{socket} manage.py notion_hook"
        )
