"""Notion as the stand-in plays it: what people do there, and what was asked of it."""

from datetime import UTC, datetime, timedelta

import httpx

from content import grammar
from content.sources.base import Known, Ref
from content.sources.notion import Notion
from content.sources.notion_api import Pace
from tests.content.sources.notion_forms import block

PAGE = "0a1b2c3d-0000-4000-8000-00000000000a"
BASE = "0a1b2c3d-0000-4000-8000-00000000000b"
KEY = "ntn_a-key-that-is-long-enough"
NOW = datetime(2026, 12, 1, 15, tzinfo=UTC)
AT_ONCE = Pace(between_s=0, first_wait_s=0.01)
LONG_AGO = datetime(2026, 3, 1, tzinfo=UTC)


def minute(number):
    """Return the moment that many minutes after one long ago, as Notion writes it."""
    at = LONG_AGO + timedelta(minutes=number)
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Outside:
    """What the people at Notion do, and what was asked there since."""

    def __init__(self, sandbox):
        self.sandbox, self.minutes = sandbox, 0

    def source(self, version="", **rest):
        return Notion(KEY, version, pace=rest.get("pace", AT_ONCE))

    def put(self, id, **given):
        return self.sandbox.ask("sources", "PUT", f"/_sandbox/notion/{id}", given)

    def page(self, *blocks, **rest):
        """Put a page; each one was edited a minute after the one before, long ago."""
        self.minutes += 1
        given = {"title": "A page", "last_edited_time": minute(self.minutes), "children": blocks}
        self.put(PAGE, **given | rest)
        return Ref(PAGE)

    def base(self, *rows, **rest):
        self.put(BASE, object="database", title="Letters", rows=rows, **rest)
        return Ref(BASE)

    def image(self, data):
        answer = httpx.post(f"{self.sandbox.url('sources')}/_sandbox/images", content=data)
        return answer.json()["id"]

    def asked(self, path=""):
        return self.sandbox.requests("sources", path=path)

    def forget_calls(self):
        self.sandbox.ask("sources", "DELETE", "/_sandbox/requests")

    def fault(self, kind, **order):
        return self.sandbox.fault("sources", kind, **order)


def row(number, *children, edited=None, **columns):
    """Return a row with a title of its own, edited in a minute of its own, long ago."""
    properties = {"Name": f"Letter {number}", "Category": "Tips", "Date": "2026-11-20", **columns}
    return {
        "id": f"0a1b2c3d-0000-4000-8000-{number:012d}",
        "properties": properties,
        "created_time": minute(10_000 - number),
        "last_edited_time": edited or minute(number),
        "children": children or [block("paragraph", f"The body of letter {number}, as written.")],
    }


def items(fetched):
    return grammar.parse(fetched.text.markdown, at=NOW).items


def known_of(fetched, pictures=None):
    return Known(fetched.version, lambda: fetched.data, pictures or {})
