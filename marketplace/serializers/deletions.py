"""What the API tells of leads that their owners had deleted."""

from typing import Any

from rest_framework import serializers


class DeletionSerializer(serializers.Serializer[Any]):
    """When the buyer was asked to delete a purchase, and when they said that they did."""

    told_at = serializers.DateTimeField()
    confirmed_at = serializers.DateTimeField()
