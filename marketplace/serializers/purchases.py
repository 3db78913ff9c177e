"""What the API tells about purchases: passport, contact, receipt."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from leads.models import Outcome
from marketplace import delivery
from marketplace.models import Purchase
from marketplace.serializers.engagement import EngagementSerializer
from marketplace.serializers.leads import PageSerializer, PublicLeadSerializer
from marketplace.serializers.returns import ReturnSerializer


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


class CallingHoursSerializer(serializers.Serializer[Any]):
    """Whether the owner may be rung at this moment, by the clock where they are."""

    time_zone = serializers.CharField(help_text="IANA name; empty where nobody knows it.")
    is_calling_hour = serializers.BooleanField(
        allow_null=True, help_text="null where nobody knows the time there: then do not call."
    )


class PassportSerializer(serializers.Serializer[Any]):
    """What the buyer may do with the contact."""

    channels = ChannelsSerializer()
    consent = serializers.CharField()
    dnc_checked_at = serializers.DateTimeField(allow_null=True)
    quiet_hours = serializers.CharField()
    right_basis = serializers.CharField()
    issued_at = serializers.DateTimeField()
    valid_until = serializers.DateTimeField()
    calling_hours = CallingHoursSerializer()


_AS_ISSUED = ("consent", "dnc_checked_at", "quiet_hours", "right_basis", "issued_at", "valid_until")


def passport_now(purchase: Purchase) -> Any:
    """The passport as issued, with what the buyer may do by now."""
    return PassportSerializer(
        {
            **{name: getattr(purchase.passport, name) for name in _AS_ISSUED},
            "channels": delivery.channels_now(purchase),
            "calling_hours": delivery.calling_hours_now(purchase),
        }
    ).data


class PurchaseSerializer(serializers.Serializer[Any]):
    """A sale as its buyer knows it. The contact is at ``leads/{id}/contact/``."""

    id = serializers.UUIDField()
    lead = PublicLeadSerializer(source="lead.listing")
    state = serializers.ChoiceField(choices=["sold", "returned"], source="claim.state")
    list_price_credits = serializers.IntegerField(source="claim.list_price_credits")
    price_credits = serializers.IntegerField()
    bought_at = serializers.DateTimeField()
    bought_by = serializers.EmailField(source="membership.user.email")
    standing_order = serializers.UUIDField(
        source="claim.standing_order_id",
        allow_null=True,
        help_text="The standing order that bought it; null where a member did.",
    )
    assigned_to = serializers.EmailField(
        source="assignment.member.user.email",
        default=None,
        allow_null=True,
        help_text="Who works on it; null while nobody does.",
    )
    passport = serializers.SerializerMethodField()
    outcome = serializers.ChoiceField(choices=Outcome.Status.choices, allow_null=True)
    returned = ReturnSerializer(source="return_request", allow_null=True)

    @extend_schema_field(PassportSerializer)
    def get_passport(self, purchase: Purchase) -> Any:
        return passport_now(purchase)


class PurchaseDetailSerializer(PurchaseSerializer):
    """One purchase with its kit, which ``context["kit"]`` holds."""

    engagement = serializers.SerializerMethodField()

    @extend_schema_field(EngagementSerializer(allow_null=True))
    def get_engagement(self, purchase: Purchase) -> Any:
        kit = self.context["kit"]
        return kit and EngagementSerializer(kit).data


class ReceiptSerializer(serializers.Serializer[Any]):
    """What one checkout bought."""

    purchases = PurchaseSerializer(many=True)
    total_credits = serializers.IntegerField()
    balance_before_credits = serializers.IntegerField()
    balance_after_credits = serializers.IntegerField()


class UnlockedContactSerializer(serializers.Serializer[Any]):
    """One way to the owner."""

    name = serializers.CharField(allow_null=True)
    phone = serializers.CharField(allow_null=True)
    email = serializers.CharField(allow_null=True)
    source_name = serializers.CharField()
    objection = serializers.CharField(help_text="What another buyer found out about it; mostly empty.")


class ContactSerializer(serializers.Serializer[Any]):
    """The contact behind a purchase. Each look is recorded."""

    address_line = serializers.CharField()
    city = serializers.CharField()
    state_code = serializers.CharField()
    zip_code = serializers.CharField()
    contacts = UnlockedContactSerializer(many=True)
    passport = PassportSerializer()


class PurchasePageSerializer(PageSerializer):
    """A page of purchases, newest first."""

    results = PurchaseSerializer(many=True)
