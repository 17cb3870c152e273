"""What every desk page says in the same way: icons, states, times, names of zones."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import template
from django.conf import settings
from django.templatetags.static import static
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from halcytone.desk.states import STATES
from halcytone.lib import zones

register = template.Library()


@register.simple_tag
def icon(name: str, label: str = "") -> SafeString:
    """An icon of the sprite; hidden from screen readers unless it is given a label."""
    source = static("desk/icons.svg")
    if not label:
        return format_html(
            '<svg class="icon" aria-hidden="true"><use href="{}#{}"></use></svg>', source, name
        )
    return format_html(
        '<svg class="icon" role="img" aria-label="{}"><use href="{}#{}"></use></svg>',
        label,
        source,
        name,
    )


@register.simple_tag
def state(value: str, word: str = "") -> SafeString:
    """A status as colour, icon and word, with a sentence on hover. One meaning for each word."""
    tone, sign, label, sentence = STATES.get(value, ("", "info", value.replace("_", " "), ""))
    return format_html(
        '<span class="state {}" title="{}">{}{}</span>', tone, sentence, icon(sign), word or label
    )


@register.filter
def as_contact(status: str) -> str:
    """The state of a contact, whose words mean something else in reviews and readings."""
    return f"contact_{status}"


@register.simple_tag(takes_context=True)
def when(context: dict[str, Any], moment: datetime | None) -> SafeString:
    """An instant on the desk's clock and, where it differs, on the reader's: "Tue 24 Nov 10:00 New York"."""
    if moment is None:
        return SafeString("<span>–</span>")
    request = context.get("request")
    mine = getattr(getattr(request, "user", None), "zone", settings.DEFAULT_ZONE)
    text = on_clock(moment, settings.DEFAULT_ZONE)
    if mine != settings.DEFAULT_ZONE:
        text = f"{text} · {on_clock(moment, mine)}"
    return format_html('<time datetime="{}">{}</time>', moment.isoformat(), text)


@register.simple_tag
def ago(moment: datetime | None) -> str:
    """How long ago, or until when, in words: "3 hours ago", "in 2 days"."""
    if moment is None:
        return "never"
    seconds = (timezone.now() - moment).total_seconds()
    size = abs(seconds)
    for unit, length in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        if size >= length:
            count = round(size / length)
            words = f"{count} {unit}{'s' if count != 1 else ''}"
            return f"{words} ago" if seconds > 0 else f"in {words}"
    return "just now" if seconds >= 0 else "in a moment"


@register.filter
def city(zone: str) -> str:
    """The name people say for a zone: "New York" for "America/New_York"."""
    return zone.rsplit("/", 1)[-1].replace("_", " ")


@register.simple_tag(takes_context=True)
def wall(context: dict[str, Any], text: str, zone: str) -> SafeString:
    """A slot given as wall-clock text and zone, shown as `when` shows instants."""
    if not text:
        return SafeString('<span class="soft">no slot yet</span>')
    return when(context, zones.instant(datetime.fromisoformat(text), zone))


def on_clock(moment: datetime, zone: str) -> str:
    local = moment.astimezone(ZoneInfo(zone))
    year = f" {local:%Y}" if local.year != timezone.now().year else ""
    return f"{local:%a} {local.day} {local:%b}{year} {local:%H:%M} {city(zone)}"
