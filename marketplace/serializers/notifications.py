"""What the API takes and tells about notifications."""

from typing import Any

from rest_framework import serializers

from marketplace.models import Notification, NotificationChoice
from marketplace.serializers.leads import PageSerializer


class NotificationSerializer(serializers.Serializer[Any]):
    """One fact told to the member."""

    id = serializers.UUIDField()
    kind = serializers.ChoiceField(choices=Notification.Kind.choices)
    says = serializers.CharField()
    path = serializers.CharField(help_text="The page that it is about, from `/` on.")
    made_at = serializers.DateTimeField()
    read_at = serializers.DateTimeField(allow_null=True)


class NotificationPageSerializer(PageSerializer):
    """A page of notifications, newest first."""

    results = NotificationSerializer(many=True)


class ReadSerializer(serializers.Serializer[Any]):
    """Which notifications were read; without ``ids`` all of them."""

    ids = serializers.ListField(child=serializers.UUIDField(), required=False, max_length=500)


class ReadReplySerializer(serializers.Serializer[Any]):
    """What is left to read."""

    unread = serializers.IntegerField()


class NotificationChoiceSerializer(serializers.Serializer[Any]):
    """Whether the member wants to hear of one kind of fact in one way."""

    kind = serializers.ChoiceField(choices=Notification.Kind.choices)
    channel = serializers.ChoiceField(choices=NotificationChoice.Channel.choices)
    is_wanted = serializers.BooleanField()
