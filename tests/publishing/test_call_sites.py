"""No code path but the sender's reaches a channel."""

import ast
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
APPS = ("halcytone", "content", "approvals", "publishing", "segmentation")
SENDER = "publishing/services/sender.py"
OPENS = ("session", "read_back")  # what a channel has that reaches outside
TRANSPORTS = ("halcytone.lib.mail", "smtplib", "django.core.mail", "anymail")
MAY_BUILD = {SENDER, "publishing/accounts.py"}


def sources():
    for app in APPS:
        for path in (ROOT / app).rglob("*.py"):
            yield path.relative_to(ROOT).as_posix(), ast.parse(path.read_text())


def calls(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            yield node.func


def imports(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def outside_of_channels():
    for name, tree in sources():
        if not name.startswith("publishing/channels/"):
            yield name, tree


def test_only_the_sender_opens_a_session_or_reads_back():
    found = {
        name for name, tree in outside_of_channels() for func in calls(tree) if func.attr in OPENS
    }
    assert found == {SENDER}


def test_only_the_sender_asks_for_a_channel_that_can_send():
    found = {
        name
        for name, tree in outside_of_channels()
        for func in calls(tree)
        if func.attr == "channel" and ast.unparse(func.value).endswith("accounts")
    }
    assert found == {SENDER}


def test_only_accounts_builds_channels():
    builds = {
        name
        for name, tree in outside_of_channels()
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and node.value == "CHANNELS"
    }
    assert builds == {"publishing/accounts.py", "publishing/checks.py"}


def test_only_channels_use_the_transports_of_mail():
    users = {
        name
        for name, tree in outside_of_channels()
        for module in imports(tree)
        if module.startswith(TRANSPORTS)
    }
    assert users <= {"halcytone/lib/mail.py", "halcytone/sandbox/smtp.py"}


def test_nobody_but_accounts_imports_a_channel_of_the_outside():
    users = {
        name
        for name, tree in outside_of_channels()
        for module in imports(tree)
        if module.startswith("publishing.channels")
        and not module.startswith("publishing.channels.base")
        and module != "publishing.channels"
    }
    assert users == set()
