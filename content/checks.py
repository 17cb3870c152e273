"""Settings of this app that stop `manage.py check` when they are wrong."""

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error
from django.utils.module_loading import import_string

from content.formats.base import Format
from content.sources.base import Source
from halcytone.lib import plugins


def check_sources(**_kwargs: Any) -> list[CheckMessage]:
    """Build every source (content.E001); each must be a kind of document (content.E003)."""
    from content.models import Document

    return [
        *_renumbered(plugins.check("SOURCES", Source), "content.E001"),
        *_unknown("SOURCES", Document.Kind.values, "content.E003"),
    ]


def check_formats(**_kwargs: Any) -> list[CheckMessage]:
    """Build every format (content.E002); each must be a known format's name (content.E004)."""
    from content.models import FormatName

    return [
        *_renumbered(plugins.check("FORMATS", Format), "content.E002"),
        *_unknown("FORMATS", FormatName.values, "content.E004"),
    ]


def check_standings(**_kwargs: Any) -> list[CheckMessage]:
    """RENDITION_STANDINGS and REVISION_CHANNELS must each name a function (content.E005)."""
    found: list[CheckMessage] = []
    for setting in ("RENDITION_STANDINGS", "REVISION_CHANNELS"):
        try:
            import_string(getattr(settings, setting))
        except ImportError as error:
            hint = "Name a function as “publishing.standings.of”."
            text = f"{setting} cannot be imported: {error}"
            found.append(Error(text, hint=hint, id="content.E005"))
    return found


def _renumbered(messages: Iterable[CheckMessage], number: str) -> list[CheckMessage]:
    return [Error(message.msg, hint=message.hint, id=number) for message in messages]


def _unknown(setting: str, known: Iterable[str], number: str) -> list[CheckMessage]:
    names = sorted(known)
    return [
        Error(f"{setting} has no use for {name!r}", hint=f"Known: {', '.join(names)}.", id=number)
        for name in getattr(settings, setting)
        if name not in names
    ]
