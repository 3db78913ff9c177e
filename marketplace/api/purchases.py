"""The API's purchases."""

from typing import Final
from uuid import UUID

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import exceptions
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api_access import MemberView
from aiqleads.core.api import CURSOR, documented, page_response
from marketplace import selectors, services
from marketplace.models import Purchase
from marketplace.serializers.purchases import PurchaseDetailSerializer, PurchasePageSerializer, PurchaseSerializer

WHOSE: Final = OpenApiParameter(
    "assigned", OpenApiTypes.STR, description="`me`, `nobody`, or the id or e-mail address of a member."
)


class PurchaseListView(MemberView):
    """What the organisation bought, newest first."""

    @extend_schema(
        operation_id="purchases_list",
        parameters=[WHOSE, CURSOR],
        responses=documented({200: PurchasePageSerializer}, refusals=(400, 401, 403, 422)),
    )
    def get(self, request: Request) -> Response:
        asked = request.query_params
        page = selectors.purchase_page(self.membership, whose=asked.get("assigned", ""), cursor=asked.get("cursor"))
        return page_response(request, page, PurchaseSerializer(page.results, many=True).data)


class PurchaseDetailView(MemberView):
    """One purchase of the organisation."""

    @extend_schema(responses=documented({200: PurchaseDetailSerializer}, refusals=(401, 403, 404, 503)))
    def get(self, request: Request, purchase_id: UUID) -> Response:
        try:
            purchase = selectors.access_purchase(viewer=self.membership, purchase_id=purchase_id)
        except Purchase.DoesNotExist as error:
            raise exceptions.NotFound("Your organisation has no such purchase.") from error
        kit = services.kit_of(purchase, self.membership)
        return Response(PurchaseDetailSerializer(purchase, context={"kit": kit}).data)
