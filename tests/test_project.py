"""The shape of the project: checks, migrations, variables, sizes."""

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import call_command

ROOT = Path(__file__).parent.parent
APPS = ("halcytone", "content", "approvals", "publishing", "segmentation")
PRODUCTION = {
    "HALCYTONE_MODE": "production",
    "SECRET_KEY": "a" * 30 + "Zq7!" * 10,
    "ALLOWED_HOSTS": "press.halcytone.example",
    "SITE_URL": "https://halcytone.example",
    "PRESS_URL": "https://press.halcytone.example",
    "SITE_POSTAL_ADDRESS": "Halcytone, 1 Example Street",
    "REDIS_URL": "redis://127.0.0.1:6379/14",
    "DATABASE_URL": "postgres://root@127.0.0.1:5432/test",
    "OUTBOUND": "live",
}


def sources():
    for app in APPS:
        for path in (ROOT / app).rglob("*.py"):
            if "migrations" not in path.parts:
                yield path


def manage(*arguments, **environment):
    clean = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/")}
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env=clean | environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_system_checks_pass():
    call_command("check", fail_level="WARNING")


def test_the_deployment_check_passes_with_production_settings():
    done = manage("check", "--deploy", "--fail-level", "WARNING", **PRODUCTION)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"SECRET_KEY": ""}, "SECRET_KEY"),
        ({"OUTBOUND": "maybe"}, "OUTBOUND"),
        ({"DRY_RUN_MODE": "true"}, "DRY_RUN_MODE"),
        ({"HALCYTONE_MODE": "embedded"}, "OUTBOUND"),
        ({"REDIS_URL": ""}, "REDIS_URL"),
        ({"ALLOWED_HOSTS": ""}, "ALLOWED_HOSTS"),
    ],
)
def test_a_wrong_variable_stops_start_up_and_is_named(change, named, tmp_path):
    environment = {**PRODUCTION, "HALCYTONE_HOME": str(tmp_path), **change}
    done = manage("check", "--deploy", "--fail-level", "WARNING", **environment)
    assert done.returncode != 0
    assert named in done.stderr


@pytest.mark.django_db
def test_no_migration_is_missing():
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


def test_every_variable_is_in_the_example_file():
    settings = (ROOT / "halcytone" / "settings.py").read_text()
    example = (ROOT / ".env.example").read_text()
    read = set(re.findall(r'env(?:\.\w+)?\(\s*"(\w+)"', settings))
    assert read - {"DRY_RUN_MODE"} == set(re.findall(r"^#?\s?([A-Z_]+)=", example, re.MULTILINE))


def test_every_lock_line_has_a_hash_and_no_host():
    for name in ("lock.txt", "dev-lock.txt"):
        text = (ROOT / "requirements" / name).read_text()
        assert "--hash=sha256:" in text
        assert "://" not in text


def test_no_file_is_over_400_lines():
    long = {str(path): len(path.read_text().splitlines()) for path in sources()}
    assert {path: lines for path, lines in long.items() if lines > 400} == {}


def test_no_function_is_over_40_lines():
    """Longer ones need a reason: "# long: …" in the function says it."""
    found = []
    for path in sources():
        text = path.read_text()
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                size = node.end_lineno - node.lineno + 1
                body = "\n".join(text.splitlines()[node.lineno - 1 : node.end_lineno])
                if size > 40 and "# long:" not in body:
                    found.append(f"{path.relative_to(ROOT)}:{node.lineno} {node.name} {size}")
    assert found == []
