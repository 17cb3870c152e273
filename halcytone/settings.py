"""Settings for every machine. What differs comes from the environment; `NAME_FILE` reads a secret.

`.env.example` lists every variable with a line of meaning.
"""

from pathlib import Path
from typing import Any

import environ
from django.core.exceptions import ImproperlyConfigured

from halcytone import configuration, logs
from halcytone.enum_names import ENUM_NAMES
from halcytone.sandbox.options import shifted

env = environ.FileAwareEnv()
BASE_DIR = Path(__file__).resolve().parent.parent
environ.Env.read_env(BASE_DIR / ".env")

# the installation

HALCYTONE_MODE = configuration.choice(
    "HALCYTONE_MODE", env.str("HALCYTONE_MODE", "embedded"), configuration.MODES
)
EMBEDDED = HALCYTONE_MODE == "embedded"
HALCYTONE_HOME = Path(env.str("HALCYTONE_HOME", str(BASE_DIR / ".halcytone"))).resolve()
INSTALLATION_ID = env.str("INSTALLATION_ID", "")
HALCYTONE_PORT = env.int("HALCYTONE_PORT", 8000)
SANDBOX_PORT_SHIFT = env.int("SANDBOX_PORT_SHIFT", 0)
SANDBOX_PORTS = shifted(by=SANDBOX_PORT_SHIFT)
SANDBOX_OPTIONS = {
    "delay_ms": env.int("SANDBOX_RESPONSE_DELAY", 0),
    "error_rate": env.float("SANDBOX_ERROR_RATE", 0.0),
    "require_auth": env.bool("SANDBOX_REQUIRE_AUTH", False),
}
OUTBOUND = configuration.outbound(env.str("OUTBOUND", "sandbox"), HALCYTONE_MODE)
EXPECTED_OUTBOUND = env.str("EXPECTED_OUTBOUND", "sandbox" if EMBEDDED else "live")
ALLOW_DRY_PRODUCTION = env.bool("ALLOW_DRY_PRODUCTION", False)
DEFAULT_ZONE = env.str("DEFAULT_ZONE", "America/New_York")
SITE = {
    "name": env.str("SITE_NAME", "Halcytone"),
    "base_url": env.str("SITE_URL", f"http://127.0.0.1:{SANDBOX_PORTS['platform']}")
    if EMBEDDED
    else env.str("SITE_URL"),
    "postal_address": env.str("SITE_POSTAL_ADDRESS", "Halcytone" if EMBEDDED else ""),
    "logo_url": env.str("SITE_LOGO_URL", ""),
}
PRESS_URL = env.str("PRESS_URL", f"http://127.0.0.1:{HALCYTONE_PORT}" if EMBEDDED else "")
if not PRESS_URL:
    raise ImproperlyConfigured("PRESS_URL must be the address of this installation")

# security

if EMBEDDED:
    SECRET_KEY = env.str("SECRET_KEY", "") or configuration.embedded_secret(HALCYTONE_HOME)
else:
    SECRET_KEY = env.str("SECRET_KEY")
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
AUDIT_SIGNING_KEY = env.str("AUDIT_SIGNING_KEY", "")  # "": grown from SECRET_KEY
DEBUG = env.bool("DEBUG", False)
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["127.0.0.1", "localhost"] if EMBEDDED else [])
if not EMBEDDED and not ALLOWED_HOSTS:
    raise ImproperlyConfigured("ALLOWED_HOSTS must name the hosts of this installation")
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", not EMBEDDED)
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if not EMBEDDED else None
SECURE_HSTS_SECONDS = 0 if EMBEDDED else 63_072_000
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = not EMBEDDED
SECURE_REFERRER_POLICY = "same-origin"
SECURE_REDIRECT_EXEMPT = [r"^live$", r"^ready$", r"^metrics$"]
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = not EMBEDDED
SESSION_COOKIE_NAME = "halcytone_session"
CSRF_COOKIE_NAME = "halcytone_csrf"
SESSION_COOKIE_AGE = 12 * 3600
SESSION_SAVE_EVERY_REQUEST = False
X_FRAME_OPTIONS = "DENY"
CREDENTIALS = configuration.credentials()
TOKEN_KEYS = env.list("TOKEN_KEYS", default=[])  # the first one seals; []: grown from SECRET_KEY
OAUTH_APPS = configuration.oauth_apps()
#: Who may tell us something, by name; without its secret a hook is off (docs/hooks.md).
HOOK_SECRETS = configuration.hook_secrets()
ANYMAIL = configuration.prefixed("ANYMAIL_")  # signing keys of mail services

