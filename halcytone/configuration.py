"""Reads the environment for settings.py. Whatever is missing or misspelt stops start-up by name."""

import os
import secrets
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

MODES = ("embedded", "production")
OUTBOUND = ("live", "sandbox", "off")
TRUE = ("1", "true", "yes", "on")

#: Older names of the dry switch; true means "at least sandbox" (publishing specification §7).
OLDER_DRY_SWITCHES = ("DRY_RUN_MODE", "DRY_RUN", "USE_MOCK_SERVICES", "BATCH_DRY_RUN")


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
    return {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": location}


def limits_url(redis_url: str) -> str:
    """Return the storage of the `limits` library on this Redis, or in memory."""
    if not redis_url:
        return "memory://"
    return redis_url.replace("unix://", "redis+unix://", 1)


def credentials() -> dict[str, str]:
    """Return the secrets of accounts: `CREDENTIAL_<NAME>`, or the file `CREDENTIAL_<NAME>_FILE`.

    Keys are lower-case names; an account names one of them and never holds the secret itself.
    """
    found: dict[str, str] = {}
    for variable, value in os.environ.items():
        if not variable.startswith("CREDENTIAL_"):
            continue
        name = variable.removeprefix("CREDENTIAL_")
        if name.endswith("_FILE"):
            name, value = name.removesuffix("_FILE"), Path(value).read_text().strip()
        found[name.lower()] = value
    return found
