"""A running installation and the people at it, as tests see them."""

import json
import os
import sqlite3
import subprocess
import sys
import time
from contextlib import closing

import httpx

from tests.halcytone.test_up import ROOT

WIDE, NARROW = {"width": 1440, "height": 900}, {"width": 390, "height": 844}


class Press:
    """A running installation: where its parts answer, who is there, what its tables hold."""

    def __init__(self, up, world):
        self.home, self.port, self.shift = up.home, up.port, up.shift
        self.url = f"http://127.0.0.1:{up.port}"
        self.mailbox, self.platform, self.x, self.sources, self.slack = (
            f"http://127.0.0.1:{port + up.shift}" for port in (8025, 8002, 8003, 8006, 8008)
        )
        self.linkedin, self.meta = (f"http://127.0.0.1:{port + up.shift}" for port in (8004, 8005))
        self.password, self.changed_release = world["password"], world["changed_release"]
        self.letter = world["letter"]

    def rows(self, sql, *values):
        with closing(sqlite3.connect(self.home / "halcytone.sqlite3", timeout=20)) as database:
            return database.execute(sql, values).fetchall()

    def one(self, sql, *values):
        return self.rows(sql, *values)[0][0]

    def signed_in(self, name):
        """Return an HTTP client with the session of this person, as her browser would have it."""
        client = httpx.Client(base_url=self.url, follow_redirects=True, timeout=30)
        page = client.get("/accounts/login/")
        assert page.status_code == 200
        token = client.cookies["halcytone_csrf"]
        answer = client.post(
            "/accounts/login/",
            data={"login": name, "password": self.password, "csrfmiddlewaretoken": token},
        )
        assert answer.url.path == "/admin/", answer.text
        return client

    def post(self, client, path, **values):
        """Post a form past the page it stands on."""
        token = client.cookies["halcytone_csrf"]
        return client.post(path, data={"csrfmiddlewaretoken": token, **values})


def run_module(up, module, *words):
    """Run a module in a process of its own, in this installation; return what it printed last."""
    environment = {
        "HALCYTONE_HOME": str(up.home),
        "HALCYTONE_PORT": str(up.port),
        "SANDBOX_PORT_SHIFT": str(up.shift),
        "DJANGO_SETTINGS_MODULE": "halcytone.settings",
        "PATH": os.environ["PATH"],
        "LANG": "C.UTF-8",
    }
    command = [sys.executable, "-m", module, *words]
    made = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert made.returncode == 0, made.stderr
    return json.loads(made.stdout.splitlines()[-1])


def until(is_true, seconds, what):
    deadline = time.monotonic() + seconds
    while not (found := is_true()):
        assert time.monotonic() < deadline, f"{what} did not happen within {seconds} s"
        time.sleep(0.25)
    return found


class Person:
    """Somebody at her own browser; what goes wrong in it is kept."""

    def __init__(self, browser, press, name, **options):
        self.name, self.press, self.wrong, self.asked = name, press, [], []
        options = {"viewport": WIDE, "reduced_motion": "reduce", **options}
        self.context = browser.new_context(base_url=press.url, **options)
        self.context.set_default_timeout(15_000)
        self.page = self.context.new_page()
        self.page.on("pageerror", lambda error: self.wrong.append(str(error)))
        self.page.on("console", self._hear)
        self.context.on("requestfinished", lambda request: self.asked.append(request))

    def _hear(self, message):
        if message.type in ("error", "warning"):
            self.wrong.append(f"{self.page.url}: {message.text}")

    def sign_in(self):
        self.page.goto("/admin/")
        self.page.get_by_label("User name or e-mail").fill(self.name)
        self.page.get_by_label("Password").fill(self.press.password)
        self.page.get_by_role("button", name="Sign in").click()
        self.page.wait_for_url("**/admin/")
        return self
