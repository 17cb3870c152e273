"""What a release costs, as the API shows it."""

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from publishing.services import release_costs


class CostLineSerializer(serializers.Serializer):
    """Amounts are strings in `currency`; `has_prices` is false where the passport states none."""

    format = serializers.CharField()
    account = serializers.CharField()
    channel = serializers.CharField()
    currency = serializers.CharField()
    has_prices = serializers.BooleanField()
    planned = serializers.CharField()
    real = serializers.CharField()
    planned_acts = serializers.DictField(child=serializers.IntegerField())
    real_acts = serializers.DictField(child=serializers.IntegerField())


class CostTotalSerializer(serializers.Serializer):
    currency = serializers.CharField()
    planned = serializers.CharField()
    real = serializers.CharField()


class CostSerializer(serializers.Serializer):
    """What a release costs: `planned` is all of it, `real` what is confirmed. Sums are by currency."""

    lines = CostLineSerializer(many=True)
    totals = serializers.SerializerMethodField()

    @extend_schema_field(CostTotalSerializer(many=True))
    def get_totals(self, cost: release_costs.Cost) -> list[dict[str, str]]:
        return [
            {"currency": currency, "planned": str(planned), "real": str(real)}
            for currency, (planned, real) in cost.totals.items()
        ]
