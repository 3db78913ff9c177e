"""What the API tells about recommendations."""

from rest_framework import serializers

from marketplace.serializers.leads import LeadSerializer


class RecommendedSerializer(LeadSerializer):
    """An offer as in the list, and why it is recommended."""

    reason = serializers.CharField()
