"""Processes of the benches: started, made ready, let go together, and heard."""

import subprocess
import sys
import time
from contextlib import contextmanager


def start(module, *arguments, **options):
    """Start `python -m module`, with its input and output as pipes of text."""
    command = [sys.executable, "-m", module, *map(str, arguments)]
    return subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, **options
    )


@contextmanager
def running(module, *arguments, **options):
    """Run a process that prints one line when it is ready; yields that line. Ends it by its input."""
    process = start(module, *arguments, **options)
    try:
        yield process.stdout.readline().strip()
    finally:
        process.stdin.close()
        process.wait(timeout=20)


def seconds_together(module, *arguments, count):
    """Return how long `count` processes take from "go" to the last one's end.

    Each prints a line when it is ready, waits for a line, and then does its work.
    """
    processes = [start(module, *arguments, number) for number in range(count)]
    for process in processes:
        process.stdout.readline()
    begun = time.perf_counter()
    for process in processes:
        process.stdin.write("go\n")
        process.stdin.flush()
    for process in processes:
        if process.wait():
            raise RuntimeError(f"{module} {arguments} failed")
    return time.perf_counter() - begun
