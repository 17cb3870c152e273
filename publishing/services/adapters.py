"""What a place would say to a content, and how it would look there: nothing is sent or kept.

The adapter contract of the publishing specification §3.
"""

from collections.abc import Mapping
from typing import Any

from publishing import accounts, passports
from publishing.channels.base import Channel
from publishing.models import Account

TEXTS = ("text", "html", "title", "subject")


def validate(account: Account, content: Mapping[str, Any]) -> dict[str, Any]:
    """Return `{is_valid, issues: [{severity, message, field, code}], metadata}`; errors first."""
    channel, passport = accounts.plan_of(account), passports.of(account)
    issues = [
        {"severity": "error", "message": said, "field": None, "code": "refused_there"}
        for said in channel.problems(content)
    ]
    images = content.get("media") or ()
    if len(images) > passport.limit("media", len(images)):
        most = passport.limit("media", 0)
        said = f"There are {len(images)} images, {account.channel} takes {most}."
        issues.append({"severity": "error", "message": said, "field": "media", "code": "too_many"})
    if any(image.get("alt") for image in images) and not passport.alt_text:
        said = f"{account.channel} carries no alt texts."
        issues.append(
            {"severity": "warning", "message": said, "field": "media", "code": "no_alt_text"}
        )
    is_valid = not any(issue["severity"] == "error" for issue in issues)
    return {"is_valid": is_valid, "issues": issues, "metadata": _metadata(account, channel)}


def preview(account: Account, content: Mapping[str, Any]) -> dict[str, Any]:
    """Return how it would leave: its parts in order, and their text. Estimates are null: no history."""
    channel = accounts.plan_of(account)
    parts = [dict(part) for part in channel.parts(content)]
    text = "\n\n".join(filter(None, (_text(part) for part in parts)))
    return {
        "preview_data": {"parts": parts, "media": list(content.get("media") or ())},
        "formatted_content": text,
        "metadata": _metadata(account, channel) | {"parts": len(parts)},
        "estimated_reach": None,
        "estimated_engagement": None,
        "character_count": len(text),
        "word_count": len(text.split()),
    }


def _text(part: Mapping[str, Any]) -> str:
    return next((str(part[name]) for name in TEXTS if part.get(name)), "")


def _metadata(account: Account, channel: Channel) -> dict[str, Any]:
    return {
        "account": account.key,
        "channel": account.channel,
        "api_version": channel.passport.api_version,
    }
