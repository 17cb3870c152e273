"""A child that ends with its parent, however the parent ends (Linux's PR_SET_PDEATHSIG).

Where the system lacks it, children end when they are told to, and outlive a parent that is killed.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def end_with(parent: int) -> None:
    """Have this process killed when `parent`, which must have forked it, is gone."""
    if _libc is None:
        return
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it went between the fork and the line above
        os._exit(1)
