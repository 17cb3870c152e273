"""The API's list of 20 drafts and one draft, against a plain Django view of the same rows, over HTTP.

Both are served by gunicorn in the same way and asked by one client on a kept connection, in turns. The
plain view has no middleware, no sign-in, no limits and no serializer.
"""

import http.client
import os
import socket
import subprocess
import sys
import time
from contextlib import closing, contextmanager

from halcytone.access import services
from tests.bench.table import Row
from tests.factories.content import DraftFactory, RevisionFactory
from tests.factories.people import PersonFactory

DRAFTS, TURNS, AIM = 20, 40, 0.5
SECONDS = float(os.environ.get("BENCH_SECONDS", "1"))
TURN = 0.1  # of that: short turns, so that somebody else's load meets both or neither


def run():
    editor = PersonFactory(group="editor")
    _, key = services.create_key(editor, by=None, name="bench")
    drafts = [
        DraftFactory(author=editor, revisions=[RevisionFactory(), RevisionFactory()])
        for _ in range(DRAFTS)
    ]
    one = f"/{drafts[0].pk}"
    with _served() as ours, _served(BENCH_PLAIN="1") as plain:
        api = {"Authorization": f"Api-Key {key}"}
        lists = _rates((ours, "/api/v1/drafts?limit=20", api), (plain, "/drafts", {}))
        details = _rates((ours, f"/api/v1/drafts{one}", api), (plain, f"/drafts{one}", {}))
    return [
        _row(f"API list of {DRAFTS} drafts", *lists, AIM),
        _row("API detail of a draft", *details, None),
    ]


def _row(work, ours, plain, aim):
    absolute = f"{ours:,.0f} against {plain:,.0f} requests a second"
    return Row(work, "a plain Django view, same rows", ours / plain, aim, absolute)


@contextmanager
def _served(**environment):
    """Yield the port of a gunicorn of one worker."""
    with closing(socket.create_server(("127.0.0.1", 0))) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "gunicorn", "halcytone.wsgi:application", "--log-level", "error",
               "--worker-class", "gthread", "--threads", "4", "--no-control-socket",
               "--bind", f"127.0.0.1:{port}"]  # fmt: skip
    server = subprocess.Popen(command, env=os.environ | environment)
    try:
        _await(port)
        yield port
    finally:
        server.terminate()
        server.wait(timeout=30)


def _await(port):
    for _ in range(300):
        with closing(socket.socket()) as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise RuntimeError("gunicorn did not start")


def _rates(*targets):
    """Return the best requests a second of each target."""
    lines = [http.client.HTTPConnection("127.0.0.1", port, timeout=30) for port, _, _ in targets]
    best = [0.0] * len(targets)
    for _ in range(TURNS):
        for place, (_, path, headers) in enumerate(targets):
            best[place] = max(best[place], _rate(lines[place], path, headers))
    return best


def _rate(line, path, headers):
    count, begun = 0, time.perf_counter()
    while (spent := time.perf_counter() - begun) < SECONDS * TURN:
        line.request("GET", path, headers=headers)
        answer = line.getresponse()
        body = answer.read()
        if answer.status != 200:
            raise RuntimeError(f"{path} answered {answer.status}: {body[:200]!r}")
        count += 1
    return count / spent
