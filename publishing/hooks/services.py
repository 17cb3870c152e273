"""Webhooks of mail services: read, and verified, by django-anymail."""

import warnings
from collections.abc import Mapping
from typing import Any

from anymail.exceptions import AnymailNotSupportedWarning, AnymailWebhookValidationFailure
from anymail.signals import AnymailTrackingEvent, EventType
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest
from django.utils import timezone
from django.utils.module_loading import import_string

from halcytone.lib import canonical
from halcytone.lib.errors import Invalid
from publishing.hooks import bounces, told
from publishing.hooks.told import Told

PROVIDERS: Mapping[str, str] = {
    name: f"anymail.webhooks.{name}.{view}TrackingWebhookView"
    for name, view in {
        "amazon_ses": "AmazonSES",
        "brevo": "Brevo",
        "mailersend": "MailerSend",
        "mailgun": "Mailgun",
        "mailjet": "Mailjet",
        "mailtrap": "Mailtrap",
        "postal": "Postal",
        "postmark": "Postmark",
        "resend": "Resend",
        "sendgrid": "SendGrid",
        "sparkpost": "SparkPost",
        "unisender_go": "UnisenderGo",
    }.items()
} | {"mandrill": "anymail.webhooks.mandrill.MandrillCombinedWebhookView"}
#: django-anymail's words → ours; others are kept under their own.
WORDS: Mapping[str, str] = {EventType.AUTORESPONDED: "replied", EventType.QUEUED: "sent"}
KEYS = ("halcytone_key", "key")  # of the metadata that our mails carry


class Off(Exception):
    """This service is not set up here."""


def is_known(provider: str) -> bool:
    return provider in PROVIDERS


def read(provider: str, request: HttpRequest, secret: str) -> list[Told] | None:
    """Return what a webhook tells; None when it is not signed by this service and secret.

    `secret` is "name:password", with which the service signs in. Raises Off, and Invalid for what
    django-anymail cannot read.
    """
    try:
        view = _view(provider, secret)
        view.run_validators(request)
    except AnymailWebhookValidationFailure:
        return None
    except (ImproperlyConfigured, ImportError) as error:  # a signing key or library is missing
        raise Off(str(error)) from error
    try:
        events = view.parse_events(request)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise Invalid(f"This is no event of {provider}.", code="unreadable") from error
    return [_told(event) for event in events]


def _view(provider: str, secret: str) -> Any:
    with (
        warnings.catch_warnings()
    ):  # that a service is tried out less than others is no news to callers
        warnings.simplefilter("ignore", AnymailNotSupportedWarning)
        return import_string(PROVIDERS[provider])(webhook_secret=[secret])


def _told(event: AnymailTrackingEvent) -> Told:
    raw = _raw(event.esp_event)
    status = bounces.code(event.mta_response, event.description, raw.get("reason"))
    kind = WORDS.get(event.event_type, event.event_type)
    if kind == told.BOUNCED and bounces.is_soft(raw, status):
        kind = told.SOFT_BOUNCED
    metadata = event.metadata if isinstance(event.metadata, Mapping) else {}
    return Told(
        kind=told.text(kind, 40),
        at=event.timestamp or timezone.now(),
        payload=raw,
        event_id=_identity(event, kind),
        recipient=told.text(event.recipient, 254),
        message_id=told.text(event.message_id, 200),
        key=told.text(next((metadata[name] for name in KEYS if name in metadata), ""), 32),
        code=status or told.text(event.reject_reason, 40),
    )


def _identity(event: AnymailTrackingEvent, kind: str) -> str:
    """Return what names this event: one notice of a service may be about several people."""
    if not event.event_id:
        return ""
    about = [str(event.event_id), str(kind), str(event.recipient), str(event.message_id)]
    return canonical.sha256(canonical.text(about))


def _raw(value: Any) -> dict[str, Any]:
    """Return the service's own event as JSON: some send forms, some objects."""
    if hasattr(value, "dict"):
        value = value.dict()
    found = told.plain(value)
    return found if isinstance(found, dict) else {"told": found}
