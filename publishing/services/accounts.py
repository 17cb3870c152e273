"""Accounts: added and changed by people who may, and never so that something wrong could leave."""

from collections.abc import Mapping
from typing import Any

import structlog
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from approvals.models import Review
from approvals.services import reviews
from content.models import FormatName
from halcytone.lib import rights
from halcytone.lib.errors import Invalid, NotAllowed, Problem, WrongState
from publishing import account_rules, accounts, slots
from publishing.models import Account, ReleasePart

log = structlog.get_logger(__name__)

FIELDS = ("key", "channel", "name", "format", "endpoint", "from_email", "reply_to", "profile_id",
          "credential", "can_read_back", "is_default", "is_standard", "is_enabled", "tracking")  # fmt: skip
#: What social managers look after: the networks (platform specification, roles and permissions).
NETWORKS = (FormatName.X, FormatName.LINKEDIN, FormatName.FACEBOOK, FormatName.INSTAGRAM)
NETWORKS_RIGHT = "publishing.manage_network_account"
#: Fields that a seal speaks of, or that decide which account it speaks of.
SEALED = ("key", "channel", "format", "endpoint", "from_email", "reply_to", "profile_id",
          "credential", "is_default")  # fmt: skip


@transaction.atomic
def create(*, by: rights.Actor, is_demo: bool = False, **values: Any) -> Account:
    """Add an account. A new default takes the place of the old one in the same transaction.

    `credential` names the secret CREDENTIAL_<NAME> of the environment; a secret itself is refused.
    Raises NotAllowed; Invalid naming each field that breaks a rule.
    """
    account = Account(is_demo=is_demo, **_known(values))
    _require(by, "add", account.format)
    _check(account)
    _store(account, by)
    log.info("account_added", account=account.pk, by=by and by.pk)
    return account


@transaction.atomic
def change(account: Account, *, by: rights.Actor, **values: Any) -> Account:
    """Change an account that was read at `account.version`; without a difference nothing is written.

    What was approved for another sender or account is asked about again. Raises NotAllowed; Invalid
    naming each field; WrongState with the code `version_mismatch` when somebody was faster.
    """
    row = Account.objects.select_for_update().get(pk=account.pk)
    if row.version != account.version:
        raise WrongState(
            "Somebody else changed this account since you read it. Read it again.",
            code="version_mismatch",
        )
    _require(by, "change", row.format)
    before = {name: getattr(row, name) for name in FIELDS}
    after = before | _known(values)
    if after == before:
        return row
    _require(by, "change", after["format"])
    for name, value in after.items():
        setattr(row, name, value)
    _check(row)
    row.version += 1
    _store(row, by, before)
    log.info("account_changed", account=row.pk, by=by and by.pk, fields=_changed(before, after))
    return row


@transaction.atomic
def delete(account: Account, *, by: rights.Actor) -> None:
    """Delete an account that nothing was ever planned for. Raises NotAllowed; WrongState otherwise."""
    _require(by, "delete", account.format)
    if account.is_default or ReleasePart.objects.filter(account=account).exists():
        raise WrongState(
            f"{account} is a default, or something was planned for it, and what went out stays "
            "readable. Switch it off instead."
        )
    account._history_user = by  # type: ignore[attr-defined]
    account.delete()
    log.info("account_deleted", key=account.key, by=by and by.pk)


def problems(account: Account) -> list[Problem]:
    """Return every rule that this account, stored or not, breaks; `attr` names the field."""
    try:
        channel = accounts.plan_of(account)
    except ImproperlyConfigured:
        known = ", ".join(sorted(settings.CHANNELS))
        return [Problem("unknown_channel", f"There is no such channel. Known: {known}.", "channel")]
    if account.format not in settings.FORMATS:
        known = ", ".join(settings.FORMATS)
        return [Problem("wrong_format", f"There is no such format. Known: {known}.", "format")]
    values = {name: getattr(account, name) for name in FIELDS}
    found = account_rules.problems(values, channel, secrets=settings.CREDENTIALS.values())
    if not settings.EMBEDDED:
        secret = settings.CREDENTIALS.get(account.credential, "")
        wrong = channel.account_problems(account.endpoint, secret)
        found += [Problem("not_for_production", said, field) for field, said in wrong.items()]
    if Account.objects.exclude(pk=account.pk).filter(key=account.key).exists():
        found.append(Problem("duplicate", "There is an account with this key already.", "key"))
    return found


def may(person: rights.Actor, act: str, format: str = "") -> bool:
    """Tell whether she may "add", "change" or "delete" accounts of this format ("": of any).

    Whoever may add accounts may delete them.
    """
    act = "add" if act == "delete" else act
    of_networks = (NETWORKS_RIGHT,) if not format or format in NETWORKS else ()
    return person is None or rights.may(person, f"publishing.{act}_account", *of_networks)


def _require(by: rights.Actor, act: str, format: str) -> None:
    if may(by, act, format):
        return
    right = f"publishing.{'add' if act == 'delete' else act}_account"
    if rights.may(by, NETWORKS_RIGHT):
        raise NotAllowed(
            f"You look after the accounts of networks ({', '.join(NETWORKS)}). "
            + rights.who_may(right)
        )
    rights.require(by, right, act=f"{act} accounts")


def _known(values: Mapping[str, Any]) -> dict[str, Any]:
    for name in values:
        if name not in FIELDS:
            raise Invalid([Problem("unknown_field", f"An account has no “{name}”.", name)])
    return {k: v.strip() if isinstance(v, str) else v for k, v in values.items()}


def _check(account: Account) -> None:
    if found := problems(account):
        raise Invalid(found)


def _store(account: Account, by: rights.Actor, before: Mapping[str, Any] | None = None) -> None:
    """Write the row and who wrote it, give up the old default, and look at approvals again."""
    with_same_default = Account.objects.filter(format=account.format, is_default=True)
    if account.is_default:
        for other in with_same_default.exclude(pk=account.pk).select_for_update():
            other.is_default, other.version = False, other.version + 1
            _save(other, by)
    try:
        with transaction.atomic():
            _save(account, by)
    except IntegrityError as error:
        raise WrongState("Somebody saved another account meanwhile; try again.") from error
    after = {name: getattr(account, name) for name in FIELDS}
    if before is None or set(_changed(before, after)) & set(SEALED):
        _reconsider({account.format, (before or after)["format"]})


def _save(account: Account, by: rights.Actor) -> None:
    account._history_user = by  # type: ignore[attr-defined]  # read by simple_history
    account.save()


def _changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    return [name for name in before if before[name] != after[name]]


def _reconsider(formats: set[str]) -> None:
    """Have the approvals of coming drafts looked at again; what has left keeps what it left with."""
    now = timezone.now()
    for review in _running(formats):
        draft = review.draft
        if not draft.slot_wall or slots.instant(draft.slot_wall, draft.zone) > now:
            reviews.reconsider(draft)


def _running(formats: set[str]) -> QuerySet[Review]:
    is_over = Q(status__in=Review.FINAL)
    rows = Review.objects.exclude(is_over).filter(draft__renditions__format__in=formats)
    return rows.select_related("draft").distinct()
