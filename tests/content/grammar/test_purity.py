"""The grammar stays a pure package."""

import ast
from pathlib import Path

import content.grammar

ALLOWED = {"content", "halcytone", "markdown_it", "mdit_py_plugins", "rapidfuzz", "slugify"}
CLOCKS = {"now", "utcnow", "today"}


def modules():
    for path in Path(content.grammar.__file__).parent.glob("*.py"):
        yield path.name, ast.parse(path.read_text())


def test_it_imports_no_framework_network_or_other_app():
    import sys

    for name, tree in modules():
        for node in ast.walk(tree):
            names = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                names = [node.module]
            for imported in names:
                top = imported.split(".")[0]
                assert top in ALLOWED or top in sys.stdlib_module_names, (name, imported)
                if top == "content":
                    assert imported.startswith("content.grammar"), (name, imported)
                if top == "halcytone":
                    assert imported.startswith("halcytone.lib"), (name, imported)


def test_it_asks_no_clock():
    for name, tree in modules():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                assert node.func.attr not in CLOCKS, (name, node.lineno)
