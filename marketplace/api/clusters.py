"""The API's map: what is on offer in a window, clustered."""

from drf_spectacular.utils import extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api_access import find_member
from aiqleads.core.api import NeverCached, documented
from marketplace import cards, selectors
from marketplace.serializers.clusters import MapSerializer, WindowSerializer, map_document
from marketplace.serializers.finding import FilterSerializer


class ClustersView(NeverCached):
    """The matching offers in a window of a map, open to everybody."""

    permission_classes = (AllowAny,)

    @extend_schema(
        operation_id="leads_clusters",
        parameters=[FilterSerializer, WindowSerializer],
        responses=documented({200: MapSerializer}, refusals=(400, 401)),
    )
    def get(self, request: Request) -> Response:
        asked = FilterSerializer(data=request.query_params)
        asked.is_valid(raise_exception=True)
        looked_at = WindowSerializer(data=request.query_params)
        looked_at.is_valid(raise_exception=True)
        filters = asked.filters() if asked.validated_data["literal"] else selectors.forgive(asked.filters()).filters
        view = selectors.map_view(filters, looked_at.window())
        return Response(map_document(view, cards.cards(view.listings, membership=find_member(request))))
