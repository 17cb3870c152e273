"""What an account must be: every broken rule is named at its field, and no secret is repeated."""

import pytest

from publishing import account_rules
from publishing.account_rules import looks_like_a_secret
from publishing.channels.base import AccountFace
from publishing.channels.platform import Platform
from publishing.channels.smtp import Smtp
from publishing.channels.x import X

MAIL = {
    "key": "news",
    "channel": "smtp",
    "name": "News",
    "format": "newsletter",
    "endpoint": "smtp+starttls://mail.halcytone.example:587",
    "from_email": "Halcytone <news@halcytone.example>",
    "reply_to": "desk@halcytone.example",
    "profile_id": "",
    "credential": "mail_password",
    "can_read_back": False,
    "is_default": True,
    "is_enabled": True,
}
PAGE = MAIL | {
    "channel": "platform", "format": "web", "endpoint": "https://platform.halcytone.example",
    "from_email": "", "reply_to": "", "credential": "platform_key",
}  # fmt: skip
SECRET = "a-secret-of-sixteen-chars"


def found(values, channel=Smtp):
    problems = account_rules.problems(values, channel(AccountFace("news", "")), secrets=[SECRET])
    return [(problem.attr, problem.code) for problem in problems]


def test_good_accounts_have_no_problem():
    assert found(MAIL) == []
    assert found(PAGE, Platform) == []


@pytest.mark.parametrize(
    ("changes", "attr", "code"),
    [
        ({"key": "two words"}, "key", "wrong_value"),
        ({"key": ""}, "key", "wrong_value"),
        ({"name": " "}, "name", "wrong_value"),
        ({"name": "n" * 101}, "name", "too_long"),
        ({"format": "web"}, "format", "wrong_format"),
        ({"endpoint": ""}, "endpoint", "wrong_value"),
        ({"endpoint": "mail.halcytone.example:587"}, "endpoint", "wrong_value"),
        ({"endpoint": "smtps://mail.halcytone.example:99999"}, "endpoint", "wrong_value"),
        ({"endpoint": "smtps://mail halcytone.example"}, "endpoint", "wrong_value"),
        ({"endpoint": "https://mail.halcytone.example"}, "endpoint", "wrong_scheme"),
        ({"endpoint": "file:///etc/passwd"}, "endpoint", "wrong_value"),
        ({"endpoint": "smtps://ana:word@mail.halcytone.example"}, "endpoint", "secret_shown"),
        ({"endpoint": "smtps://mail.halcytone.example/?key=word"}, "endpoint", "secret_shown"),
        ({"endpoint": "smtp://mail.halcytone.example"}, "endpoint", "wrong_scheme"),
        ({"from_email": ""}, "from_email", "bad_email"),
        ({"from_email": "news"}, "from_email", "bad_email"),
        ({"from_email": "a@b.example\r\nBcc: c@d.example"}, "from_email", "bad_email"),
        ({"reply_to": "nobody"}, "reply_to", "bad_email"),
        ({"credential": "AKIAIOSFODNN7EXAMPLE"}, "credential", "secret_shown"),
        ({"credential": SECRET}, "credential", "secret_shown"),
        ({"profile_id": SECRET}, "profile_id", "secret_shown"),
        ({"is_enabled": False}, "is_default", "contradiction"),
    ],
)
def test_a_broken_rule_is_named_at_its_field(changes, attr, code):
    assert found(MAIL | changes) == [(attr, code)]


def test_mail_in_the_clear_is_fine_where_nobody_signs_in_or_nothing_leaves_the_machine():
    assert found(MAIL | {"endpoint": "smtp://mail.halcytone.example", "credential": ""}) == []
    assert found(MAIL | {"endpoint": "smtp://127.0.0.1:8025"}) == []


@pytest.mark.parametrize("channel", [Platform, X])
@pytest.mark.parametrize(
    ("endpoint", "is_good"),
    [
        ("https://api.halcytone.example/v2", True),
        ("http://127.0.0.1:8002", True),
        ("http://localhost:8002", True),
        ("http://[::1]:8002", True),
        ("http://api.halcytone.example", False),
        ("http://127.0.0.1.halcytone.example", False),
        ("ftp://api.halcytone.example", False),
    ],
)
def test_plain_http_is_for_this_machine_alone(channel, endpoint, is_good):
    values = PAGE | {"format": channel.formats[0], "endpoint": endpoint}
    assert (found(values, channel) == []) is is_good


def test_no_message_repeats_what_may_be_a_secret():
    values = MAIL | {"credential": "ghp_abcdefghijklmnopqrstuvwxyz0123456789", "endpoint": "smtps://a:b9x@m.example"}  # fmt: skip
    problems = account_rules.problems(values, Smtp(AccountFace("news", "")), secrets=[SECRET])
    said = " ".join(problem.message for problem in problems)
    assert len(problems) == 2
    assert "ghp_abc" not in said
    assert "b9x" not in said


@pytest.mark.parametrize("name", ["x_token", "mail", "platform_key", "linkedin_access_token", "x2"])
def test_a_name_is_not_taken_for_a_secret(name):
    assert not looks_like_a_secret(name)


@pytest.mark.parametrize(
    "text",
    [
        "Tr0ub4dor", "sk_live_abc", "xoxb-1-2", "hunter 2", "a1b2c3d4e5f6a7b8c9d0", "1token",
        "abcdefghijklmnopqrstuvwxyzabcdef", "x_9f86d081884c7d659a2feaa0c55ad015",
    ],
)  # fmt: skip
def test_what_may_be_a_secret_is_refused(text):
    assert looks_like_a_secret(text)
