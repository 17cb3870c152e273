"""Plug-ins named in settings, in the shape Django uses for CACHES and STORAGES."""

from typing import Any, TypeVar

from django.conf import settings
from django.core.checks import CheckMessage, Error
from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string

T = TypeVar("T")


def load(setting: str, name: str, base: type[T], **given: Any) -> T:
    """Build the plug-in that `settings.<setting>[name]` describes.

    `given` is added to the OPTIONS of its entry. Raises ImproperlyConfigured or ImportError.
    """
    configured = getattr(settings, setting)
    if name not in configured:
        raise ImproperlyConfigured(f"{setting} has no entry {name!r}")
    entry = configured[name]
    cls = import_string(entry["BACKEND"])
    if not issubclass(cls, base):
        raise ImproperlyConfigured(f"{cls} is not a {base.__name__}")
    plugin: T = cls(**{**entry.get("OPTIONS", {}), **given})
    return plugin


def check(setting: str, base: type[object], **given: Any) -> list[CheckMessage]:
    """Build every entry once, so that a typo stops `manage.py check`, not a send."""
    errors: list[CheckMessage] = []
    for name in getattr(settings, setting):
        try:
            load(setting, name, base, **given)
        except (ImproperlyConfigured, ImportError, KeyError, TypeError) as error:
            errors.append(Error(f"{setting}[{name!r}]: {error}", id="halcytone.E001"))
    return errors
