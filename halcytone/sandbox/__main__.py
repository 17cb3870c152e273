"""`python -m halcytone.sandbox`: the stand-ins without Django, for tests and other programs.

Prints one line of JSON, `{"smtp": port, …}`, when all ports answer; ends at SIGTERM and, with
`--until-eof`, when standard input is closed, so that it does not outlive who started it.
"""

import argparse
import asyncio
import json
import os
import sys
from pathlib import Path

from halcytone.sandbox.gate import World
from halcytone.sandbox.options import PORTS, Options, PortTaken
from halcytone.sandbox.server import serve


def main() -> int:
    options, until_eof = _options(sys.argv[1:])
    try:
        asyncio.run(_serve(options, until_eof=until_eof))
    except PortTaken as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def _options(arguments: list[str]) -> tuple[Options, bool]:
    parser = argparse.ArgumentParser(prog="python -m halcytone.sandbox")
    for name in PORTS:
        parser.add_argument(f"--{name}", type=int, metavar="PORT", help="0: any free one")
    parser.add_argument("--state", type=Path)
    parser.add_argument("--delay-ms", type=int, default=0)
    parser.add_argument("--error-rate", type=float, default=0.0)
    parser.add_argument("--require-auth", action="store_true")
    parser.add_argument("--until-eof", action="store_true")
    given = vars(parser.parse_args(arguments))
    until_eof = given.pop("until_eof")
    ports = {name: given.pop(name) for name in PORTS}
    return Options(ports={n: p for n, p in ports.items() if p is not None}, **given), until_eof


async def _serve(options: Options, *, until_eof: bool) -> None:
    until = asyncio.Event()
    if until_eof:
        asyncio.get_running_loop().add_reader(sys.stdin.fileno(), _read, until)
    await serve(options, _tell, until)


def _read(until: asyncio.Event) -> None:
    if not os.read(sys.stdin.fileno(), 1024):
        until.set()


def _tell(world: World) -> None:
    sys.stdout.write(json.dumps(world.ports) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
