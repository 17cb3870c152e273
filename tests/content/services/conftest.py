from types import SimpleNamespace

import pytest

from content.signals import document_read, draft_changed, rendition_changed
from content.sources.base import Source
from content.sources.memory import Memory
from tests.factories import PersonFactory

WEEK = """\
<!-- published: true -->
# Halcytone Content – December 2026

## [Breathscape] What changed in the app

<!-- weekly: true -->
<!-- featured: true -->
### Practise without a connection
- **Date:** 2026-11-26
- **Content:** Every guided session can now be saved to the phone, with its soundtrack.

### Breath pacing follows your watch
- **Date:** 2026-11-24
- **Content:** The pacing ring slows down when the watch says that you are still settling.

### A calmer start screen
- **Date:** 2026-11-20
- **Content:** The start screen now shows one session, the one you are most likely to want.

## [Hardware] From the workshop

### The second board passed its drop test
- **Date:** 2026-11-25
- **Content:** Twelve boards fell onto concrete, six times each, and all of them still measured.

## [Tips] Small habits

### Two minutes before a meeting
- **Date:** 2026-11-23
- **Content:** Sit, let your shoulders drop, breathe in for four counts and out for six.

## [Vision] Why we do this

### Breathing is for everyone
- **Date:** 2026-11-22
- **Content:** We build tools that work on a borrowed phone as well as on a new watch.
"""
TITLES = [line[4:] for line in WEEK.splitlines() if line.startswith("### ")]


class Shared(Source):
    """The memory twin behind a door that the settings can name."""

    memory = Memory()

    def fetch(self, ref, known):
        return self.memory.fetch(ref, known)

    def changed(self, since):
        return self.memory.changed(since)


@pytest.fixture
def source(settings):
    """A source whose texts the test puts there; inline and linked documents read from it."""
    Shared.memory = Memory()
    settings.SOURCES = {
        **settings.SOURCES,
        "inline": {"BACKEND": "tests.content.services.conftest.Shared"},
        "google_docs": {"BACKEND": "tests.content.services.conftest.Shared"},
    }
    return Shared.memory


@pytest.fixture
def cast(db):
    """The people of these tests, one of each group that matters here."""
    groups = ("editor", "contributor", "senior_editor", "social_manager", "seo", "viewer")
    return SimpleNamespace(
        **{group: PersonFactory(group=group) for group in groups},
        author=PersonFactory(group="editor"),
        outsider=PersonFactory(),
    )


@pytest.fixture
def heard():
    """What the app announced, in order, as (signal's name, what it carried)."""
    told = []
    receivers = []
    for name, signal in {
        "document_read": document_read,
        "draft_changed": draft_changed,
        "rendition_changed": rendition_changed,
    }.items():

        def receiver(sender, signal, name=name, **carried):
            told.append((name, carried))

        receivers.append((signal, receiver))
        signal.connect(receiver)
    yield told
    for signal, receiver in receivers:
        signal.disconnect(receiver)
