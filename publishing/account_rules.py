"""What an account must be before anything may be sent through it. Pure: values in, problems out."""

import re
from collections.abc import Collection, Iterator, Mapping
from email.utils import parseaddr
from typing import Any
from urllib.parse import SplitResult, urlsplit

from halcytone.lib import canonical, outbound
from halcytone.lib.errors import Invalid, Problem
from publishing.channels.base import Channel
from segmentation import addresses

KEY = re.compile(r"[-a-zA-Z0-9_]{1,50}")
#: A credential is named as its variable CREDENTIAL_<NAME> is, in small letters.
CREDENTIAL_NAME = re.compile(r"[a-z][a-z0-9_]{0,59}")
#: Tokens are long runs of letters and digits mixed, or begin as their makers publish.
LONG_RUN = re.compile(r"(?=[a-z0-9]*[0-9])(?=[a-z0-9]*[a-z])[a-z0-9]{16,}|[a-z0-9]{28,}")
TOKEN_BEGINNINGS = (
    "sk_",
    "pk_",
    "rk_",
    "ghp_",
    "gho_",
    "xox",
    "akia",
    "glpat",
    "eyj",
    "ya29",
    "shpat_",
)
SHORTEST = 8  # characters; a shorter secret may stand in any word
IN_CLEAR = frozenset({"http", "smtp"})
TEXTS = {"key": 50, "name": 100, "endpoint": 300, "from_email": 254, "reply_to": 254,
         "profile_id": 100, "credential": 100}  # fmt: skip
Values = Mapping[str, Any]


def problems(values: Values, channel: Channel, *, secrets: Collection[str]) -> list[Problem]:
    """Return every broken rule, in the order of the form. `secrets` are the values that are kept elsewhere.

    No message repeats a value that may be a secret.
    """
    if leaks := list(_secrets_shown(values, secrets)):
        return leaks
    return [
        *_texts(values),
        *_format(values, channel),
        *_endpoint(values, channel),
        *_profile(values["profile_id"], channel),
        *(_sender(values) if channel.takes_recipients else ()),
        *_credential(values["credential"]),
        *_default(values),
    ]


def without_secrets(name: str, value: str, *, secrets: Collection[str]) -> str:
    """Return a field of an account as it may be sealed, shown and logged.

    The rules let no secret into an account; what got there past them is a digest, so that another
    one is still another value.
    """
    is_secret = (name == "credential" and value and looks_like_a_secret(value)) or any(
        len(secret) >= SHORTEST and secret in value for secret in secrets
    )
    if is_secret or re.search(r"//[^/]*@", value):
        return f"(not shown: {canonical.sha256(value)[:12]})"
    return value


def _secrets_shown(values: Values, secrets: Collection[str]) -> Iterator[Problem]:
    for name in TEXTS:
        if any(len(secret) >= SHORTEST and secret in str(values[name]) for secret in secrets):
            yield Problem(
                "secret_shown",
                "This holds a secret. Name it in the field “credential” instead.",
                name,
            )


def _texts(values: Values) -> Iterator[Problem]:
    for name, most in TEXTS.items():
        if len(values[name]) > most:
            yield Problem("too_long", f"It has at most {most} characters.", name)
    if not KEY.fullmatch(values["key"]):
        yield Problem("wrong_value", "A key has letters, digits, - and _, at most 50.", "key")
    if not values["name"].strip():
        yield Problem("wrong_value", "An account needs a name that people know it by.", "name")


def _format(values: Values, channel: Channel) -> Iterator[Problem]:
    if channel.formats and values["format"] not in channel.formats:
        can = ", ".join(channel.formats)
        message = f"The channel {values['channel']} publishes {can}, not “{values['format']}”."
        yield Problem("wrong_format", message, "format")


def _endpoint(values: Values, channel: Channel) -> Iterator[Problem]:
    if not channel.schemes:
        return
    url = _read(values["endpoint"])
    example = "smtp+starttls://mail.halcytone.example:587" if channel.takes_recipients else (
        "https://api.halcytone.example"
    )  # fmt: skip
    if url is None or not url.hostname:
        yield _wrong_endpoint("wrong_value", f"It is an address such as {example}.")
    elif url.username or url.password or url.query or url.fragment:
        text = "It has no name, password, query or # in it; the secret goes under “credential”."
        yield _wrong_endpoint("secret_shown", text)
    elif url.scheme not in (*channel.schemes, "http" if "https" in channel.schemes else ""):
        yield _wrong_endpoint("wrong_scheme", f"It begins with {_or(channel.schemes)}.")
    elif _travels_in_clear(url, values["credential"]):
        text = f"Beyond this machine nothing secret travels in the clear; write {example}."
        yield _wrong_endpoint("wrong_scheme", text)


def _profile(profile: str, channel: Channel) -> Iterator[Problem]:
    if channel.profiles and profile not in channel.profiles:
        known = ", ".join(channel.profiles)
        yield Problem("wrong_value", f"The profile is one of {known}.", "profile_id")


def _wrong_endpoint(code: str, message: str) -> Problem:
    return Problem(code, message, "endpoint")


def _read(endpoint: str) -> SplitResult | None:
    """Return the parts of a URL; None when it is none, or its port no port."""
    try:
        url = urlsplit(endpoint)
        return url if (url.port or 1) > 0 and not re.search(r"\s", endpoint) else None
    except ValueError:
        return None


def _travels_in_clear(url: SplitResult, credential: str) -> bool:
    """Plain http always carries a key or a token; plain SMTP only when it signs in."""
    is_here = url.hostname == "localhost" or outbound.is_loopback(url.hostname or "")
    return url.scheme in IN_CLEAR and not is_here and (url.scheme == "http" or bool(credential))


def _sender(values: Values) -> Iterator[Problem]:
    if not _is_address(values["from_email"]):
        text = "Mail needs the address it comes from: news@halcytone.example, or Name <news@…>."
        yield Problem("bad_email", text, "from_email")
    if values["reply_to"] and not _is_address(values["reply_to"]):
        yield Problem("bad_email", "This is not an address that mail can carry.", "reply_to")


def _is_address(text: str) -> bool:
    if re.search(r"[\x00-\x1f\x7f]", text):
        return False
    try:
        bare = addresses.spelled(parseaddr(text)[1])
    except Invalid:
        return False
    return bare.rpartition("@")[0].isascii()


def _credential(name: str) -> Iterator[Problem]:
    if name and looks_like_a_secret(name):
        text = "This looks like the secret itself. Write only its name, x_token say; the secret stays in CREDENTIAL_X_TOKEN."
        yield Problem("secret_shown", text, "credential")


def looks_like_a_secret(name: str) -> bool:
    """Tell whether this is no name of a credential, or one that could be a token."""
    if not CREDENTIAL_NAME.fullmatch(name) or name.startswith(TOKEN_BEGINNINGS):
        return True
    return any(LONG_RUN.fullmatch(run) for run in name.split("_"))


def _default(values: Values) -> Iterator[Problem]:
    if values["is_default"] and not values["is_enabled"]:
        text = (
            "A format goes to its default account: switch it on, or make another one the default."
        )
        yield Problem("contradiction", text, "is_default")


def _or(words: tuple[str, ...]) -> str:
    *first, last = (f"{word}://" for word in words)
    return f"{', '.join(first)} or {last}" if first else last
