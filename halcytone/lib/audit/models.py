"""The rows of the chain, and its head."""

from django.db import models


class Entry(models.Model):
    """One thing that somebody did. Append-only, and chained: each row holds the digest of the one before.

    Person and subject are kept as they were called then, without a foreign key: the row outlives them.
    """

    seq = models.BigIntegerField(primary_key=True)
    at = models.DateTimeField(db_index=True)
    actor_id = models.BigIntegerField(null=True, db_index=True)  # None = the machine
    actor = models.CharField(max_length=200, blank=True)  # the name of then
    kind = models.CharField(max_length=60, db_index=True)  # "review.decided"
    subject_type = models.CharField(max_length=40)
    subject_id = models.CharField(max_length=40)
    subject_label = models.CharField(max_length=250, blank=True)
    trail = models.CharField(
        max_length=60, blank=True, db_index=True
    )  # "draft:12": what it is about
    data = models.TextField()  # canonical JSON
    previous = models.CharField(max_length=64)
    sha256 = models.CharField(max_length=64)

    class Meta:
        ordering = ["seq"]
        verbose_name_plural = "entries"
        permissions = [
            ("view_own_entry", "Can see audit entries of own acts"),
            ("verify_chain", "Can verify the audit chain"),
        ]
        indexes = [models.Index(fields=["subject_type", "subject_id"], name="entry_by_subject")]

    def __str__(self) -> str:
        return f"{self.seq} {self.kind}"


class Head(models.Model):
    """The last link of the chain, signed: a row that is taken away at the end is missed."""

    seq = models.BigIntegerField(default=0)
    sha256 = models.CharField(max_length=64)
    signature = models.CharField(max_length=128)

    def __str__(self) -> str:
        return f"{self.seq}:{self.sha256[:12]}"
