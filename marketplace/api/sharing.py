"""The API's doors to purchases that colleagues may read who do not see all of them."""

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import exceptions, status
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import permissions
from accounts import selectors as accounts
from accounts.api_access import MemberView
from aiqleads.core.api import documented
from marketplace import errors, selectors, services
from marketplace.api.returns import NO_SUCH_PURCHASE
from marketplace.models import Purchase
from marketplace.serializers.sharing import ShareOrderSerializer, ShareSerializer


class SharingView(MemberView):
    """What both views ask: who may share."""

    def require_role(self) -> None:
        permissions.require(self.membership, permissions.Action.SHARE)


class SharesView(SharingView):
    """Who reads one purchase beside those who read them all."""

    @extend_schema(
        operation_id="purchases_shares_list",
        responses=documented({200: ShareSerializer(many=True)}, refusals=(401, 403, 404)),
    )
    def get(self, request: Request, purchase_id: UUID) -> Response:
        return Response(self._shares(purchase_id))

    @extend_schema(
        request=ShareOrderSerializer,
        responses=documented({200: ShareSerializer(many=True)}, refusals=(400, 401, 403, 404, 422, 503)),
    )
    def post(self, request: Request, purchase_id: UUID) -> Response:
        """Let a colleague read its contact and what may be done with it. They hear of it; again changes nothing."""
        asked = ShareOrderSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        self._shares(purchase_id)
        to = accounts.find_member_called(self.membership.organisation_id, asked.validated_data["member"])
        if to is None:
            raise errors.NotAColleague("Nobody of your organisation is called so.", field="member")
        services.share_purchase(purchase_id=purchase_id, to=to, by=self.membership)
        return Response(self._shares(purchase_id))

    def _shares(self, purchase_id: UUID) -> list[dict[str, object]]:
        try:
            purchase = selectors.access_purchase(viewer=self.membership, purchase_id=purchase_id)
        except Purchase.DoesNotExist as error:
            raise exceptions.NotFound(NO_SUCH_PURCHASE) from error
        return list(ShareSerializer(selectors.shares_of(purchase), many=True).data)


class ShareView(SharingView):
    """One colleague who reads a purchase."""

    @extend_schema(responses=documented({204: None}, refusals=(401, 403, 404, 503)))
    def delete(self, request: Request, purchase_id: UUID, member_id: UUID) -> Response:
        """Let them read it no more; whoever could not read it so stays as they are."""
        try:
            services.unshare_purchase(purchase_id=purchase_id, member_id=member_id, by=self.membership)
        except Purchase.DoesNotExist as error:
            raise exceptions.NotFound(NO_SUCH_PURCHASE) from error
        return Response(status=status.HTTP_204_NO_CONTENT)
