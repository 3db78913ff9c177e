"""The API's outcomes: what became of a purchase, and everything that was ever marked for it."""

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import exceptions, status
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api_access import MemberView
from aiqleads.core.api import documented
from leads.models import Outcome
from leads.outcomes import history_of
from marketplace import selectors, services
from marketplace.api.returns import NO_SUCH_PURCHASE
from marketplace.models import Purchase
from marketplace.serializers.outcomes import MarkOutcomeSerializer, OutcomeSerializer


class OutcomeView(MemberView):
    """What became of one purchase."""

    @extend_schema(
        operation_id="purchases_outcome_list",
        responses=documented({200: OutcomeSerializer(many=True)}, refusals=(401, 403, 404)),
    )
    def get(self, request: Request, purchase_id: UUID) -> Response:
        """Everything that was marked, newest first."""
        try:
            purchase = selectors.access_purchase(viewer=self.membership, purchase_id=purchase_id)
        except Purchase.DoesNotExist as error:
            raise exceptions.NotFound(NO_SUCH_PURCHASE) from error
        return Response(OutcomeSerializer(history_of(purchase.pk), many=True).data)

    @extend_schema(
        request=MarkOutcomeSerializer,
        responses=documented({201: OutcomeSerializer}, refusals=(400, 401, 403, 404, 422)),
    )
    def post(self, request: Request, purchase_id: UUID) -> Response:
        """Mark it; the same status again changes nothing."""
        asked = MarkOutcomeSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        try:
            marked = services.mark_outcome(
                purchase_id=purchase_id,
                buyer=self.membership,
                status=Outcome.Status(asked.validated_data["status"]),
                via=Outcome.Via.API,
            )
        except Purchase.DoesNotExist as error:
            raise exceptions.NotFound(NO_SUCH_PURCHASE) from error
        return Response(OutcomeSerializer(marked).data, status=status.HTTP_201_CREATED)
