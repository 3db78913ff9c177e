"""The API's doors to who works on a purchase: hand it over, see how it came about, say the rule for new ones."""

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import exceptions
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import permissions
from accounts import selectors as accounts
from accounts.api_access import MemberView
from aiqleads.core.api import documented
from marketplace import errors, selectors, services
from marketplace.api.returns import NO_SUCH_PURCHASE
from marketplace.models import AssignmentPolicy, Purchase
from marketplace.serializers.assignments import AssignmentRuleSerializer, AssignSerializer, HandoverSerializer
from marketplace.serializers.purchases import PurchaseSerializer


class AssignView(MemberView):
    """Who works on one purchase."""

    @extend_schema(
        operation_id="purchases_assign_list",
        responses=documented({200: HandoverSerializer(many=True)}, refusals=(401, 403, 404)),
    )
    def get(self, request: Request, purchase_id: UUID) -> Response:
        """Everything that changed who works on it, newest first."""
        return Response(HandoverSerializer(selectors.handovers(self._purchase(purchase_id)), many=True).data)

    @extend_schema(
        request=AssignSerializer,
        responses=documented({200: PurchaseSerializer}, refusals=(400, 401, 403, 404, 422, 503)),
    )
    def post(self, request: Request, purchase_id: UUID) -> Response:
        """Hand it to a member, with the copies that were bought with it; to whom has it already changes nothing."""
        permissions.require(self.membership, permissions.Action.HAND_OVER)
        asked = AssignSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        self._purchase(purchase_id)
        to = accounts.find_member_called(self.membership.organisation_id, asked.validated_data["member"])
        if to is None:
            raise errors.NotAColleague("Nobody of your organisation is called so.")
        services.assign_purchases(
            purchase_ids=[purchase_id], to=to, by=self.membership, reason=asked.validated_data["reason"]
        )
        return Response(PurchaseSerializer(self._purchase(purchase_id)).data)

    def _purchase(self, purchase_id: UUID) -> Purchase:
        try:
            return selectors.access_purchase(viewer=self.membership, purchase_id=purchase_id)
        except Purchase.DoesNotExist as error:
            raise exceptions.NotFound(NO_SUCH_PURCHASE) from error


class AssignmentRuleView(MemberView):
    """To whom the organisation's new purchases go by themselves."""

    @extend_schema(responses=documented({200: AssignmentRuleSerializer}, refusals=(401, 403)))
    def get(self, request: Request) -> Response:
        rule = selectors.assignment_rule(self.membership.organisation_id)
        return Response(AssignmentRuleSerializer({"rule": rule}).data)

    @extend_schema(
        request=AssignmentRuleSerializer,
        responses=documented({200: AssignmentRuleSerializer}, refusals=(400, 401, 403, 503)),
    )
    def put(self, request: Request) -> Response:
        """Say it anew, as an owner; it counts for what is bought from then on."""
        asked = AssignmentRuleSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        rule = AssignmentPolicy.Rule(asked.validated_data["rule"])
        return Response(AssignmentRuleSerializer(services.set_assignment_rule(by=self.membership, rule=rule)).data)