# apps

INSTALLED_APPS = [
    "unfold.apps.BasicAppConfig",
    "unfold.contrib.filters",
    "unfold.contrib.forms",
    "halcytone.desk.apps.PressRoomConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_celery_beat",
    "django_prometheus",
    "django_structlog",
    "simple_history",
    "halcytone",
    "halcytone.access",
    "halcytone.desk",
    "halcytone.lib.audit",
    "halcytone.lib.notices",
    "segmentation",
    "content",
    "approvals",
    "publishing",
]
AUTH_USER_MODEL = "access.User"
MIDDLEWARE = [
    "django_prometheus.middleware.PrometheusBeforeMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "halcytone.middleware.ContentPolicy",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "halcytone.middleware.RequestMarks",
    "halcytone.middleware.RequestLog",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "simple_history.middleware.HistoryRequestMiddleware",
    "django_prometheus.middleware.PrometheusAfterMiddleware",
]
DJANGO_STRUCTLOG_TRUST_UPSTREAM_REQUEST_ID = True  # RequestMarks has judged it
ROOT_URLCONF = "halcytone.urls"
WSGI_APPLICATION = "halcytone.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "halcytone.desk.context.desk",
            ]
        },
    }
]
AUTHENTICATION_BACKENDS = [
    "halcytone.access.backends.Rights",
    "allauth.account.auth_backends.AuthenticationBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_REDIRECT_URL = "/admin/"
LOGIN_URL = "account_login"
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_ADAPTER = "halcytone.access.adapter.Adapter"
ACCOUNT_SESSION_REMEMBER = None  # asked on the page
ACCOUNT_RATE_LIMITS = {"login_failed": "10/15m/ip,10/15m/key"}
ALLAUTH_TRUSTED_PROXY_COUNT = 0 if EMBEDDED else 1  # the proxy says who failed, not the caller
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]

# mails about accounts (a new password); what is published goes through the channels

DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", "Halcytone <desk@localhost>")
vars().update(env.email("EMAIL_URL", default="dummymail://"))
if OUTBOUND == "off":
    EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
elif OUTBOUND == "sandbox":
    EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    EMAIL_HOST, EMAIL_PORT = "127.0.0.1", SANDBOX_PORTS["smtp"]

#: Where bounces and answers come back to: imaps://name:password@host; "" = no mailbox is read.
MAILBOX_URL = env.str("MAILBOX_URL", "")

# notifications besides mail: one channel of the team

SLACK_WEBHOOK_URL = env.str("SLACK_WEBHOOK_URL", "")

# data

DATABASES = {"default": env.db("DATABASE_URL", f"sqlite:///{HALCYTONE_HOME}/halcytone.sqlite3")}
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL;PRAGMA synchronous=NORMAL;"
        "PRAGMA mmap_size=134217728;PRAGMA journal_size_limit=67108864;"
        "PRAGMA cache_size=-20000;PRAGMA temp_store=MEMORY;",
    }
else:
    DATABASES["default"]["OPTIONS"] = {"pool": {"min_size": 1, "max_size": 20, "timeout": 30}}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
REDIS_URL = env.str("REDIS_URL", "")
if not EMBEDDED and not REDIS_URL:
    raise ImproperlyConfigured("REDIS_URL must name the broker and cache of this installation")
