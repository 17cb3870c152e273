"""What people know of a place beyond what its channel states."""

from django.db import models
from django.db.models import Q
from simple_history.models import HistoricalRecords

from publishing.models.accounts import Account


class PassportValue(models.Model):
    """One value of a passport that stands in place of the channel's own, for all its accounts or for one.

    `value` is JSON as `publishing.channels.passport.stored` writes it. Somebody looks at it again on
    `review_on`, which is why it says why it is there.
    """

    channel = models.CharField(max_length=40)
    account = models.ForeignKey(
        Account, models.CASCADE, null=True, blank=True, related_name="passport_values"
    )
    name = models.CharField(max_length=60)
    value = models.JSONField(null=True)
    reason = models.CharField(max_length=300)
    review_on = models.DateField()
    version = models.PositiveIntegerField(default=1, editable=False)

    history = HistoricalRecords()

    class Meta:
        ordering = ["channel", "account", "name"]
        constraints = [
            models.UniqueConstraint(
                fields=["channel", "name"],
                condition=Q(account__isnull=True),
                name="one_value_a_channel",
            ),
            models.UniqueConstraint(
                fields=["account", "name"],
                condition=Q(account__isnull=False),
                name="one_value_an_account",
            ),
            models.CheckConstraint(condition=Q(reason__gt=""), name="a_value_says_why"),
        ]

    def __str__(self) -> str:
        return f"{self.name} of {self.account or self.channel}"
