"""What the API tells about what bought leads cost and brought."""

from typing import Any

from rest_framework import serializers


class PerformanceSerializer(serializers.Serializer[Any]):
    """What one group of leads cost and brought. Rates are shares of the leads that were kept."""

    bought = serializers.IntegerField()
    returned = serializers.IntegerField()
    kept = serializers.IntegerField()
    spent_credits = serializers.IntegerField()
    credited_credits = serializers.IntegerField(help_text="For leads that were given back.")
    net_credits = serializers.IntegerField()
    contacted = serializers.IntegerField()
    appointments = serializers.IntegerField()
    listed = serializers.IntegerField()
    lost = serializers.IntegerField()
    contact_rate = serializers.FloatField(source="contact_rate.ratio", allow_null=True)
    appointment_rate = serializers.FloatField(source="appointment_rate.ratio", allow_null=True)
    listing_rate = serializers.FloatField(
        source="listing_rate.ratio", allow_null=True, help_text="From 0 to 1; null where no lead was kept."
    )
    cost_per_listing_credits = serializers.IntegerField(allow_null=True)


class ReportLineSerializer(serializers.Serializer[Any]):
    """One row of a table."""

    name = serializers.CharField()
    figures = PerformanceSerializer()


class ReportSerializer(serializers.Serializer[Any]):
    """The figures that the caller may see, together and broken down."""

    since = serializers.DateField(source="period.since")
    until = serializers.DateField(source="period.until", help_text="Included.")
    is_whole = serializers.BooleanField(help_text="The organisation's figures, not the caller's own leads alone.")
    total = PerformanceSerializer()
    by_member = ReportLineSerializer(many=True, source="tables.member")
    by_source = ReportLineSerializer(many=True, source="tables.source")
    by_tier = ReportLineSerializer(many=True, source="tables.tier")
