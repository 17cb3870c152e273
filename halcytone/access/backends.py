"""What a person may do: the same as in Django's own backend, asked for once or not at all."""

from collections.abc import Collection
from functools import cache
from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import Permission


class Rights(ModelBackend):
    """Asks for the permissions of a person and of her groups together; a sign-in by key brought them."""

    def get_all_permissions(self, user_obj: Any, obj: Any = None) -> set[str]:
        is_asked = hasattr(user_obj, "_perm_cache")  # where Django keeps the answer
        if not is_asked and obj is None and user_obj.is_active and not user_obj.is_superuser:
            user_obj._perm_cache = _named(user_obj.permission_ids())
        return super().get_all_permissions(user_obj, obj)


@cache
def names() -> dict[int, str]:
    """Return the name (`app.codename`) of each permission: migrations write them, nobody else."""
    rows = Permission.objects.values_list("pk", "content_type__app_label", "codename").order_by()
    return {pk: f"{app_label}.{codename}" for pk, app_label, codename in rows}


def _named(ids: Collection[int]) -> set[str]:
    if not names().keys() >= set(ids):  # written since this process looked
        names.cache_clear()
    known = names()
    return {known[id] for id in ids}
