"""A trial (`?dry_run=true`) runs the whole act and takes it back; what is done outside cannot be."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from halcytone.lib.errors import WrongState

_is_trial = ContextVar("is_trial", default=False)


@contextmanager
def trial() -> Iterator[None]:
    """Mark what runs inside as a trial."""
    mark = _is_trial.set(True)
    try:
        yield
    finally:
        _is_trial.reset(mark)


def refuse() -> None:
    """Raise WrongState in a trial. Called, after the rights, by acts that ask a place outside."""
    if _is_trial.get():
        message = "This asks a place outside, which cannot be undone: it cannot be tried."
        raise WrongState(message, code="cannot_be_tried")
