"""What an act writes down beside its work, held back and written at once when the act is done.

A service opens a gathering inside its transaction, `@transaction.atomic` above `@gathering()`; what it calls
joins it. So an act that has ten consequences costs as many statements as an act with one, and locks that
others wait for are taken last. An act that fails takes back what it gathered, and no more than that.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

Write = Callable[[Sequence[Any]], object]
_gathered: ContextVar[list[tuple[Write, Any]] | None] = ContextVar("gathered", default=None)


@contextmanager
def gathering() -> Iterator[None]:
    """Hold back what is kept until the outermost gathering ends, then write it, kind by kind."""
    outer = _gathered.get()
    if outer is not None:
        mark = len(outer)
        try:
            yield
        except BaseException:
            del outer[mark:]
            raise
        return
    rows: list[tuple[Write, Any]] = []
    token = _gathered.set(rows)
    try:
        yield
    finally:
        _gathered.reset(token)
    for write in dict.fromkeys(write for write, _ in rows):
        write([row for each, row in rows if each is write])


def keep(write: Write, row: Any) -> None:
    """Have a row written at the end of the gathering; at once when there is none."""
    rows = _gathered.get()
    if rows is None:
        write([row])
    else:
        rows.append((write, row))
