"""What the API takes and tells about the steps that are due."""

from typing import Any

from rest_framework import serializers

from marketplace import services
from marketplace.serializers.engagement import FollowUpSerializer


class ReminderSerializer(FollowUpSerializer):
    """One step of a plan that is due, and whose."""

    purchase = serializers.UUIDField(source="engagement_id")
    lead = serializers.UUIDField(source="engagement.purchase.lead_id")


class ChangeReminderSerializer(serializers.Serializer[Any]):
    """What to do with a step."""

    action = serializers.ChoiceField(choices=services.Action.choices)
