"""The embedded mode: one process that starts broker, web, worker, beat and sandbox, and ends them.

Everything listens on loopback or on a private socket; `docs/embedded.md` tells the whole story.
"""


class CannotStart(Exception):
    """The installation cannot start here. The text says why and what to do."""
