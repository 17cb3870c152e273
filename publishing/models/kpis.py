"""What the team wants to reach, as rows that people can change."""

from decimal import Decimal

from django.db import models


class Kpi(models.Model):
    """One figure that the team wants to reach: above, or below, a value."""

    class Group(models.TextChoices):
        MAIL = "mail", "Mail"
        WEB = "web", "Web"
        SOCIAL = "social", "Networks"
        RELEASE = "release", "Releases"

    class Direction(models.TextChoices):
        ABOVE = "above", "more than"
        BELOW = "below", "less than"

    key = models.SlugField(unique=True)
    name = models.CharField(max_length=100)
    group = models.CharField(max_length=10, choices=Group)
    direction = models.CharField(max_length=10, choices=Direction)
    value = models.DecimalField(max_digits=12, decimal_places=3)
    unit = models.CharField(max_length=20, default="%")
    definition = models.CharField(max_length=300, blank=True)
    is_enabled = models.BooleanField(default=True)

    class Meta:
        ordering = ["group", "pk"]

    def __str__(self) -> str:
        return self.name

    @property
    def words(self) -> str:
        """Return the target as people write it: "> 25 %"."""
        sign = ">" if self.direction == self.Direction.ABOVE else "<"
        return f"{sign} {self.value.normalize():f} {self.unit}"

    def is_met_by(self, value: float) -> bool:
        """Tell whether a measured value reaches the target."""
        measured = Decimal(str(value))
        is_above = self.direction == self.Direction.ABOVE
        return measured > self.value if is_above else measured < self.value