CACHES = {"default": configuration.cache(REDIS_URL)}
LIMITS_URL = configuration.limits_url(REDIS_URL)
DATA_UPLOAD_MAX_MEMORY_SIZE = 1_048_576  # JSON; files have a limit of their own
FILE_UPLOAD_MAX_BYTES = 10_485_760
REQUEST_MAX_BYTES = FILE_UPLOAD_MAX_BYTES + 65_536  # the other fields and the frame around a file

# time and language

USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en-us"
USE_I18N = False

# files

STATIC_URL = "/static/"
STATIC_ROOT = HALCYTONE_HOME / "static" if EMBEDDED else BASE_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
MEDIA_ROOT = HALCYTONE_HOME / "media"
#: Where readers find the images of what is published; a content network may stand before it.
MEDIA_BASE_URL = env.str("MEDIA_BASE_URL", "") or f"{PRESS_URL}/media/"

# logs

logs.configure()
LOGGING = logs.config(env.str("LOG_LEVEL", "INFO"))

# plug-ins: one line each; `manage.py check` builds them all

FETCH_TRUSTED_ORIGINS = env.list("FETCH_TRUSTED_ORIGINS", default=[])
SYNC_INTERVAL_MINUTES = env.int("SYNC_INTERVAL_MINUTES", 30)
SYNC_JOBS_AT_ONCE = env.int("SYNC_JOBS_AT_ONCE", 5)
GOOGLE_HOOK_TOKEN = env.str("GOOGLE_HOOK_TOKEN", "")
NOTION_HOOK_SECRET = env.str("NOTION_HOOK_SECRET", "")
SOURCES = {
    "upload": {"BACKEND": "content.sources.given.Given"},
    "inline": {"BACKEND": "content.sources.given.Given"},
    "url": {"BACKEND": "content.sources.web.Web", "OPTIONS": {"trusted": FETCH_TRUSTED_ORIGINS}},
    "google_docs": {
        "BACKEND": "content.sources.google_docs.GoogleDocs",
        "OPTIONS": {"credentials": env.str("GOOGLE_CREDENTIALS_JSON", "")},
    },
    "notion": {
        "BACKEND": "content.sources.notion.Notion",
        "OPTIONS": {
            "token": env.str("NOTION_API_KEY", ""),
            "version": configuration.choice(
                "NOTION_VERSION",
                env.str("NOTION_VERSION", "2025-09-03"),
                ("2025-09-03", "2022-06-28"),
            ),
        },
    },
}
FORMATS = {
    "newsletter": {"BACKEND": "content.formats.newsletter.Newsletter"},
    "web": {"BACKEND": "content.formats.web.Web"},
    "x": {"BACKEND": "content.formats.x.X"},
    "linkedin": {"BACKEND": "content.formats.linkedin.LinkedIn"},
    "facebook": {"BACKEND": "content.formats.facebook.Facebook"},
    "instagram": {"BACKEND": "content.formats.instagram.Instagram"},
}
CHANNELS: dict[str, dict[str, Any]] = {
    "smtp": {
        "BACKEND": "publishing.channels.smtp.Smtp",
        "OPTIONS": {"connections": env.int("MAIL_CONNECTIONS", 4)},
    },
    "crm": {"BACKEND": "publishing.channels.crm.Crm"},
    "esp": {"BACKEND": "publishing.channels.esp.Esp"},
    "platform": {"BACKEND": "publishing.channels.platform.Platform"},
    "webhook": {"BACKEND": "publishing.channels.webhook.Webhook"},
    "task": {"BACKEND": "publishing.channels.task.Task"},
    "site": {"BACKEND": "publishing.channels.site.Site"},
    "x": {"BACKEND": "publishing.channels.x.X"},
    "mastodon": {"BACKEND": "publishing.channels.mastodon.Mastodon"},
    "linkedin": {"BACKEND": "publishing.channels.linkedin.LinkedIn"},
    "facebook": {"BACKEND": "publishing.channels.facebook.Facebook"},
    "instagram": {"BACKEND": "publishing.channels.instagram.Instagram"},
}
CDN = {
    "kind": configuration.choice(
        "CDN_KIND", env.str("CDN_KIND", ""), ("", "cloudflare", "cloudfront", "signed")
    ),
    "endpoint": env.str("CDN_URL", ""),
    "zone": env.str("CDN_ZONE", ""),
}
#: Caches that can be told to forget pages, by the API's word for them; what is missing is not configured.
CACHE_TARGETS = configuration.cache_targets(**CDN, redis_url=REDIS_URL)
#: Where the publisher's accounts meet the seal: [(format, account key)] → public facts of each to be sealed.
ACCOUNT_FACTS = "publishing.accounts.facts"
OTHER_ACCOUNTS = "publishing.accounts.not_standard"
#: The rows that these facts are told from, to be read with others: draft → queryset.
ACCOUNT_ROWS = "publishing.accounts.rows"
#: How content hears how far a rendition has come: renditions → {id: state, slot, link}.
RENDITION_STANDINGS = "publishing.standings.of"
#: How approvals hear what of a rendition is out there: renditions → {id: seal_id, at, url}.
RENDITION_LIVE = "publishing.standings.live_of"
#: How content hears where a text went out: revisions → {id: {channel: first confirmed time}}.
REVISION_CHANNELS = "publishing.standings.channels_of"
#: How the queue of approvals hears what came of what was approved: drafts → {id: counts and a link}.
REVIEW_RESULTS = "publishing.standings.results_of"
#: How the calendar of approvals hears of the turns of the rhythm: from, to (UTC) → turns in order.
CALENDAR_TURNS = "publishing.standings.turns_between"
AUTO_APPROVAL_MAX_AUDIENCE = env.int("AUTO_APPROVAL_MAX_AUDIENCE", 25_000)
APPROVAL_LEAD_MINUTES = env.int("APPROVAL_LEAD_MINUTES", 60)
#: How much of opens and clicks is counted at most: off, aggregate or individual (with consent).
TRACKING = configuration.choice(
    "TRACKING", env.str("TRACKING", "individual"), ("off", "aggregate", "individual")
)
LEASE_S = 120  # how long a claimed delivery belongs to one worker
CLAIM_BATCH = 500  # deliveries claimed at once
CANARY_FROM = env.int("CANARY_FROM", 5_000)  # recipients; more than these begin with a few
CANARY_STEP_MIN = env.int("CANARY_STEP_MIN", 10)  # between two steps
TEST_MAILBOXES = env.list("TEST_MAILBOXES", default=[])  # own ones, subscribed as readers are
HAND_OVER_BATCH = 50  # deliveries marked "handed over" in one commit

