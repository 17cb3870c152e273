"""The sink of the benches, with faults: `python -m tests.soak.sink FOLDER SEED` prints its port.

What becomes of a mail is drawn from the seed, its key and how often it came, so that a run can be repeated.
The key of every mail that is taken is written to a file in the folder, before the answer.
"""

import os
import sys
from collections import Counter
from hashlib import sha256
from pathlib import Path

from tests.bench import sink

MARK = b"X-Halcytone-Key: "
#: How many of 10,000 mails end so; the rest is taken and answered.
FAULTS = (("wait", 100), ("refuse", 30), ("drop", 10), ("take_and_drop", 10))
SAID = {"wait": b"451 later\r\n", "refuse": b"550 no\r\n", "take": b"250 taken\r\n"}


class Peer(sink.Peer):
    """A connection that fails as drawn; what it takes is written down."""

    seed, taken = "", None
    came = Counter()

    def _answer(self, seen):
        was_mail, mail = self.is_mail, self.buffer
        answer = super()._answer(seen)
        return self._drawn(mail) if was_mail and answer else answer

    def _drawn(self, mail):
        start = mail.index(MARK) + len(MARK)
        key = mail[start : start + 32].decode()
        self.came[key] += 1
        word = draw(f"{self.seed}:{key}:{self.came[key]}")
        if word in ("take", "take_and_drop"):
            self.taken.write(f"{key}\n")
            self.taken.flush()
        if word in SAID:
            return SAID[word]
        self.is_open = False
        self.connection.close()
        return b""


def draw(text):
    """Return one word of FAULTS, or "take", by the digest of a text."""
    number = int.from_bytes(sha256(text.encode()).digest()[:4]) % 10_000
    for word, share in FAULTS:
        if number < share:
            return word
        number -= share
    return "take"


def main():
    folder, seed = sys.argv[1:]
    sink.PROCESSES = 1  # one counts how often each mail came
    Peer.seed, serve = seed, sink.serve

    def kept(listener):
        Peer.taken = Path(folder, f"taken-{os.getpid()}").open("a", encoding="ascii")  # noqa: SIM115 - ends with us
        serve(listener)

    sink.Peer, sink.serve = Peer, kept
    sink.main()


if __name__ == "__main__":
    main()
