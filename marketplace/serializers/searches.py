"""What the API takes and tells about saved searches."""

from typing import Any

from rest_framework import serializers

from marketplace.models import SavedSearch


class SavedSearchSerializer(serializers.Serializer[Any]):
    """A search that the member keeps."""

    id = serializers.UUIDField(source="search.pk", read_only=True)
    name = serializers.CharField(
        source="search.name", max_length=80, required=False, allow_blank=True, help_text="Its words unless told."
    )
    query = serializers.CharField(
        source="search.query", max_length=30_000, help_text="Filters as in `GET leads/`: `state=TX&beds_min=3`."
    )
    words = serializers.CharField(read_only=True, help_text="The filters in words.")
    rhythm = serializers.ChoiceField(source="search.rhythm", choices=SavedSearch.Rhythm.choices, required=False)
    created_at = serializers.DateTimeField(source="search.created_at", read_only=True)


class SearchChangeSerializer(serializers.Serializer[Any]):
    """What to change about a saved search."""

    name = serializers.CharField(max_length=80, required=False)
    rhythm = serializers.ChoiceField(choices=SavedSearch.Rhythm.choices, required=False)
