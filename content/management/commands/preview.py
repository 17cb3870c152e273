"""See a document as it would go out, as files: `manage.py preview FILE --out DIR`."""

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any
from zoneinfo import available_timezones

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from content.formats.base import Format, Site
from content.preview import FILES, IMAGES, TYPES, Preview, Wish, parse_at, preview
from halcytone.lib import plugins

IMAGE_NAME = f"{'[0-9a-f]' * 64}.*"
MAX_BYTES = 10 * 1024 * 1024  # of a document; the parser says when there is more


class Command(BaseCommand):
    help = (
        "Reads a document and writes what it would look like everywhere: items, problems, "
        "newsletter, web page, X thread, LinkedIn and Facebook posts. Touches neither the database "
        "nor the network. Prints one line for each problem; exits with 1 if one blocks."
    )
    requires_system_checks: list[str] = []
    requires_migrations_checks = False

    def add_arguments(self, parser: ArgumentParser) -> None:
        zone = settings.DEFAULT_ZONE
        parser.add_argument("file", metavar="FILE", help=".md, .txt, .json, .html, .docx or .zip")
        parser.add_argument("--out", required=True, metavar="DIR", help="made if it is missing")
        parser.add_argument("--type", choices=TYPES, default="", help="default: by the items")
        parser.add_argument("--at", metavar="ISO", help=f"when it is read; default now, in {zone}")
        parser.add_argument("--zone", default=zone, help=f"of its times; default {zone}")

    def handle(self, *_args: Any, **options: Any) -> None:
        data = _read(options["file"])
        wish = Wish(at=_moment(options["at"]), zone=_zone(options["zone"]), type=options["type"])
        name = Path(options["file"]).name
        seen = preview(data, name, wish, Site(**settings.SITE), _formats())
        _write(Path(options["out"]), seen)
        for problem in seen.problems:
            self.stdout.write(problem.line_for(options["file"]))
        if seen.is_blocked:
            sys.exit(1)


def _read(file: str) -> bytes:
    try:
        with Path(file).open("rb") as stream:
            return stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise CommandError(f"{file} cannot be read: {error.strerror}.") from error


def _moment(text: str | None) -> Any:
    if text is None:
        return timezone.now()
    try:
        return parse_at(text, settings.DEFAULT_ZONE)
    except ValueError as error:
        raise CommandError(f"--at {text} is no time. Write 2026-12-01T10:00 or …Z.") from error


def _zone(name: str) -> str:
    if name not in available_timezones():
        raise CommandError(f"--zone {name} is no zone. Write one such as America/New_York.")
    return name


def _formats() -> dict[str, Format]:
    loaded = {
        name: plugins.load("FORMATS", name, Format)  # type: ignore[type-abstract]
        for name in settings.FORMATS
    }
    return {name: form for name, form in loaded.items() if not form.is_by_wish}


def _write(folder: Path, seen: Preview) -> None:
    """Write the files; those of an earlier run that were not made again are removed."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        older = [*FILES, *(f"{IMAGES}/{path.name}" for path in (folder / IMAGES).glob(IMAGE_NAME))]
        for name in older:
            if name not in seen.files:
                (folder / name).unlink(missing_ok=True)
        for name, body in seen.files.items():
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).write_bytes(body)
    except OSError as error:
        raise CommandError(f"{folder} cannot be written: {error.strerror}.") from error
