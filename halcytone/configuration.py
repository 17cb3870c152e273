"""Reads the environment for settings.py. Whatever is missing or misspelt stops start-up by name."""

import os
import re
import secrets
from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured

MODES = ("embedded", "production")
OUTBOUND = ("live", "sandbox", "off")
TRUE = ("1", "true", "yes", "on")

#: Older names of the dry switch; true means "at least sandbox" (publishing specification §7).
OLDER_DRY_SWITCHES = ("DRY_RUN_MODE", "DRY_RUN", "USE_MOCK_SERVICES", "BATCH_DRY_RUN")

#: Requests a minute (platform specification §4 and §5): by kind, and reads by group; 0 is no limit of
#: one's own. `read` is for people without a group, `global` for those without a limit.
LIMITS = {
    "public": 30, "read": 50, "write": 60, "generate": 20, "publish": 30, "global": 6_000,
    "admin": 0, "marketing_manager": 1_000, "senior_editor": 500, "editor": 500, "social_manager": 100,
    "seo": 100, "legal": 100, "executive": 100, "contributor": 50, "viewer": 50, "service": 100,
}  # fmt: skip


def choice(name: str, value: str, allowed: tuple[str, ...]) -> str:
    """Return `value` if it is allowed; otherwise stop start-up naming the variable."""
    if value not in allowed:
        raise ImproperlyConfigured(f"{name} must be one of {', '.join(allowed)}, not {value!r}")
    return value


def outbound(value: str, mode: str) -> str:
    """Return the outbound mode. A contradiction between switches stops start-up."""
    choice("OUTBOUND", value, OUTBOUND)
    dry = [name for name in OLDER_DRY_SWITCHES if os.environ.get(name, "").lower() in TRUE]
    if value == "live" and dry:
        raise ImproperlyConfigured(f"OUTBOUND is live but {dry[0]} is true: set one of them")
    if value == "live" and mode == "embedded":
        raise ImproperlyConfigured("OUTBOUND=live needs HALCYTONE_MODE=production")
    return value


def embedded_secret(home: Path) -> str:
    """Return the secret of this embedded installation; made once, kept readable by its owner only."""
    path = home / "secret_key"
    try:
        return path.read_text(encoding="ascii")
    except FileNotFoundError:
        secret = secrets.token_urlsafe(50)
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secret)
    except FileExistsError:
        return path.read_text(encoding="ascii")
    except OSError:
        pass  # a read-only place: the secret lives as long as this process
    return secret


def broker_url(redis_url: str) -> str:
    """Return the URL by which Celery finds this Redis; in memory when there is none."""
    if not redis_url:
        return "memory://"
    return redis_url.replace("unix://", "redis+socket://", 1)


def cache(redis_url: str) -> dict[str, object]:
    """Return the cache on this Redis (database 1 when the URL names none), or a local one."""
    if not redis_url:
        return {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
    location = redis_url
    if redis_url.startswith("unix://") and "db=" not in redis_url:
        location = f"{redis_url}?db=1"
    redis = "django.core.cache.backends.redis.RedisCache"
    return {"BACKEND": redis, "LOCATION": location, "KEY_PREFIX": KEY_PREFIX}


def limits(changes: dict[str, str]) -> dict[str, int]:
    """Return the API's limits with these changes. A name or number that makes no sense stops start-up."""
    for name, value in changes.items():
        if name not in LIMITS:
            raise ImproperlyConfigured(f"API_LIMITS knows {', '.join(LIMITS)}, not {name!r}")
        if not value.isdecimal() or (name in ("public", "global") and not int(value)):
            raise ImproperlyConfigured(f"API_LIMITS: {name} must be a whole number, not {value!r}")
    return LIMITS | {name: int(value) for name, value in changes.items()}


def limits_url(redis_url: str) -> str:
    """Return the storage of the `limits` library on this Redis, or in memory."""
    if not redis_url:
        return "memory://"
    return redis_url.replace("unix://", "redis+unix://", 1)


KEY_PREFIX = "halcytone"
CDN_URLS = {
    "cloudflare": "https://api.cloudflare.com/client/v4",
    "cloudfront": "https://cloudfront.amazonaws.com",
    "signed": "",
}
CDN_CLASSES = {
    "cloudflare": "publishing.caches.cloudflare.Cloudflare",
    "cloudfront": "publishing.caches.cloudfront.CloudFront",
    "signed": "publishing.caches.signed.Signed",
}


def cache_targets(
    kind: str, endpoint: str, zone: str, redis_url: str = ""
) -> dict[str, dict[str, Any]]:
    """Return the caches that can be told to forget pages: our own Redis and a content network, where there are.

    "local" is another word for the Redis. Nothing is kept in the database or for the API; the memory of
    a process is not reached from another. So those are not configured.
    """
    found: dict[str, dict[str, Any]] = {}
    if redis_url:
        options = {"location": cache(redis_url)["LOCATION"], "prefix": f"{KEY_PREFIX}:1:"}
        own = {"BACKEND": "publishing.caches.own.Own", "OPTIONS": options}
        found = {"redis": own, "local": own}
    if kind:
        place = {"endpoint": endpoint or CDN_URLS[kind], "zone": zone}
        if (not all(place.values()) and kind != "signed") or not place["endpoint"]:
            raise ImproperlyConfigured(
                f"CDN_KIND is {kind}: set CDN_ZONE, and CDN_URL for your own"
            )
        found["cdn"] = {"BACKEND": CDN_CLASSES[kind], "PLACE": place}
    return found


def credentials() -> dict[str, str]:
    """Return the secrets of accounts by lower-case name; an account names one and never holds it."""
    return {name.lower(): value for name, value in prefixed("CREDENTIAL_").items()}


def hook_secrets() -> dict[str, str]:
    """Return what webhooks are signed with, by lower-case name of who sends them."""
    return {name.lower(): value for name, value in prefixed("HOOK_SECRET_").items() if value}


def prefixed(prefix: str) -> dict[str, str]:
    """Return every variable with this prefix, `…_FILE` read from its file, without the prefix."""
    found: dict[str, str] = {}
    for variable, value in os.environ.items():
        if not variable.startswith(prefix):
            continue
        name = variable.removeprefix(prefix)
        if name.endswith("_FILE"):
            name, value = name.removesuffix("_FILE"), Path(value).read_text().strip()
        found[name] = value
    return found


def oauth_apps() -> dict[str, dict[str, str]]:
    """Return our registrations at networks: {channel: {"client_id", "client_secret"}}.

    `OAUTH_<CHANNEL>_CLIENT_ID` and `OAUTH_<CHANNEL>_CLIENT_SECRET`, or the files that `…_FILE` names.
    A secret without its id stops start-up.
    """
    found: dict[str, dict[str, str]] = {}
    for variable, value in sorted(os.environ.items()):
        match = re.fullmatch(r"OAUTH_([A-Z]+)_CLIENT_(ID|SECRET)(_FILE)?", variable)
        if match and value:
            text = Path(value).read_text().strip() if match[3] else value
            found.setdefault(match[1].lower(), {})[f"client_{match[2].lower()}"] = text
    for channel, app in found.items():
        if "client_id" not in app:
            name = f"OAUTH_{channel.upper()}_CLIENT_ID"
            raise ImproperlyConfigured(f"{name} must be set beside its secret")
    return {channel: {"client_secret": "", **app} for channel, app in found.items()}
