"""Imports point one way: publishing → approvals → content → segmentation; lib is a leaf."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
MAY_IMPORT = {
    "publishing": {"approvals", "content", "segmentation"},
    "approvals": {"content", "segmentation"},
    "content": {"segmentation"},
    "segmentation": set(),
}


def imports(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom):
            yield node.module or ""
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


@pytest.mark.parametrize("app", MAY_IMPORT)
def test_an_app_imports_only_what_lies_below_it(app):
    barred = MAY_IMPORT.keys() - MAY_IMPORT[app] - {app}
    for path in (ROOT / app).rglob("*.py"):
        for name in imports(path):
            assert name.split(".")[0] not in barred, f"{path} imports {name}"
            assert not name.startswith("halcytone") or name.startswith("halcytone.lib"), path


def test_the_shared_library_imports_no_app():
    for path in (ROOT / "halcytone" / "lib").rglob("*.py"):
        for name in imports(path):
            assert name.split(".")[0] not in MAY_IMPORT, f"{path} imports {name}"
