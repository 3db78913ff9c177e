"""What the API takes and tells about devices."""

from typing import Any

from rest_framework import serializers

from marketplace.models import Device


class RegisterDeviceSerializer(serializers.Serializer[Any]):
    """One app on one telephone."""

    token = serializers.CharField(max_length=4096, help_text="The registration token of Firebase Cloud Messaging.")
    platform = serializers.ChoiceField(choices=Device.Platform.choices, default=Device.Platform.ANDROID)
    name = serializers.CharField(max_length=60, allow_blank=True, default="", help_text="As its owner calls it.")


class DeviceSerializer(serializers.Serializer[Any]):
    """A device that the member is told on. Its token is never told."""

    id = serializers.UUIDField()
    platform = serializers.ChoiceField(choices=Device.Platform.choices)
    name = serializers.CharField()
    registered_at = serializers.DateTimeField()
