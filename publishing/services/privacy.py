"""How much is counted of each reader: what she said, and at most what the account may.

`individual` for those who agreed, `off` for those who said no, `aggregate` for all others. The choice is
made with the row and kept in its merge values under `MARK`, so that the same mail can be made again.
"""

from django.conf import settings
from django.db.models import Case, CharField, Value, When
from django.db.models.expressions import Expression

from publishing.acts import Act
from publishing.models import Account, Delivery
from segmentation import matching
from segmentation.models import Channel, Consent, Purpose

Tracking = Account.Tracking
MARK = "t"
#: What stands in `Delivery.merge`; absent = aggregate.
INDIVIDUAL, OFF = "i", "o"
_WORDS = {INDIVIDUAL: Tracking.INDIVIDUAL, OFF: Tracking.OFF}


def most(account: Account) -> str:
    """Return how much the account may count at most, a value of `Account.Tracking`."""
    order = [Tracking.OFF, Tracking.AGGREGATE, Tracking.INDIVIDUAL]
    both = (Tracking(settings.TRACKING), Tracking(account.tracking or settings.TRACKING))
    return min(both, key=order.index)


def of(row: Delivery | Act) -> str:
    """Return how this row's mail is or was tracked, a value of `Account.Tracking`."""
    return mode(row.merge.get(MARK))


def mode(mark: str | None) -> str:
    """Return what a mark of `merge` means, a value of `Account.Tracking`."""
    return _WORDS.get(mark or "", Tracking.AGGREGATE)


def mark(account: Account) -> Expression:
    """Return an expression over contacts: what goes into `merge` under `MARK`, or NULL for nothing."""
    nothing = Value(None, output_field=CharField(max_length=1))
    allowed = most(account)
    if allowed == Tracking.OFF:
        return Value(OFF, output_field=CharField(max_length=1))
    answers = Consent.objects.filter(channel=Channel.EMAIL, purpose=Purpose.TRACKING, list="")
    if not answers.exists():
        return nothing
    yes = INDIVIDUAL if allowed == Tracking.INDIVIDUAL else None
    said = (
        When(matching.answered(Purpose.TRACKING, Channel.EMAIL, "", is_given), then=Value(value))
        for is_given, value in ((True, yes), (False, OFF))
    )
    return Case(*said, default=nothing, output_field=CharField(max_length=1))
