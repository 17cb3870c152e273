"""The garbage collector of a process that goes through many rows."""

import gc

FIRST, SECOND, THIRD = 50_000, 20, 20  # objects, and rounds, until a generation is looked at


def settle() -> None:
    """Let the collector leave the program itself alone, and look at what is new less often.

    Rows come and go by the thousand without cycles; each full round walks over all modules for nothing.
    Called once, when everything is loaded.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(FIRST, SECOND, THIRD)
