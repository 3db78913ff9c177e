"""What the API takes and tells about carts."""

from typing import Any

from rest_framework import serializers

from marketplace.serializers.leads import PublicLeadSerializer


class AddItemSerializer(serializers.Serializer[Any]):
    """Which lead to hold."""

    lead = serializers.UUIDField()


class CheckOutSerializer(serializers.Serializer[Any]):
    """Which items of the cart to buy; without ``items`` everything that is held."""

    items = serializers.ListField(child=serializers.UUIDField(), required=False, min_length=1, max_length=100)


class HoldSerializer(serializers.Serializer[Any]):
    """One hold: its price is locked, and it ends by itself."""

    id = serializers.UUIDField()
    lead_id = serializers.UUIDField()
    until = serializers.DateTimeField()
    max_until = serializers.DateTimeField()
    list_price_credits = serializers.IntegerField()
    price_credits = serializers.IntegerField()


class CartItemSerializer(serializers.Serializer[Any]):
    """One line of the cart: a hold that runs or has just ended."""

    id = serializers.UUIDField(source="claim.pk")
    lead = PublicLeadSerializer(source="listing")
    until = serializers.DateTimeField()
    max_until = serializers.DateTimeField(source="claim.max_until")
    is_live = serializers.BooleanField()
    may_extend = serializers.BooleanField()
    list_price_credits = serializers.IntegerField(source="claim.list_price_credits")
    price_credits = serializers.IntegerField(source="claim.price_credits")


class CartSerializer(serializers.Serializer[Any]):
    """The member's cart as of ``now``, the database's time."""

    items = CartItemSerializer(many=True)
    now = serializers.DateTimeField()
    total_credits = serializers.IntegerField()
    balance_credits = serializers.IntegerField()
    balance_after_credits = serializers.IntegerField()
