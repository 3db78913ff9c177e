"""What leaves with a bought lead, and what the API tells about deliveries and their receivers."""

from typing import Any

from rest_framework import serializers

from marketplace.models import CHOSEN_EVENTS, Delivery, DeliveryEvent
from marketplace.serializers.leads import PageSerializer
from marketplace.serializers.purchases import PurchaseSerializer, UnlockedContactSerializer


class BoughtLeadSerializer(serializers.Serializer[Any]):
    """The ``data`` of ``lead.purchased``: the purchase with its passport, the address, and the contact.

    A phone number is null where neither calls nor texts are allowed, an e-mail address where e-mail is not.
    """

    purchase = PurchaseSerializer()
    address_line = serializers.CharField(source="lead.address_line")
    city = serializers.CharField(source="lead.city")
    state_code = serializers.CharField(source="lead.state_code")
    zip_code = serializers.CharField(source="lead.zip_code")
    post_address = serializers.CharField(
        help_text="Where an owner who lives elsewhere gets their post; mostly empty."
    )
    contacts = UnlockedContactSerializer(many=True)
    page_url = serializers.CharField(help_text="Where people see it, with what stays out here.")


class TrySerializer(serializers.Serializer[Any]):
    """One try at a delivery; without ``finished_at`` it is being made."""

    number = serializers.IntegerField()
    started_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField(allow_null=True)
    status = serializers.IntegerField(allow_null=True, help_text="The HTTP status that was answered.")
    duration_ms = serializers.IntegerField(allow_null=True)
    error = serializers.CharField()


class DeliveryLogSerializer(serializers.Serializer[Any]):
    """One fact on its way to one receiver. ``id`` is the ``webhook-id`` of every try."""

    id = serializers.UUIDField()
    channel = serializers.ChoiceField(choices=Delivery.Channel.choices)
    event = serializers.ChoiceField(choices=DeliveryEvent.choices)
    purchase = serializers.UUIDField(source="purchase_id", allow_null=True)
    state = serializers.ChoiceField(choices=Delivery.State.choices)
    why = serializers.CharField(help_text="Why it was given up or called back.")
    made_at = serializers.DateTimeField()
    next_try_at = serializers.DateTimeField(allow_null=True)
    settled_at = serializers.DateTimeField(allow_null=True)
    shape = serializers.JSONField(help_text="The fields that were sent and their kinds, without values.")
    tries = TrySerializer(source="all_tries", many=True)


class DeliveryLogPageSerializer(PageSerializer):
    """A page of deliveries, newest first."""

    results = DeliveryLogSerializer(many=True)


class WebhookSerializer(serializers.Serializer[Any]):
    """A webhook as its owners know it; the secret is told once, when it is made or changed."""

    id = serializers.UUIDField()
    url = serializers.CharField()
    events = serializers.ListField(child=serializers.ChoiceField(choices=CHOSEN_EVENTS))
    is_on = serializers.BooleanField()
    off_because = serializers.CharField()
    is_failing = serializers.BooleanField(help_text="Whether it did not take what it was sent last.")
    made_at = serializers.DateTimeField()


class NewWebhookSerializer(WebhookSerializer):
    """The same with its secret, told this once."""

    secret = serializers.CharField()


class WebhookWishSerializer(serializers.Serializer[Any]):
    """A webhook to keep."""

    url = serializers.CharField(max_length=2000, help_text="https, on the public network.")
    events = serializers.ListField(
        child=serializers.ChoiceField(choices=CHOSEN_EVENTS),
        default=[DeliveryEvent.PURCHASED.value],
        min_length=1,
    )


class WebhookChangeSerializer(WebhookWishSerializer):
    """What to change about one; what is not named stays."""

    is_on = serializers.BooleanField(required=False)

    def get_fields(self) -> dict[str, Any]:
        """Nothing is needed, and nothing is filled in."""
        fields = super().get_fields()
        for field in fields.values():
            field.required, field.default = False, serializers.empty
        return fields


class ReplayedSerializer(serializers.Serializer[Any]):
    """How many deliveries are on their way again."""

    deliveries = serializers.IntegerField()


class FollowUpBossSerializer(serializers.Serializer[Any]):
    """Whether bought leads go to a Follow Up Boss account; its key is never told."""

    is_on = serializers.BooleanField()
    off_because = serializers.CharField()
    is_failing = serializers.BooleanField()
    made_at = serializers.DateTimeField()


class FollowUpBossKeySerializer(serializers.Serializer[Any]):
    """The key of an account, from Admin → API there."""

    key = serializers.CharField(max_length=200, write_only=True)


class DeliverySettingsSerializer(serializers.Serializer[Any]):
    """Whether a bought lead is mailed to the member who bought it."""

    is_mailed = serializers.BooleanField()