# workers

CELERY_BROKER_URL = configuration.broker_url(REDIS_URL)
CELERY_RESULT_BACKEND = None
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TASK_TIME_LIMIT = 600
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 660,
    "unacked_restore_throttle": 1,
    "unacked_restore_interval": 5,
    "max_retries": 1,  # a wake-up is not worth waiting for: the due rows are the queue
    "interval_start": 0,
    "interval_step": 0.1,
    "interval_max": 0.1,
}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULER = "django_celery_beat.schedulers:DatabaseScheduler"
CELERY_BEAT_MAX_LOOP_INTERVAL = 5
CELERY_BEAT_CRON_STARTING_DEADLINE = 3600

# API

API_LIMITS = configuration.limits(env.dict("API_LIMITS", default={}))
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "halcytone.access.authentication.ApiKeyAuthentication",  # first: anonymous is 401, not 403
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["halcytone.lib.api.parsing.Json"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "halcytone.lib.api.parsing.AlwaysJson",
    "NUM_PROXIES": 0 if EMBEDDED else 1,  # the proxy says who asks, not the caller
    "EXCEPTION_HANDLER": "halcytone.lib.api.problems.handle",
    "URL_FORMAT_OVERRIDE": None,  # `format` is a filter here
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Halcytone",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "halcytone.lib.api.schema.complete",
    ],
    "ENUM_NAME_OVERRIDES": ENUM_NAMES,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
}
