"""What the API takes and tells about leads, carts and purchases.

A lead is its public view: every field is named here, so that a new column stays hidden until somebody decides.
"""

import math
from typing import Any, Final

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from leads import usps
from leads.models import Kind, SourceRight, Tier
from marketplace.cards import Offer
from marketplace.filters import ListingFilters, Sort

MOST_DOLLARS: Final = 999_999_999
DEFAULT_RADIUS_MILES: Final = 10.0


@extend_schema_field(OpenApiTypes.STR)
class PointField(serializers.Field[tuple[float, float], str, str, Any]):
    """``latitude,longitude`` in degrees."""

    default_error_messages = {"point": "Enter latitude,longitude in degrees, such as 30.27,-97.74."}

    def to_internal_value(self, data: str) -> tuple[float, float]:
        try:
            latitude, longitude = (float(part) for part in data.split(","))
        except (AttributeError, ValueError):
            self.fail("point")
        if not (abs(latitude) <= 90 and abs(longitude) <= 180):  # false for NaN too
            self.fail("point")
        return latitude, longitude

    def to_representation(self, value: tuple[float, float]) -> str:
        return "{},{}".format(*value)


class FiniteFloatField(serializers.FloatField):
    """A number; neither NaN, which passes every bound, nor an infinity."""

    def to_internal_value(self, data: Any) -> float:
        number = super().to_internal_value(data)
        if not math.isfinite(number):
            self.fail("invalid")
        return number


class FilterSerializer(serializers.Serializer[Any]):
    """The query of a search."""

    q = serializers.CharField(required=False, allow_blank=True, max_length=120, help_text="Words.")
    near = PointField(required=False, help_text="`latitude,longitude` in degrees.")
    radius_miles = FiniteFloatField(
        required=False, min_value=0.1, max_value=500, help_text="With `near`; 10 unless told."
    )
    state = serializers.CharField(required=False, allow_blank=True, max_length=40)
    city = serializers.CharField(required=False, allow_blank=True, max_length=80)
    zip = serializers.RegexField(r"^[0-9]{5}\Z", required=False)
    kind = serializers.MultipleChoiceField(choices=Kind.choices, required=False)
    tier = serializers.MultipleChoiceField(choices=Tier.choices, required=False)
    beds_min = FiniteFloatField(required=False, min_value=0, max_value=100)
    baths_min = FiniteFloatField(required=False, min_value=0, max_value=100)
    price_max = serializers.IntegerField(required=False, min_value=1, max_value=10_000, help_text="Credits.")
    asking_min = serializers.IntegerField(
        required=False, min_value=0, max_value=MOST_DOLLARS, help_text="US dollars."
    )
    asking_max = serializers.IntegerField(
        required=False, min_value=0, max_value=MOST_DOLLARS, help_text="US dollars."
    )
    quality_min = serializers.IntegerField(required=False, min_value=0, max_value=100)
    sort = serializers.ChoiceField(choices=[sort.value for sort in Sort], required=False)

    def validate_state(self, state: str) -> str:
        code = usps.state_code(state)
        if state and code is None:
            raise serializers.ValidationError("Enter a US state, such as TX.")
        return code or ""

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if "radius_miles" in attrs and "near" not in attrs:
            raise serializers.ValidationError({"radius_miles": "Say with near where the circle's centre is."})
        if attrs.get("asking_min", 0) > attrs.get("asking_max", MOST_DOLLARS):
            raise serializers.ValidationError({"asking_max": "Enter an amount above asking_min."})
        return attrs

    def filters(self) -> ListingFilters:
        """The typed filters of a valid query."""
        asked = dict(self.validated_data)
        asked |= {name: tuple(sorted(asked[name])) for name in ("kind", "tier") if name in asked}
        if "near" in asked:
            asked.setdefault("radius_miles", DEFAULT_RADIUS_MILES)
        return ListingFilters(**{**asked, "sort": Sort(asked.get("sort", Sort.NEWEST))})


class ReasonSerializer(serializers.Serializer[Any]):
    """One piece of evidence for the score."""

    part = serializers.CharField()
    points = serializers.IntegerField()
    says = serializers.CharField(default="")


class PricePartSerializer(serializers.Serializer[Any]):
    """One part of the list price."""

    part = serializers.CharField()
    credits = serializers.IntegerField()
    says = serializers.CharField(default="")


