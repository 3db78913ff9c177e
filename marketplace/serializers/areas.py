"""What the API takes and tells about where an organisation works."""

from typing import Any

from django import forms
from rest_framework import serializers

from marketplace.forms.areas import MOST_PREFIXES, read_prefixes


class WorkAreaSerializer(serializers.Serializer[Any]):
    """Where the organisation works: ZIP codes, or their first three or four digits."""

    zip_prefixes = serializers.ListField(child=serializers.CharField(max_length=5), max_length=MOST_PREFIXES)
    stated_at = serializers.DateTimeField(read_only=True, allow_null=True)

    def validate_zip_prefixes(self, given: list[str]) -> list[str]:
        try:
            return read_prefixes(",".join(given))
        except forms.ValidationError as refusal:
            raise serializers.ValidationError(refusal.messages) from refusal
