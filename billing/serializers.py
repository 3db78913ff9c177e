"""What the API tells about credits."""

from typing import Any

from rest_framework import serializers

from aiqleads.core.documents import QuestionSerializer
from billing.models import Payment
from billing.selectors.statements import MONTH


class CreditsSerializer(serializers.Serializer[Any]):
    """The organisation's wallet."""

    balance_credits = serializers.IntegerField()


class MonthSerializer(QuestionSerializer):
    """Which month a statement is of, in UTC."""

    month = serializers.RegexField(MONTH, help_text="A month: `2026-11`.")


class EntrySerializer(serializers.Serializer[Any]):
    """What one fact did to the balance; a positive amount raised it."""

    id = serializers.IntegerField()
    posted_at = serializers.DateTimeField(source="journal.posted_at")
    memo = serializers.CharField(source="journal.memo")
    amount_credits = serializers.IntegerField()
    balance_after_credits = serializers.IntegerField(source="balance_credits")


class EntryPageSerializer(serializers.Serializer[Any]):
    """A page of entries, newest first."""

    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    results = EntrySerializer(many=True)


class PackSerializer(serializers.Serializer[Any]):
    """Credits that are bought at once."""

    code = serializers.CharField()
    name = serializers.CharField()
    amount_credits = serializers.IntegerField()
    price_cents = serializers.IntegerField(help_text="US cents, tax left out.")
    valid_days = serializers.IntegerField(allow_null=True, help_text="null: they never end.")


class PacksSerializer(serializers.Serializer[Any]):
    """What can be bought, and by whom it can be paid."""

    packs = PackSerializer(many=True)
    providers = serializers.ListField(child=serializers.CharField())


class BuyPackSerializer(serializers.Serializer[Any]):
    """A pack, and who takes the money."""

    pack = serializers.SlugField(max_length=40, help_text="A `code` of `credits/packs/`.")
    provider = serializers.SlugField(max_length=16, help_text="One of the `providers` there.")


class PaymentSerializer(serializers.Serializer[Any]):
    """A payment and what became of it."""

    id = serializers.UUIDField()
    status = serializers.ChoiceField(choices=Payment.Status.choices)
    provider = serializers.CharField()
    amount_credits = serializers.IntegerField()
    net_cents = serializers.IntegerField(help_text="US cents, tax left out.")
    tax_cents = serializers.IntegerField()
    total_cents = serializers.IntegerField()
    checkout_url = serializers.CharField(help_text="Where the buyer pays; empty where there is no page.")
    says = serializers.CharField(help_text="For the buyer, where it failed.")
    created_at = serializers.DateTimeField()
    paid_at = serializers.DateTimeField(allow_null=True)


class KeepMethodSerializer(serializers.Serializer[Any]):
    """Who is to keep a way of paying."""

    provider = serializers.SlugField(max_length=16, help_text="One of the `providers` of `credits/packs/`.")


class MethodPageSerializer(serializers.Serializer[Any]):
    """The page on which an owner leaves a way of paying."""

    id = serializers.UUIDField()
    provider = serializers.CharField()
    checkout_url = serializers.CharField()


class AgreeToRechargeSerializer(serializers.Serializer[Any]):
    """What an owner says yes to."""

    provider = serializers.SlugField(max_length=16)
    pack = serializers.SlugField(max_length=40)
    below_credits = serializers.IntegerField(min_value=1, max_value=10_000)
    most_a_day = serializers.IntegerField(min_value=1, max_value=10)
    price_cents = serializers.IntegerField(min_value=1, max_value=10_000_000, help_text="Of the pack, as shown.")
    version = serializers.CharField(max_length=20, help_text="Of the text that was shown: `version_of_now`.")


class RechargeSerializer(serializers.Serializer[Any]):
    """Credits that are bought automatically: whether, and what was agreed to last."""

    is_on = serializers.BooleanField()
    provider = serializers.CharField()
    pack = serializers.CharField(source="pack_code")
    below_credits = serializers.IntegerField(allow_null=True)
    most_a_day = serializers.IntegerField()
    price_cents = serializers.IntegerField(source="agreed_cents")
    consented_at = serializers.DateTimeField(allow_null=True)
    version = serializers.CharField(source="consent_version")
    version_of_now = serializers.SerializerMethodField(help_text="Of the text that is agreed to today.")

    def get_version_of_now(self, _recharge: Any) -> str:
        return str(self.context["version"])
