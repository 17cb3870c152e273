import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from halcytone.sandbox.options import HOST, TITLES, Options
from halcytone.supervisor import CannotStart, plan, readiness
from halcytone.supervisor import home as homes
from halcytone.supervisor.household import Household, until_stopped


class Command(BaseCommand):
    help = (
        "Run the embedded installation: broker, web, worker, beat and sandbox, until interrupted."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--demo", action="store_true", help="load the demo when the desk answers"
        )

    def handle(self, *args: Any, **given: Any) -> None:
        if not settings.EMBEDDED:
            raise CommandError(
                "`up` runs the embedded mode, but HALCYTONE_MODE is production: there, run the web"
                " server, workers and beat as services of the machine"
            )
        began, home = time.monotonic(), Path(settings.HALCYTONE_HOME)
        url = f"http://{HOST}:{settings.HALCYTONE_PORT}"
        sandbox = Options(settings.SANDBOX_PORTS, home / "sandbox", **settings.SANDBOX_OPTIONS)
        household = Household(home, settings.HALCYTONE_PORT, sandbox, self._tell)
        try:
            homes.prepare(home)
            with homes.only_one(home, url):
                readiness.check_ports(
                    plan.addresses(settings.HALCYTONE_PORT, settings.SANDBOX_PORTS)
                )
                with until_stopped(household):
                    household.start()
                    self._welcome(url, time.monotonic() - began)
                    if given["demo"]:
                        household.run_errand(plan.demo())
                    household.watch()
        except CannotStart as error:
            raise CommandError(str(error)) from error

    def _welcome(self, url: str, seconds: float) -> None:
        others = (f"{TITLES[n]} http://{HOST}:{p}/" for n, p in settings.SANDBOX_PORTS.items())
        self._tell(f"Halcytone runs at {url}/ (ready in {seconds:.1f} s); Ctrl-C stops it")
        self._tell(f"Sandbox: {', '.join(others)}; logs: {settings.HALCYTONE_HOME}/logs")

    def _tell(self, news: str) -> None:
        """Write one line; a reader that has gone away must not end the installation."""
        with suppress(OSError):
            self.stdout.write(f"{timezone.localtime():%H:%M:%S} {news}")
            self.stdout.flush()
