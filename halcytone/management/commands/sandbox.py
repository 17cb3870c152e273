import asyncio
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from halcytone.sandbox.gate import World
from halcytone.sandbox.options import PORTS, TITLES, Options, PortTaken, shifted
from halcytone.sandbox.server import serve


class Command(BaseCommand):
    help = "Run the stand-in servers (mail, CRM, Platform, networks, sources) on loopback until interrupted."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--ports-shift", type=int, default=settings.SANDBOX_PORT_SHIFT)
        parser.add_argument("--state", type=Path, help="directory that outlives a restart")
        parser.add_argument("--only", default=",".join(PORTS), help="smtp, platform, x, sources")

    def handle(self, *args: Any, **given: Any) -> None:
        names = tuple(name.strip() for name in given["only"].split(","))
        if unknown := set(names) - set(PORTS):
            raise CommandError(f"--only knows {', '.join(PORTS)}, not {', '.join(unknown)}")
        ports = shifted(names, by=given["ports_shift"])
        options = Options(ports, given["state"], **settings.SANDBOX_OPTIONS)
        try:
            asyncio.run(self._serve(options))
        except PortTaken as error:
            raise CommandError(str(error)) from error

    async def _serve(self, options: Options) -> None:
        await serve(options, self._tell, asyncio.Event())

    def _tell(self, world: World) -> None:
        for name in world.ports:
            self.stdout.write(f"{TITLES[name]}: {world.url(name)}/")
        self.stdout.flush()
