"""A sandbox of one's own, in a process of its own: for tests, benchmarks and demos.

with run(state=directory) as sandbox:
    sandbox.fault("x", "accept_then_drop", match={"method": "POST"}, times=1)
    ...
    assert sandbox.mails(to="a@halcytone.example")["total"] == 1
"""

import http.client
import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from halcytone.sandbox.options import HOST, PORTS


@dataclass(frozen=True, slots=True)
class Running:
    """A sandbox that runs: its ports, and the questions a test asks it."""

    ports: Mapping[str, int]
    process: "subprocess.Popen[str]"

    def url(self, server: str) -> str:
        """Return `http://127.0.0.1:PORT`; for "smtp" that is the mailbox page."""
        return f"http://{HOST}:{self.ports[server]}"

    def ask(self, server: str, method: str, path: str, data: Any = None) -> Any:
        """Make one JSON call and return the parsed answer. Raises ValueError for a 4xx or 5xx."""
        body = b"" if data is None else json.dumps(data).encode()
        for _ in range(5):
            try:
                status, text = self._call(server, method, path, body)
            except http.client.RemoteDisconnected:
                raise
            except http.client.BadStatusLine:  # greeted as an SMTP client, for being slow
                continue
            break
        else:
            raise ValueError(f"{method} {path}: the mailbox took this client for a mail client")
        if status >= 400:
            raise ValueError(f"{method} {path}: {status} {text}")
        return json.loads(text)

    def _call(self, server: str, method: str, path: str, body: bytes) -> tuple[int, str]:
        connection = http.client.HTTPConnection(HOST, self.ports[server], timeout=10)
        with closing(connection):
            connection.request(method, path, body, {"Content-Type": "application/json"})
            response = connection.getresponse()
            return response.status, response.read().decode()

    def requests(self, server: str, **query: Any) -> list[dict[str, Any]]:
        """Return what arrived, oldest first; the query is that of `GET /_sandbox/requests`."""
        path = f"/_sandbox/requests?{urlencode({'limit': 100_000} | query)}"
        return list(self.ask(server, "GET", path)["requests"])

    def mails(self, **query: Any) -> dict[str, Any]:
        """Return `{"total", "distinct_message_ids", "mails"}`, newest first (`to`, `q`, `limit` …)."""
        return dict(self.ask("smtp", "GET", f"/_sandbox/mailbox?{urlencode(query)}"))

    def mail(self, id: int) -> dict[str, Any]:
        """Return one mail with `headers`, `text` and `html`."""
        return dict(self.ask("smtp", "GET", f"/_sandbox/mailbox/{id}"))

    def posts(self) -> list[dict[str, Any]]:
        """Return X's last 100 posts in the order in which they were made."""
        found = self.ask("x", "GET", "/2/users/1990000000000000001/tweets?max_results=100")
        return list(reversed(found.get("data", [])))

    def fault(
        self,
        server: str,
        kind: str,
        *,
        match: Mapping[str, Any] | None = None,
        times: int | None = 1,
    ) -> dict[str, Any]:
        """Order a failure; `times` None means until `clear`."""
        order = {"kind": kind, "match": dict(match or {}), "times": times}
        return dict(self.ask(server, "POST", "/_sandbox/faults", order))

    def clear(self) -> None:
        """Forget everything: mails, pages, posts, calls, faults."""
        for server in self.ports:
            self.ask(server, "DELETE", "/_sandbox/faults")
            wiped = "/_sandbox/mailbox" if server == "smtp" else "/api/v1/test-data"
            self.ask(server, "DELETE", wiped)
            self.ask(server, "DELETE", "/_sandbox/requests")


@contextmanager
def run(
    *,
    ports: Mapping[str, int] | None = None,
    state: Path | None = None,
    delay_ms: int = 0,
    error_rate: float = 0.0,
    require_auth: bool = False,
) -> Iterator[Running]:
    """Run a sandbox while the block runs; without `ports`, all servers on free ones.

    Raises RuntimeError with the sandbox's own sentence when it does not start.
    """
    wanted = ports if ports is not None else dict.fromkeys(PORTS, 0)
    command = [sys.executable, "-m", "halcytone.sandbox", "--until-eof"]
    command += [f"--{name}={port}" for name, port in wanted.items()]
    command += [f"--state={state}"] if state else []
    command += [f"--delay-ms={delay_ms}", f"--error-rate={error_rate}"]
    command += ["--require-auth"] if require_auth else []
    root = Path(__file__).parents[2]
    pipe = subprocess.PIPE
    with subprocess.Popen(
        command, stdin=pipe, stdout=pipe, stderr=pipe, text=True, cwd=root
    ) as process:
        assert process.stdout is not None  # noqa: S101 - a pipe
        assert process.stderr is not None  # noqa: S101 - a pipe
        first = process.stdout.readline()
        if not first:
            raise RuntimeError(process.stderr.read().strip() or "the sandbox did not start")
        try:
            yield Running(json.loads(first), process)
        finally:
            process.terminate()
            process.wait(timeout=20)
