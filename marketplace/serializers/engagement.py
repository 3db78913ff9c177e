"""What the API tells about the kit of a purchase: facts, texts within the passport, steps."""

from typing import Any

from rest_framework import serializers

from marketplace.engagement import Channel
from marketplace.models import FollowUp


class CitedFactSerializer(serializers.Serializer[Any]):
    """One thing that is known of the lead, and who says so."""

    key = serializers.CharField()
    name = serializers.CharField()
    says = serializers.CharField()
    told_by = serializers.CharField(help_text="Whose advert or record tells it, and since when.")


class ChannelTextSerializer(serializers.Serializer[Any]):
    """What to say by one channel, or why nothing may be said by it."""

    channel = serializers.ChoiceField(choices=Channel.choices)
    why_not = serializers.CharField(help_text="Why there is no text; empty where there is.")
    subject = serializers.CharField()
    body = serializers.CharField(help_text="Plain text. What stands in [brackets] is the sender's to fill in.")
    cites = serializers.ListField(child=serializers.CharField(), help_text="Keys of the facts that it tells.")


class FollowUpSerializer(serializers.Serializer[Any]):
    """One step of the plan."""

    id = serializers.UUIDField()
    number = serializers.IntegerField()
    channel = serializers.ChoiceField(choices=Channel.choices)
    says = serializers.CharField()
    due_at = serializers.DateTimeField()
    state = serializers.ChoiceField(choices=FollowUp.State.choices)


class EngagementSerializer(serializers.Serializer[Any]):
    """What to say to the owner and when, within the passport's limits."""

    version = serializers.IntegerField(
        source="engagement.version", help_text="Counts up when the passport changes."
    )
    written_at = serializers.DateTimeField(source="engagement.written_at")
    writer = serializers.CharField(source="engagement.writer")
    time_zone = serializers.CharField(source="engagement.time_zone", help_text="The owner's; empty where unknown.")
    facts = CitedFactSerializer(many=True, source="engagement.facts")
    texts = ChannelTextSerializer(many=True)
    steps = FollowUpSerializer(many=True)
