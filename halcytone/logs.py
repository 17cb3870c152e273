"""Logs: one JSON object a line on standard error, one event name and its ids; never a body or an address."""

import re
from typing import Any

import structlog
from structlog.typing import EventDict

#: What every line carries, whoever wrote it.
SHARED: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]

#: Whoever has the address of a review or stop link has the link; that of a tracked link names a reader.
_TOKENS = re.compile(r"(/(?:review|stop|r|o)/)[\w-]{16,}")
#: In queries: readers' tokens, what a sign-in comes back with, the secret of a hook, words that are looked for.
_VALUES = re.compile(r"([?&](?:u|code|state|hub\.verify_token|q)=)[^&\s\"']+")


def without_tokens(_logger: Any, _name: str, line: EventDict) -> EventDict:
    """Take tokens, secrets and words of queries out of whatever a line tells, Django's own lines included."""
    return {
        key: _VALUES.sub(r"\1…", _TOKENS.sub(r"\1…", value)) if isinstance(value, str) else value
        for key, value in line.items()
    }


def configure() -> None:
    """Let structlog write through the standard library, so that both end in the same form."""
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *SHARED,
            structlog.processors.format_exc_info,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )


def config(level: str) -> dict[str, Any]:
    """Return Django's LOGGING: JSON lines from this level on."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "json": {
                "()": structlog.stdlib.ProcessorFormatter,
                "processors": [
                    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    without_tokens,
                    structlog.processors.JSONRenderer(),
                ],
                "foreign_pre_chain": [*SHARED, structlog.processors.format_exc_info],
            }
        },
        "handlers": {"lines": {"class": "logging.StreamHandler", "formatter": "json"}},
        "root": {"handlers": ["lines"], "level": level},
        "loggers": {
            "django.server": {"handlers": ["lines"], "level": "WARNING", "propagate": False},
            "httpx": {"level": "WARNING"},
            "celery.app.trace": {"level": "WARNING"},
            "celery.worker.strategy": {"level": "WARNING"},
            # they tell of every page they find odd, and their words may be the page's
            "trafilatura": {"level": "CRITICAL"},
            "htmldate": {"level": "CRITICAL"},
        },
    }
