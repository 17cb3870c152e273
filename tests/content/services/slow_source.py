"""A source that takes its time, so that two readers meet."""

import time
from pathlib import Path

from content.sources.base import Source
from content.sources.given import Given


class Slow(Source):
    """Says that it is being asked by making a file, and answers when another one is there."""

    def __init__(self, folder):
        self.folder = Path(folder)

    def fetch(self, ref, known):
        (self.folder / "asked").touch()
        until = time.monotonic() + 60
        while not (self.folder / "answer").exists() and time.monotonic() < until:
            time.sleep(0.02)
        return Given().fetch(ref, known)
