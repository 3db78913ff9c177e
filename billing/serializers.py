"""What the API tells about credits."""

from typing import Any

from rest_framework import serializers

from aiqleads.core.documents import QuestionSerializer
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
