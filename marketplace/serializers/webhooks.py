"""What a webhook is sent: one envelope, and its ``data`` by event. ``messages.webhooks`` writes the messages."""

from typing import Any, Final

from rest_framework import serializers

from marketplace.models import DeliveryEvent, Return
from marketplace.return_rules import Reason
from marketplace.serializers.deliveries import BoughtLeadSerializer


class EnvelopeSerializer(serializers.Serializer[Any]):
    """What every message has. ``id`` is the ``webhook-id`` of each try: keep those you have seen."""

    id = serializers.UUIDField()
    timestamp = serializers.DateTimeField(help_text="When it happened; `webhook-timestamp` says when it was sent.")


class ReturnDecidedSerializer(serializers.Serializer[Any]):
    """A return was decided, or a purchase credited without one."""

    purchase = serializers.UUIDField()
    lead = serializers.UUIDField()
    decision = serializers.ChoiceField(choices=Return.State.choices)
    ground = serializers.ChoiceField(choices=Reason.choices)
    credited_credits = serializers.IntegerField()


class PriceDroppedSerializer(serializers.Serializer[Any]):
    """A lead on a watchlist costs less."""

    lead = serializers.UUIDField()
    list_price_credits = serializers.IntegerField()
    list_price_before_credits = serializers.IntegerField()


class HoldEndedSerializer(serializers.Serializer[Any]):
    """A hold ended without a purchase."""

    lead = serializers.UUIDField()
    ended_at = serializers.DateTimeField()


class TestSerializer(serializers.Serializer[Any]):
    """A test, sent by hand."""

    says = serializers.CharField()


class LeadPurchasedMessageSerializer(EnvelopeSerializer):
    """A lead was bought."""

    type = serializers.ChoiceField(choices=[DeliveryEvent.PURCHASED.value])
    data = BoughtLeadSerializer()  # type: ignore[assignment]


class ReturnDecidedMessageSerializer(EnvelopeSerializer):
    """A return was decided."""

    type = serializers.ChoiceField(choices=[DeliveryEvent.RETURN_DECIDED.value])
    data = ReturnDecidedSerializer()  # type: ignore[assignment]


class LeadPriceDroppedMessageSerializer(EnvelopeSerializer):
    """A watched lead costs less."""

    type = serializers.ChoiceField(choices=[DeliveryEvent.PRICE_DROPPED.value])
    data = PriceDroppedSerializer()  # type: ignore[assignment]


class HoldEndedMessageSerializer(EnvelopeSerializer):
    """A hold ended."""

    type = serializers.ChoiceField(choices=[DeliveryEvent.HOLD_ENDED.value])
    data = HoldEndedSerializer()  # type: ignore[assignment]


class WebhookTestMessageSerializer(EnvelopeSerializer):
    """A test."""

    type = serializers.ChoiceField(choices=[DeliveryEvent.TEST.value])
    data = TestSerializer()  # type: ignore[assignment]


MESSAGES: Final[dict[DeliveryEvent, type[EnvelopeSerializer]]] = {
    DeliveryEvent.PURCHASED: LeadPurchasedMessageSerializer,
    DeliveryEvent.RETURN_DECIDED: ReturnDecidedMessageSerializer,
    DeliveryEvent.PRICE_DROPPED: LeadPriceDroppedMessageSerializer,
    DeliveryEvent.HOLD_ENDED: HoldEndedMessageSerializer,
    DeliveryEvent.TEST: WebhookTestMessageSerializer,
}
