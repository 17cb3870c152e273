"""No code path but the sender's reaches a channel."""

import ast
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
APPS = ("halcytone", "content", "approvals", "publishing", "segmentation")
SENDER, LINES = "publishing/services/sender.py", "publishing/services/lines.py"
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


def test_only_the_lines_of_the_sender_open_a_session_or_read_back():
    found = {
        name for name, tree in outside_of_channels() for func in calls(tree) if func.attr in OPENS
    }
    assert found == {LINES}


#: Signs in and asks how an account stands; opens no session, which the test above holds.
CONNECTIONS = "publishing/services/connections.py"
#: Reads who takes the newsletter at a CRM, at a person's command.
SUBSCRIBERS = "publishing/services/subscribers.py"


def test_only_the_sender_asks_for_a_channel_that_can_send():
    found = {
        name
        for name, tree in outside_of_channels()
        for func in calls(tree)
        if func.attr == "channel" and ast.unparse(func.value).endswith("accounts")
    }
    assert found == {SENDER, CONNECTIONS, SUBSCRIBERS}


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
    #: To people of the house: owners of documents, and whoever is told something.
    own = {"content/services/notices.py", "halcytone/lib/notices/channels.py"}
    reads = {"publishing/hooks/services.py"}  # what mail services tell; it sends nothing
    assert users <= {"halcytone/lib/mail.py", "halcytone/sandbox/smtp.py"} | own | reads


#: What channels are spoken to in: values, and no way out. What goes by hand goes nowhere by itself.
WORDS = tuple(
    f"publishing.channels.{name}" for name in ("base", "passport", "quotas", "tokens", "task")
)


def test_nobody_but_accounts_imports_a_channel_of_the_outside():
    users = {
        name
        for name, tree in outside_of_channels()
        for module in imports(tree)
        if module.startswith("publishing.channels")
        and not module.startswith(WORDS)
        and module != "publishing.channels"
    }
    assert users == set()
