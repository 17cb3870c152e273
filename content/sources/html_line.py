"""The words of one block while they are gathered; blanks run together as a browser shows them."""

import re
from dataclasses import replace

from content.sources.tree import Run, Runs

_BLANKS = re.compile(r"[ \t\r\n\f]+")
PLAIN = Run()


class Line:
    def __init__(self) -> None:
        self.runs: list[Run] = []

    @property
    def is_empty(self) -> bool:
        return not self.runs

    @property
    def is_broken(self) -> bool:
        """Whether the last thing said is a line break."""
        return bool(self.runs) and self.runs[-1].text == "\n"

    def say(self, text: str, look: Run = PLAIN) -> None:
        """Add words as they stand in HTML, looking like `look`."""
        words = _BLANKS.sub(" ", text)
        if self._is_open_to_blanks():
            words = words.lstrip(" ")
        if words:
            # `replace` would take most of the time that a long page needs
            self.runs.append(Run(words, look.bold, look.italic, look.strike, look.code, look.link))

    def put(self, run: Run) -> None:
        """Add an image, a footnote's mark, or words whose blanks count."""
        self.runs.append(run)

    def break_off(self) -> None:
        self._trim()
        if self.runs:
            self.runs.append(Run("\n"))

    def taken(self) -> Runs:
        """Return the words without blanks round them, and begin anew."""
        self._trim()
        while self.runs and self.runs[-1].text == "\n":
            self.runs.pop()
            self._trim()
        runs, self.runs = self.runs, []
        return tuple(runs)

    def _is_open_to_blanks(self) -> bool:
        if not self.runs:
            return True
        last = self.runs[-1]
        return not (last.image or last.footnote) and last.text.endswith((" ", "\n"))

    def _trim(self) -> None:
        while self.runs and not (self.runs[-1].image or self.runs[-1].footnote):
            last = self.runs[-1]
            text = last.text.rstrip(" ")
            if text:
                self.runs[-1] = last if text == last.text else replace(last, text=text)
                return
            self.runs.pop()
