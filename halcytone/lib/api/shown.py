"""Rows as the API shows them. What a serializer must know is found out once for its class.

A stock `ModelSerializer` makes its fields anew for every request, which costs more than showing the rows.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from operator import attrgetter
from typing import Any

from rest_framework import serializers
from rest_framework.fields import Field, SkipField

#: Takes the serializer that shows and the row; returns what JSON can say.
Way = Callable[[Any, Any], Any]
#: What a value of this very type looks like when a field of this kind shows it.
QUICK: tuple[tuple[type[Field], type, Callable[[Any], Any]], ...] = (
    (serializers.CharField, str, str),
    (serializers.CharField, int, str),
    (serializers.ChoiceField, str, str),
    (serializers.IntegerField, int, int),
    (serializers.BooleanField, bool, bool),
)


class Shown(serializers.ModelSerializer):
    """A serializer that only shows. A row without the source of a field shows null there.

    Fields are shared by all requests: only methods (`get_…`) are given the serializer of this request,
    and a serializer inside another one has no context.
    """

    _ways: tuple[tuple[str, Way], ...]

    def to_representation(self, instance: Any) -> dict[str, Any]:
        return {name: way(self, instance) for name, way in self._known_ways()}

    @classmethod
    def _known_ways(cls) -> tuple[tuple[str, Way], ...]:
        if "_ways" not in cls.__dict__:
            fields = cls()._readable_fields
            cls._ways = tuple((str(field.field_name), _way(field)) for field in fields)
        return cls._ways


def moment(value: datetime) -> str:
    """Return an aware time in UTC as ISO 8601 with `Z`."""
    return value.astimezone(UTC).isoformat().removesuffix("+00:00") + "Z"


def _way(field: Any) -> Way:
    if isinstance(field, serializers.SerializerMethodField):
        name = str(field.method_name)
        return lambda serializer, row: getattr(serializer, name)(row)
    if field.source == "*":
        return lambda serializer, row: field.to_representation(row)
    read = attrgetter(".".join(field.source_attrs))
    quick = {kind: show for shown, kind, show in QUICK if isinstance(field, shown)}
    if isinstance(field, serializers.DateTimeField):
        quick[datetime] = moment

    def way(_serializer: Any, row: Any) -> Any:
        try:
            value = read(row)
        except AttributeError:  # also of a relation that is not there
            return _slowly(field, row)
        if value is None:
            return None
        show = quick.get(type(value))
        return _slowly(field, row) if show is None else show(value)

    return way


def _slowly(field: Any, row: Any) -> Any:
    """Show one field as the framework does: it also calls what is callable, and knows defaults."""
    try:
        value = field.get_attribute(row)
    except SkipField:
        return None
    return None if value is None else field.to_representation(value)
