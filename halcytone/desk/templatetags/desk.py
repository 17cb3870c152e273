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

from content import wishes
from content.models import FormatName
from halcytone.desk.states import LIGHTS, STATES
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


@register.simple_tag
def light(value: str, due_at: datetime | None) -> SafeString:
    """A traffic light as colour, sign and word, with the time that is left in words."""
    word, sentence = LIGHTS[value]
    return format_html(
        '<span class="lit {}" title="{}">{}, {}</span>', value, sentence, word, ago(due_at)
    )


@register.filter
def state_word(value: str) -> str:
    """The word of a status, as `state` shows it, alone."""
    return STATES[value][2] if value in STATES else words(value)


@register.filter
def clock(moment: datetime, zone: str) -> str:
    """The time of day of an instant in a zone: "10:00"."""
    return f"{zones.local(moment, zone):%H:%M}"


@register.filter
def as_contact(status: str) -> str:
    """The state of a contact, whose words mean something else in reviews and readings."""
    return f"contact_{status}"


@register.filter
def format_word(name: str) -> str:
    """The name people say for a format: "Web page" for "web"."""
    return str(dict(FormatName.choices).get(name, name))


@register.filter
def words(code: str) -> str:
    """A code as words: "do not contact" for "do_not_contact"."""
    return code.replace("_", " ")


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


@register.simple_tag(takes_context=True)
def within_day(context: dict[str, Any], moment: datetime) -> SafeString:
    """An instant within a day that is named beside it: "10:00", and "Tue 16:00 Paris" for the reader."""
    mine = getattr(getattr(context.get("request"), "user", None), "zone", settings.DEFAULT_ZONE)
    text = clock(moment, settings.DEFAULT_ZONE)
    if mine != settings.DEFAULT_ZONE:
        text = f"{text} · {zones.local(moment, mine):%a %H:%M} {city(mine)}"
    return format_html('<time datetime="{}">{}</time>', moment.isoformat(), text)


@register.simple_tag
def line_at(number: int, window: range) -> str:
    """The way to a line of a text: on this page, or on the page of the text that has it."""
    return f"#line-{number}" if number in window else f"?line={number}#line-{number}"


@register.simple_tag
def clocks(moment: datetime | str, zone: str) -> str:
    """A time that a document asks for, on its own clock and in UTC: "Tue 10 Mar 2026 10:00 EDT = 14:00 UTC"."""
    return wishes.clocks(moment, zone)


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