class PublicLeadSerializer(serializers.Serializer[Any]):
    """The public view of a lead, from its listing. The point lies 300–800 m from the home."""

    id = serializers.UUIDField(source="lead_id")
    kind = serializers.ChoiceField(choices=Kind.choices)
    tier = serializers.ChoiceField(choices=Tier.choices)
    quality_score = serializers.IntegerField()
    city = serializers.CharField()
    state_code = serializers.CharField()
    zip_code = serializers.CharField()
    street = serializers.CharField(help_text="Without number.")
    latitude = serializers.FloatField(allow_null=True)
    longitude = serializers.FloatField(allow_null=True)
    property_type = serializers.CharField()
    beds = serializers.FloatField(allow_null=True)
    baths = serializers.FloatField(allow_null=True)
    area_sqft = serializers.IntegerField(allow_null=True)
    asking_price_cents = serializers.IntegerField(allow_null=True)
    price_period = serializers.CharField()
    summary = serializers.CharField()
    image_count = serializers.IntegerField()
    source_name = serializers.CharField(help_text="The kind of source.")
    right_basis = serializers.ChoiceField(choices=SourceRight.Basis.choices)
    reasons = ReasonSerializer(many=True)
    posted_at = serializers.DateTimeField(allow_null=True)
    first_seen_at = serializers.DateTimeField()
    listed_at = serializers.DateTimeField()
    copies = serializers.IntegerField()
    copies_left = serializers.IntegerField()


class LeadSerializer(serializers.Serializer[Any]):
    """An offer as the caller sees it: a ``LeadCard``."""

    lead = PublicLeadSerializer(source="listing")
    list_price_credits = serializers.IntegerField(source="listing.price_credits")
    price_credits = serializers.IntegerField(help_text="After the plan's discount: what a hold locks now.")
    offer = serializers.ChoiceField(choices=[(offer.value, offer.value) for offer in Offer])
    until = serializers.DateTimeField(allow_null=True, help_text="When the hold in the way, or one's own, ends.")

    def to_representation(self, instance: Any) -> dict[str, Any]:
        card = super().to_representation(instance)
        return {**card.pop("lead"), **card}


class LeadDetailSerializer(LeadSerializer):
    """As in the list, with what the list price is made of."""

    price_parts = PricePartSerializer(many=True, source="listing.quote.parts")


class PriceSerializer(serializers.Serializer[Any]):
    """A list price and since when it was asked."""

    quoted_at = serializers.DateTimeField()
    price_credits = serializers.IntegerField()


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


class ChannelSerializer(serializers.Serializer[Any]):
    """Whether the owner may be reached in one way, and why."""

    is_allowed = serializers.BooleanField()
    why = serializers.CharField()


class ChannelsSerializer(serializers.Serializer[Any]):
    """The four ways to reach an owner."""

    call = ChannelSerializer()
    text = ChannelSerializer()
    email = ChannelSerializer()
    post = ChannelSerializer()


class PassportSerializer(serializers.Serializer[Any]):
    """What the buyer may do with the contact."""

    channels = ChannelsSerializer()
    consent = serializers.CharField()
    dnc_checked_at = serializers.DateTimeField(allow_null=True)
    quiet_hours = serializers.CharField()
    right_basis = serializers.CharField()
    issued_at = serializers.DateTimeField()
    valid_until = serializers.DateTimeField()


class PurchaseSerializer(serializers.Serializer[Any]):
    """A sale as its buyer knows it. The contact is at ``leads/{id}/contact/``."""

    id = serializers.UUIDField()
    lead = PublicLeadSerializer(source="lead.listing")
    state = serializers.ChoiceField(choices=["sold", "returned"], source="claim.state")
    list_price_credits = serializers.IntegerField(source="claim.list_price_credits")
    price_credits = serializers.IntegerField()
    bought_at = serializers.DateTimeField()
    bought_by = serializers.EmailField(source="membership.user.email")
    passport = PassportSerializer()


class ReceiptSerializer(serializers.Serializer[Any]):
    """What one checkout bought."""

    purchases = PurchaseSerializer(many=True)
    total_credits = serializers.IntegerField()


class UnlockedContactSerializer(serializers.Serializer[Any]):
    """One way to the owner."""

    name = serializers.CharField(allow_null=True)
    phone = serializers.CharField(allow_null=True)
    email = serializers.CharField(allow_null=True)
    source_name = serializers.CharField()


class ContactSerializer(serializers.Serializer[Any]):
    """The contact behind a purchase. Each look is recorded."""

    address_line = serializers.CharField()
    city = serializers.CharField()
    state_code = serializers.CharField()
    zip_code = serializers.CharField()
    contacts = UnlockedContactSerializer(many=True)
    passport = PassportSerializer()


class PageSerializer(serializers.Serializer[Any]):
    """A page by position."""

    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)


class LeadPageSerializer(PageSerializer):
    """A page of offers."""

    results = LeadSerializer(many=True)


class PricePageSerializer(PageSerializer):
    """A page of list prices, newest first."""

    results = PriceSerializer(many=True)


class PurchasePageSerializer(PageSerializer):
    """A page of purchases, newest first."""

    results = PurchaseSerializer(many=True)
