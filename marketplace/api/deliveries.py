"""The API's deliveries: how a purchase was delivered, sending it again, the CRM account, letters, and the table."""

from uuid import UUID

from django.http import StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import exceptions, status
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api_access import MemberView
from accounts.models.credentials import Scope
from aiqleads.core.api import documented
from marketplace import selectors, services
from marketplace.api.webhooks import CHANGES, OwnerView
from marketplace.models import Delivery, Purchase, Receiver
from marketplace.serializers.deliveries import (
    DeliveryLogSerializer,
    DeliverySettingsSerializer,
    FollowUpBossKeySerializer,
    FollowUpBossSerializer,
)
from marketplace.views.exports import table_of_purchases


class PurchaseDeliveriesView(MemberView):
    """How one purchase was delivered, by each channel."""

    @extend_schema(
        operation_id="purchases_deliveries_list",
        responses=documented({200: DeliveryLogSerializer(many=True)}, refusals=(401, 403, 404)),
    )
    def get(self, request: Request, purchase_id: UUID) -> Response:
        try:
            purchase = selectors.access_purchase(viewer=self.membership, purchase_id=purchase_id)
        except Purchase.DoesNotExist as error:
            raise exceptions.NotFound("Your organisation has no such purchase.") from error
        return Response(DeliveryLogSerializer(selectors.deliveries_of(purchase), many=True).data)


class ReplayView(MemberView):
    """A delivery once more."""

    @extend_schema(
        request=None, responses=documented({202: DeliveryLogSerializer}, refusals=(401, 403, 404, 409, 503))
    )
    def post(self, request: Request, delivery_id: UUID) -> Response:
        """Send it again under the same id."""
        try:
            services.replay_delivery(delivery_id=delivery_id, buyer=self.membership)
        except Delivery.DoesNotExist as error:
            raise exceptions.NotFound("Your organisation has no such delivery.") from error
        delivery = selectors.access_delivery(viewer=self.membership, delivery_id=delivery_id)
        return Response(DeliveryLogSerializer(delivery).data, status=status.HTTP_202_ACCEPTED)


class FollowUpBossView(OwnerView):
    """The Follow Up Boss account that bought leads are sent to."""

    sensitive_methods = CHANGES

    @extend_schema(responses=documented({200: FollowUpBossSerializer}, refusals=(401, 403, 404)))
    def get(self, request: Request) -> Response:
        return Response(FollowUpBossSerializer(self._account()).data)

    @extend_schema(
        request=FollowUpBossKeySerializer,
        responses=documented({200: FollowUpBossSerializer}, refusals=(400, 401, 403, 422, 503)),
    )
    def put(self, request: Request) -> Response:
        """Connect an account, or change its key. The key is never told again."""
        asked = FollowUpBossKeySerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        services.connect_follow_up_boss(member=self.membership, key=asked.validated_data["key"])
        return Response(FollowUpBossSerializer(self._account()).data)

    @extend_schema(responses=documented({204: None}, refusals=(401, 403, 503)))
    def delete(self, request: Request) -> Response:
        """Disconnect it and forget its key; again is harmless."""
        services.disconnect_follow_up_boss(member=self.membership)
        return Response(status=status.HTTP_204_NO_CONTENT)

    def _account(self) -> Receiver:
        account = selectors.follow_up_boss(self.membership)
        if account is None:
            raise exceptions.NotFound("No Follow Up Boss account is connected.")
        return account


class DeliverySettingsView(OwnerView):
    """Whether bought leads are mailed."""

    @extend_schema(responses=documented({200: DeliverySettingsSerializer}, refusals=(401, 403)))
    def get(self, request: Request) -> Response:
        is_mailed = selectors.is_mailed(self.membership.organisation_id)
        return Response(DeliverySettingsSerializer({"is_mailed": is_mailed}).data)

    @extend_schema(
        request=DeliverySettingsSerializer,
        responses=documented({200: DeliverySettingsSerializer}, refusals=(400, 401, 403, 503)),
    )
    def put(self, request: Request) -> Response:
        asked = DeliverySettingsSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        services.choose_letters(member=self.membership, is_mailed=asked.validated_data["is_mailed"])
        return Response(asked.data)


class ExportView(MemberView):
    """Everything that the organisation bought, as a table."""

    read_scope = Scope.CONTACTS
    sensitive_methods = frozenset({"GET"})
    is_file = True

    @extend_schema(
        operation_id="purchases_export",
        responses={(200, "text/csv"): OpenApiTypes.STR, **documented({}, refusals=(401, 403, 503))},
    )
    def get(self, request: Request) -> StreamingHttpResponse:
        """CSV, newest first. What the passport does not allow by now stays empty; the export is recorded."""
        return table_of_purchases(self.membership)
