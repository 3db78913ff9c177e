"""What the API takes and tells about standing orders."""

from typing import Any

from rest_framework import serializers

from marketplace.models import StandingOrder
from marketplace.standing_terms import MOST_CREDITS, MOST_LEADS


class SpentSerializer(serializers.Serializer[Any]):
    """What an order bought today and this month, by UTC."""

    daily_leads = serializers.IntegerField()
    daily_credits = serializers.IntegerField()
    monthly_leads = serializers.IntegerField()
    monthly_credits = serializers.IntegerField()


class OrderConsentSerializer(serializers.Serializer[Any]):
    """That its member agreed to it."""

    given_at = serializers.DateTimeField()
    version = serializers.CharField()
    text = serializers.CharField()


class StandingOrderSerializer(serializers.Serializer[Any]):
    """An order to buy matching leads: an ``OrderView``."""

    id = serializers.UUIDField(source="order.pk", read_only=True)
    name = serializers.CharField(source="order.name", max_length=80, required=False, allow_blank=True)
    query = serializers.CharField(
        source="order.query",
        max_length=30_000,
        required=False,
        allow_blank=True,
        help_text="Filters as in `GET leads/`: `state=TX&beds_min=3`; may be empty with a territory.",
    )
    territory = serializers.UUIDField(source="order.territory_id", required=False, allow_null=True)
    most_credits_per_lead = serializers.IntegerField(
        source="order.most_credits_per_lead", min_value=1, max_value=10_000
    )
    daily_leads = serializers.IntegerField(source="order.daily_leads", min_value=1, max_value=MOST_LEADS)
    daily_credits = serializers.IntegerField(source="order.daily_credits", min_value=1, max_value=MOST_CREDITS)
    monthly_leads = serializers.IntegerField(source="order.monthly_leads", min_value=1, max_value=MOST_LEADS)
    monthly_credits = serializers.IntegerField(source="order.monthly_credits", min_value=1, max_value=MOST_CREDITS)
    state = serializers.ChoiceField(source="order.state", choices=StandingOrder.State.choices, read_only=True)
    paused_because = serializers.CharField(source="order.paused_because", read_only=True)
    spent = SpentSerializer(read_only=True)
    text = serializers.CharField(read_only=True, help_text="What has to be agreed to before it buys anything.")
    terms = serializers.CharField(read_only=True, help_text="A short name of that text, to agree to it by.")
    consent = OrderConsentSerializer(source="order.consent", read_only=True, allow_null=True)


class AgreeSerializer(serializers.Serializer[Any]):
    """Which text is agreed to."""

    terms = serializers.CharField(max_length=16, help_text="`terms` as the order told it.")
