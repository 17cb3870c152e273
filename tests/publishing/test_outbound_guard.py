"""With production settings and keys, OUTBOUND decides: in the sandbox nothing but loopback is asked for."""

import ast
import json
import os
import re
import subprocess
import sys

import pytest

from tests.test_project import PRODUCTION

pytestmark = pytest.mark.slow
LOOPBACK = re.compile(r"\('(127\.0\.0\.1|::1)', \d+(, 0, 0)?\)|'(127\.0\.0\.1|::1|localhost)'")
SECRETS = {
    "CREDENTIAL_MAIL_PASSWORD": "SG.not-a-real-key-of-a-mailer-0123456789",
    "CREDENTIAL_PLATFORM_KEY": "platform-not-a-real-key-0123456789",
    "CREDENTIAL_X_TOKEN": "bearer-not-a-real-token-0123456789",
}


def run(verb, sandbox, home, database, outbound="sandbox"):
    environment = {
        **{name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ},
        **PRODUCTION,
        **SECRETS,
        "DJANGO_SETTINGS_MODULE": "tests.publishing.guard_settings",
        "HALCYTONE_HOME": str(home),
        "DATABASE_URL": database,
        "REDIS_URL": "redis://127.0.0.1:1/0",
        "OUTBOUND": outbound,
        "ALLOW_DRY_PRODUCTION": "true",
        "GUARD_PORTS": json.dumps(dict(sandbox.ports)),
    }
    command = [sys.executable, "-m", "tests.publishing.guard_process", verb]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=200)
    assert done.returncode == 0, done.stderr[-3000:]
    assert not any(secret in done.stdout + done.stderr for secret in SECRETS.values())
    return json.loads(done.stdout.splitlines()[-1]), done.stderr


def check_only_loopback(sandbox, home, database):
    """Release to the stand-ins; nothing else may have been asked for, by name or by address."""
    said, _ = run("release", sandbox, home, database)
    assert said["has"] == ["mail_password", "platform_key", "x_token"]
    assert (said["status"], said["confirmed"]) == ("done", 13), said["note"]
    assert said["reached"] == []
    assert said["seen"]
    assert [each for each in said["seen"] if not LOOPBACK.fullmatch(each[1])] == []
    asked = {ast.literal_eval(each[1])[1] for each in said["seen"] if each[0] == "socket.connect"}
    channels = {sandbox.ports[server] for server in ("smtp", "platform", "x")}
    assert channels <= asked
    assert (sandbox.mails()["total"], len(sandbox.posts())) == (5, 7)


def check_nothing(sandbox, home, database):
    """With outbound off not even the stand-ins are asked."""
    said, _ = run("release", sandbox, home, database, outbound="off")
    assert (said["status"], said["confirmed"], said["reached"]) == ("planned", 0, [])
    assert "Outbound is off" in said["note"]
    assert said["seen"] == []
    assert not any(sandbox.requests(server) for server in sandbox.ports)


def test_in_the_sandbox_only_loopback_is_asked_for(sandbox, tmp_path):
    check_only_loopback(sandbox, tmp_path, f"sqlite:///{tmp_path}/press.sqlite3")


def test_with_outbound_off_nothing_is_asked_for(sandbox, tmp_path):
    check_nothing(sandbox, tmp_path, f"sqlite:///{tmp_path}/press.sqlite3")


@pytest.mark.postgres
def test_in_the_sandbox_only_loopback_is_asked_for_on_postgres(sandbox, tmp_path, postgres_url):
    check_only_loopback(sandbox, tmp_path, postgres_url)


@pytest.mark.postgres
def test_with_outbound_off_nothing_is_asked_for_on_postgres(sandbox, tmp_path, postgres_url):
    check_nothing(sandbox, tmp_path, postgres_url)


def test_a_byte_changed_after_approval_is_named_by_the_api_and_the_log(sandbox, tmp_path):
    said, log = run("tampered", sandbox, tmp_path, f"sqlite:///{tmp_path}/press.sqlite3")
    refusals = {part["format"]: part["refusal"] for part in said["release"]["parts"]}
    assert [name for name, refusal in refusals.items() if refusal] == ["x"]
    assert "Part e" in refusals["x"]
    assert said["books"]["refused"] == {"x": refusals["x"]}
    assert said["release"]["status"] == "incomplete"
    assert (sandbox.mails()["total"], sandbox.posts()) == (5, [])
    lines = [json.loads(line) for line in log.splitlines() if line.startswith("{")]
    (line,) = [line for line in lines if line["event"] == "seal_refused"]
    assert (line["level"], line["format"], line["why"]) == ("warning", "x", refusals["x"])
    assert str(line["release"]) == said["release"]["id"]
