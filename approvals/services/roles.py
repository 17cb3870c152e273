"""Whose voice somebody has: given and taken, each with its announcement."""

from typing import Any

from django.db import transaction

from approvals.models import RoleHolder
from approvals.signals import role_changed
from halcytone.lib import rights
from halcytone.lib.gathering import gathering


@transaction.atomic
@gathering()
def give(holder: RoleHolder, *, by: Any) -> None:
    """Save a holding, a new one or one that was changed."""
    rights.require(by, "approvals.change_roleholder", act="give approval roles")
    before = RoleHolder.objects.filter(pk=holder.pk).select_related("person").first()
    holder.save()
    if before and (before.person_id, before.role) == (holder.person_id, holder.role):
        return
    if before:
        role_changed.send(RoleHolder, holder=before, by=by, is_given=False)
    role_changed.send(RoleHolder, holder=holder, by=by, is_given=True)


@transaction.atomic
@gathering()
def take(holder: RoleHolder, *, by: Any) -> None:
    """End a holding."""
    rights.require(by, "approvals.delete_roleholder", act="take approval roles away")
    role_changed.send(RoleHolder, holder=holder, by=by, is_given=False)
    holder.delete()
