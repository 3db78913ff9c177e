"""What the API takes and tells about outcomes."""

from typing import Any

from rest_framework import serializers

from leads.models import Outcome


class MarkOutcomeSerializer(serializers.Serializer[Any]):
    """What became of a purchase."""

    status = serializers.ChoiceField(choices=Outcome.Status.choices)


class OutcomeSerializer(serializers.Serializer[Any]):
    """One word about a purchase; the newest counts."""

    status = serializers.ChoiceField(choices=Outcome.Status.choices)
    via = serializers.ChoiceField(choices=Outcome.Via.choices)
    marked_at = serializers.DateTimeField()
    marked_by = serializers.EmailField(source="marked_by.email")
