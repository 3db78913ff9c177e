"""What the API tells of a place in a queue."""

from typing import Any

from rest_framework import serializers


class WaitingSerializer(serializers.Serializer[Any]):
    """The caller's place on the waitlist of a lead."""

    lead_id = serializers.UUIDField()
    place = serializers.IntegerField(help_text="From 1.")
    length = serializers.IntegerField(help_text="How many organisations wait.")
    turn_until = serializers.DateTimeField(
        allow_null=True, help_text="Until when the caller alone may hold the lead; null while it is not their turn."
    )
