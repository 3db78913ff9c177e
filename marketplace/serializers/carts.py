"""What the API takes and tells about carts."""

from typing import Any

from rest_framework import serializers

from aiqleads.core.api import ProblemSerializer
from aiqleads.core.documents import DocumentSerializer, QuestionSerializer
from marketplace.serializers.leads import PublicLeadSerializer
from marketplace.services import Copies


class AddItemSerializer(QuestionSerializer):
    """Which lead to hold, and how many of its copies: one, or every one that is left."""

    lead = serializers.UUIDField()
    copies = serializers.ChoiceField(choices=[copies.value for copies in Copies], default=Copies.ONE)
    most_credits = serializers.IntegerField(
        required=False,
        min_value=1,
        max_value=10_000,
        help_text="What a copy was shown to cost: refused (409) where it costs more by now, and nothing is held.",
    )


class CheckOutSerializer(serializers.Serializer[Any]):
    """Which items of the cart to buy, and the total that was shown; without ``items`` everything that is held."""

    items = serializers.ListField(child=serializers.UUIDField(), required=False, min_length=1, max_length=100)
    total_credits = serializers.IntegerField(
        required=False, min_value=1, help_text="The purchase is refused (409) when it would cost another sum."
    )


class TopUpSerializer(CheckOutSerializer):
    """What to buy once the money lands, and which pack brings the credits."""

    pack = serializers.SlugField(max_length=40, help_text="A `code` of `credits/packs/`.")
    provider = serializers.SlugField(max_length=16, help_text="One of the `providers` there.")


class LostLineSerializer(serializers.Serializer[Any]):
    """A line of a checkout that cannot be bought, and why, in a sentence."""

    item = serializers.UUIDField()
    lead = serializers.UUIDField(allow_null=True)
    why = serializers.CharField()


class LinesLeftSerializer(serializers.Serializer[Any]):
    """What to send, under a new Idempotency-Key, to buy the lines that are left."""

    items = serializers.ListField(child=serializers.UUIDField())
    total_credits = serializers.IntegerField()


class CheckOutProblemSerializer(ProblemSerializer):
    """Why a checkout bought nothing, and where lines were lost, which and what is left."""

    lost = LostLineSerializer(many=True, required=False)
    left = LinesLeftSerializer(required=False)
    total_credits = serializers.IntegerField(
        required=False, help_text="What the lines cost, where it was not shown."
    )


class HoldSerializer(DocumentSerializer):
    """One hold, of one copy or several: its price, for all of them, is locked, and it ends by itself."""

    id = serializers.UUIDField(source="claim.pk")
    lead_id = serializers.UUIDField(source="claim.lead_id")
    copies = serializers.IntegerField()
    until = serializers.DateTimeField()
    max_until = serializers.DateTimeField(source="claim.max_until")
    list_price_credits = serializers.IntegerField()
    price_credits = serializers.IntegerField()


class CartItemSerializer(DocumentSerializer):
    """One line of the cart: a hold that runs or has just ended, of one copy or of several."""

    id = serializers.UUIDField(source="claim.pk")
    lead = PublicLeadSerializer(source="listing")
    copies = serializers.IntegerField()
    until = serializers.DateTimeField()
    max_until = serializers.DateTimeField(source="claim.max_until")
    is_live = serializers.BooleanField()
    may_extend = serializers.BooleanField()
    list_price_credits = serializers.IntegerField()
    price_credits = serializers.IntegerField()


class CartSerializer(DocumentSerializer):
    """The member's cart as of ``now``, the database's time."""

    items = CartItemSerializer(many=True)
    now = serializers.DateTimeField()
    total_credits = serializers.IntegerField()
    balance_credits = serializers.IntegerField()
    balance_after_credits = serializers.IntegerField()
