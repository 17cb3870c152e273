"""Rights are asked for in the services, so that admin, API, command line and tasks obey the same."""

from typing import Any

from django.contrib.auth.models import Group

from halcytone.lib.errors import NotAllowed

#: A person, or None for the machine itself (the schedule), which needs no right.
Actor = Any


def require(person: Actor, permission: str, *, act: str) -> None:
    """Raise NotAllowed unless this person holds the permission. `act` completes "You may not …".

    The machine itself (None) needs no right. The sentence names the groups that may, so that the reader knows whom to ask.
    """
    if person is not None and not may(person, permission):
        raise NotAllowed(f"You may not {act}. {who_may(permission)}")


def may(person: Actor, *permissions: str) -> bool:
    """Tell whether this person is active and holds at least one of the permissions."""
    return bool(person.is_active) and any(person.has_perm(name) for name in permissions)


def who_may(permission: str) -> str:
    """Return a sentence that names the groups with this permission."""
    app_label, codename = permission.split(".")
    names = Group.objects.filter(
        permissions__codename=codename, permissions__content_type__app_label=app_label
    ).order_by("name")
    groups = ", ".join(name.replace("_", " ") for name in names.values_list("name", flat=True))
    return f"People in these groups can: {groups}." if groups else "Only an administrator can."
