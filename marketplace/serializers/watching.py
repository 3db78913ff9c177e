"""What the API takes and tells about watchlists."""

from typing import Any

from rest_framework import serializers

from marketplace.serializers.leads import LeadSerializer, PageSerializer


class WatchSerializer(serializers.Serializer[Any]):
    """Which lead to watch."""

    lead = serializers.UUIDField()


class WatchedPageSerializer(PageSerializer):
    """A page of the watchlist: offers as in the list, what was added last first."""

    results = LeadSerializer(many=True)
