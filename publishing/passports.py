"""The passport of an account: what its channel states, then the channel's rows, then its own."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

import structlog
from django.conf import settings
from django.db.models import Q
from django.utils.module_loading import import_string

from halcytone.lib.errors import Invalid
from publishing.channels.base import Channel
from publishing.channels.passport import Passport
from publishing.models import Account, PassportValue

log = structlog.get_logger(__name__)


def defaults(channel: str) -> Passport:
    """Return what a channel of the settings states of itself; nothing of one that is not there."""
    return channel_class(channel).passport if channel in settings.CHANNELS else Passport()


def channel_class(channel: str) -> type[Channel]:
    """Return the plug-in that an entry of the settings names, Channel itself where there is none."""
    entry: dict[str, Any] | None = settings.CHANNELS.get(channel)
    found: type[Channel] = import_string(entry["BACKEND"]) if entry else Channel
    return found


def of(account: Account) -> Passport:
    """Return the passport that holds for this account, in one query."""
    return of_all([account])[account.pk]


def of_all(accounts: Iterable[Account]) -> dict[int, Passport]:
    """Return {account id: passport} of these accounts, in one query."""
    asked = list(accounts)
    is_wanted = Q(account__isnull=True) | Q(account__in=[each.pk for each in asked])
    rows = PassportValue.objects.filter(is_wanted, channel__in={each.channel for each in asked})
    by_level: dict[tuple[str, int | None], dict[str, Any]] = defaultdict(dict)
    for channel, account_id, name, value in rows.values_list(
        "channel", "account_id", "name", "value"
    ):
        by_level[channel, account_id][name] = value
    return {
        each.pk: _with(
            defaults(each.channel),
            by_level[each.channel, None] | by_level[each.channel, each.pk],
        )
        for each in asked
    }


def _with(passport: Passport, values: dict[str, Any]) -> Passport:
    """Return the passport with these values. One that a newer version does not know is left out."""
    try:
        return passport.with_values(values)
    except Invalid as error:
        names = {problem.attr for problem in error.problems}
        log.warning("passport_values_ignored", names=sorted(names))
        return passport.with_values({k: v for k, v in values.items() if k not in names})
