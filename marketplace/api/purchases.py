"""The API's purchases."""

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import exceptions
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api_access import MemberView
from aiqleads.core.api import CURSOR, documented, page_response
from marketplace import selectors
from marketplace.models import Purchase
from marketplace.serializers.purchases import PurchasePageSerializer, PurchaseSerializer


class PurchaseListView(MemberView):
    """What the organisation bought, newest first."""

    @extend_schema(
        operation_id="purchases_list",
        parameters=[CURSOR],
        responses=documented({200: PurchasePageSerializer}, refusals=(400, 401, 403)),
    )
    def get(self, request: Request) -> Response:
        page = selectors.purchase_page(self.membership, cursor=request.query_params.get("cursor"))
        return page_response(request, page, PurchaseSerializer(page.results, many=True).data)


class PurchaseDetailView(MemberView):
    """One purchase of the organisation."""

    @extend_schema(responses=documented({200: PurchaseSerializer}, refusals=(401, 403, 404)))
    def get(self, request: Request, purchase_id: UUID) -> Response:
        try:
            purchase = selectors.access_purchase(viewer=self.membership, purchase_id=purchase_id)
        except Purchase.DoesNotExist as error:
            raise exceptions.NotFound("Your organisation has no such purchase.") from error
        return Response(PurchaseSerializer(purchase).data)
