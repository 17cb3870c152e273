"""Webhooks of the networks: how each asks whether we are there, signs, and words what happened.

Sources: Meta "Webhooks from Meta" (hub.challenge, X-Hub-Signature-256), X "Account Activity API"
(crc_token, x-twitter-webhooks-signature), LinkedIn "Webhooks" (challengeCode, X-LI-Signature), Mastodon
"Webhooks" (X-Hub-Signature).
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from halcytone.lib.errors import Invalid
from publishing.hooks import signing, told
from publishing.hooks.told import Told

Fields = Mapping[str, str]
#: What a network is answered when it asks whether we are there: a text, or JSON.
Reply = str | dict[str, str]
#: What X and LinkedIn may have us sign. Whoever asks gets it signed, so it must never be an event.
CHALLENGE = re.compile(r"[\w.~+/=-]{1,500}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Network:
    """One network's way. `challenge(query, secret)` is None for a challenge that is not theirs."""

    header: str
    sign: Callable[[str, bytes], str]
    challenge: Callable[[Fields, str], Reply | None]
    events: Callable[[Any, datetime], Iterator[Told]]


def read(name: str, body: bytes, now: datetime) -> list[Told]:
    """Return what a network tells. Raises Invalid for what it does not say in its way."""
    try:
        given = json.loads(body)
        if not isinstance(given, dict):
            raise TypeError
        return list(NETWORKS[name].events(given, now))
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise Invalid(f"This is no event of {name}.", code="unreadable") from error


def is_signed(name: str, headers: Mapping[str, str], body: bytes, secret: str) -> bool:
    """Tell whether the body is signed by this network with our secret there."""
    network = NETWORKS[name]
    return signing.is_same(headers.get(network.header, ""), network.sign(secret, body))


def _one(
    event: Any, kind: str, now: datetime, *, about: object, id: object = "", at: object = None
) -> Told:
    return Told(
        kind=kind,
        at=told.instant(at, now),
        payload=told.plain(event if isinstance(event, Mapping) else {"told": event}),
        event_id=told.text(f"{kind}:{id}" if id else "", 200),
        message_id=told.text(about, 200),
    )


def _meta_challenge(query: Fields, secret: str) -> Reply | None:
    is_theirs = signing.is_same(query.get("hub.verify_token", ""), secret)
    return query.get("hub.challenge", "") if is_theirs else None


def _meta(given: Any, now: datetime) -> Iterator[Told]:
    """Pages and Instagram: `{"entry": [{"id", "time", "changes": [{"field", "value"}]}]}`."""
    for entry in given["entry"]:
        for change in entry.get("changes") or []:
            value = change.get("value") or {}
            field, verb = str(change.get("field", "")), str(value.get("verb", ""))
            about = value.get("post_id") or (value.get("media") or {}).get("id") or entry.get("id")
            kind = _meta_kind(field, str(value.get("item", "")), verb)
            name = value.get("comment_id") or value.get("id") or ""
            at = value.get("created_time") or entry.get("time")
            yield _one(change, kind, now, about=about, id=f"{name}:{verb}" if name else "", at=at)


def _meta_kind(field: str, item: str, verb: str) -> str:
    if field in ("permissions", "deauthorize"):
        return "token_revoked"
    if verb in ("remove", "delete") and item in ("post", "status", "photo"):
        return "deleted"
    if field in ("mention", "mentions"):
        return "mention"
    is_comment = field in ("comments", "live_comments") or item == "comment"
    return "comment" if is_comment and verb not in ("remove", "delete") else told.UNKNOWN


def _x_challenge(query: Fields, secret: str) -> Reply | None:
    token = query.get("crc_token", "")
    answer = f"sha256={signing.base64_of(secret, token.encode())}"
    return {"response_token": answer} if CHALLENGE.fullmatch(token) else None


def _x(given: Any, now: datetime) -> Iterator[Told]:
    """`{"for_user_id", "tweet_create_events" | "tweet_delete_events" | "user_event": …}`."""
    own = str(given.get("for_user_id", ""))
    for tweet in given.get("tweet_create_events") or []:
        if str((tweet.get("user") or {}).get("id_str", "")) == own:
            continue  # what we posted ourselves
        about = tweet.get("in_reply_to_status_id_str") or ""
        at = _milliseconds(tweet.get("timestamp_ms"))
        kind = "comment" if about else "mention"
        yield _one(tweet, kind, now, about=about, id=tweet.get("id_str"), at=at)
    for gone in given.get("tweet_delete_events") or []:
        name = gone["status"]["id"]
        yield _one(
            gone, "deleted", now, about=name, id=name, at=_milliseconds(gone.get("timestamp_ms"))
        )
    if revoked := (given.get("user_event") or {}).get("revoke"):
        user = (revoked.get("source") or {}).get("user_id", own)
        at = revoked.get("date_time")
        yield _one(revoked, "token_revoked", now, about=user, id=f"{user}:{at}", at=at)


def _milliseconds(value: object) -> float | None:
    return int(str(value)) / 1000 if str(value or "").isdecimal() else None


def _linkedin_challenge(query: Fields, secret: str) -> Reply | None:
    code = query.get("challengeCode", "")
    answer = {"challengeCode": code, "challengeResponse": signing.hex_of(secret, code.encode())}
    return answer if CHALLENGE.fullmatch(code) else None


def _linkedin(given: Any, now: datetime) -> Iterator[Told]:
    """`{"type": "ORGANIZATION_SOCIAL_ACTION_NOTIFICATIONS", "notifications": [{…}]}`."""
    words = {"COMMENT": "comment", "COMMENT_EDIT": "comment", "SHARE_MENTION": "mention"}
    for one in given["notifications"]:
        kind = words.get(str(one.get("action", "")), told.UNKNOWN)
        about = (
            one.get("sourcePost") or one.get("generatedActivity") or one.get("organizationalEntity")
        )
        at, name = one.get("lastModifiedAt"), one.get("notificationId")
        yield _one(one, kind, now, about=about, id=name, at=at)


def _mastodon(given: Any, now: datetime) -> Iterator[Told]:
    """`{"event": "status.created", "created_at", "object": {…}}`."""
    status = given.get("object") or {}
    about = status.get("in_reply_to_id") or ""
    words = {"status.created": "comment" if about else "mention", "status.deleted": "deleted"}
    kind = words.get(str(given["event"]), told.UNKNOWN)
    name = status.get("id", "")
    about = name if kind == "deleted" else about
    yield _one(given, kind, now, about=about, id=name, at=given.get("created_at"))


def _no_challenge(_query: Fields, _secret: str) -> Reply | None:
    return None


def _sha256_hex(secret: str, body: bytes) -> str:
    return f"sha256={signing.hex_of(secret, body)}"


def _sha256_base64(secret: str, body: bytes) -> str:
    return f"sha256={signing.base64_of(secret, body)}"


def _linkedin_sign(secret: str, body: bytes) -> str:
    return f"hmacsha256={signing.hex_of(secret, b'hmacsha256=' + body)}"


NETWORKS: Mapping[str, Network] = {
    "facebook": Network("X-Hub-Signature-256", _sha256_hex, _meta_challenge, _meta),
    "instagram": Network("X-Hub-Signature-256", _sha256_hex, _meta_challenge, _meta),
    "x": Network("x-twitter-webhooks-signature", _sha256_base64, _x_challenge, _x),
    "linkedin": Network("X-LI-Signature", _linkedin_sign, _linkedin_challenge, _linkedin),
    "mastodon": Network("X-Hub-Signature", _sha256_hex, _no_challenge, _mastodon),
}
