"""Asking again when another system could not answer: a few times, a little later each time."""

import time
from collections.abc import Callable
from typing import TypeVar

from halcytone.lib.errors import Unavailable

T = TypeVar("T")
ATTEMPTS, FIRST_WAIT_S, FACTOR, MAX_WAIT_S = 3, 1.0, 2, 60.0  # living-documents specification §2
#: What this installation itself has closed; waiting does not open it.
_OURS = frozenset({"outbound_off", "outbound_closed", "no_stand_in"})


def patiently(
    ask: Callable[[], T],
    *,
    attempts: int = ATTEMPTS,
    first_wait_s: float = FIRST_WAIT_S,
    most_wait_s: float = MAX_WAIT_S,
) -> T:
    """Return what `ask` returns, asking at most `attempts` times while it is Unavailable.

    `ask` must do no harm when it is repeated. What the other side asks to wait (`retry_after_s`) wins
    over our own pace; more than `most_wait_s` of it is left to the caller, who gets the error at once.
    """
    wait_s = first_wait_s
    for left in range(attempts - 1, -1, -1):
        try:
            return ask()
        except Unavailable as error:
            asked_s = error.retry_after_s
            if not left or error.code in _OURS or (asked_s or 0) > most_wait_s:
                raise
            time.sleep(wait_s if asked_s is None else asked_s)
            wait_s = min(wait_s * FACTOR, MAX_WAIT_S)
    raise AssertionError("unreachable")
