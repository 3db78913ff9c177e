"""The API's recommendations."""

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api_access import MemberView
from aiqleads.core.api import documented
from marketplace import cards, selectors
from marketplace.serializers.recommendations import RecommendedSerializer


class RecommendationsView(MemberView):
    """What the member may want to look at next, each with its reason."""

    @extend_schema(
        operation_id="recommendations_list",
        responses=documented({200: RecommendedSerializer(many=True)}, refusals=(401, 403)),
    )
    def get(self, request: Request) -> Response:
        found = cards.recommended(selectors.recommendations(self.membership), membership=self.membership)
        return Response(RecommendedSerializer(found, many=True).data)
