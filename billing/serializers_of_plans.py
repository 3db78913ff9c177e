"""What the API tells about plans and subscriptions."""

from typing import Any

from rest_framework import serializers

from billing.models import Plan, Subscription
from billing.selectors import PlanPreview


class PlanSerializer(serializers.ModelSerializer[Plan]):
    """A plan on offer: what it costs a month, tax left out, and what it grants."""

    may_extend = serializers.BooleanField(help_text="Whether a hold can be made longer, up to the end of its cart.")

    class Meta:
        model = Plan
        fields = (
            "code",
            "name",
            "price_cents",
            "monthly_credits",
            "trial_days",
            "trial_credits",
            *Plan.ENTITLEMENTS,
        )
        read_only_fields = fields


class PlanChoiceSerializer(serializers.Serializer[Any]):
    """Which plan."""

    plan = serializers.SlugField(max_length=40, help_text="The `code` of one of `plans/`.")


class NewSubscriptionSerializer(PlanChoiceSerializer):
    """Which plan, and by whom it is to be paid."""

    provider = serializers.CharField(max_length=16, help_text="`stripe` or `paypal`, as far as they are offered.")


class UnpaidBillSerializer(serializers.Serializer[Any]):
    """A bill that the provider could not collect yet."""

    total_cents = serializers.SerializerMethodField(help_text="Tax included.")
    next_attempt_at = serializers.DateTimeField(allow_null=True)
    pay_url = serializers.URLField(help_text="The provider's page to pay it on; empty where there is none.")

    def get_total_cents(self, bill: Any) -> int:
        return int(bill.net_cents + bill.tax_cents)


class SubscriptionSerializer(serializers.Serializer[Any]):
    """The organisation's plan. Without one it is on Starter, which is free and has no status."""

    plan = serializers.CharField()
    status = serializers.ChoiceField(choices=Subscription.Status.choices, allow_null=True)
    provider = serializers.CharField(allow_null=True)
    period_end = serializers.DateTimeField(allow_null=True, help_text="Until when it is billed so far.")
    next_plan = serializers.CharField(allow_null=True, help_text="What it changes to with the next period.")
    consent_url = serializers.CharField(
        allow_null=True, help_text="The provider's page on which an owner agrees to the next plan, if need be."
    )
    cancels_at_period_end = serializers.BooleanField()
    is_frozen = serializers.BooleanField(help_text="A payment is disputed: the plan stands still.")
    unpaid_bills = UnpaidBillSerializer(many=True)


class BegunSerializer(serializers.Serializer[Any]):
    """A plan that waits for its buyer on the provider's page."""

    id = serializers.UUIDField()
    plan = serializers.CharField(source="plan.code")
    checkout_url = serializers.URLField(help_text="Where the buyer goes on, and comes back from.")


class PlanPreviewSerializer(serializers.Serializer[PlanPreview]):
    """What a change costs, before anybody says yes."""

    plan = serializers.CharField(source="plan.code")
    is_at_once = serializers.BooleanField(help_text="Else it begins with the next period.")
    due_now_cents = serializers.IntegerField(help_text="About, tax left out: it is reckoned by the second.")
    tax_now_cents = serializers.IntegerField()
    credits_now = serializers.IntegerField()
    begins_at = serializers.DateTimeField()
    then_cents = serializers.IntegerField(help_text="Each month from then on, tax left out.")
    then_tax_cents = serializers.IntegerField()
