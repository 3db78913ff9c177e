"""The API's door for a buyer's word that they deleted what an owner had deleted."""

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import exceptions
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api_access import MemberView
from aiqleads.core.api import documented
from marketplace import services
from marketplace.api.returns import NO_SUCH_PURCHASE
from marketplace.models import DeletionNotice
from marketplace.serializers.deletions import DeletionSerializer


class DeletionView(MemberView):
    """That a purchase was deleted wherever its buyer kept it."""

    @extend_schema(request=None, responses=documented({200: DeletionSerializer}, refusals=(401, 403, 404, 503)))
    def post(self, request: Request, purchase_id: UUID) -> Response:
        """Confirm it, where its owner had it deleted; again keeps the first time."""
        try:
            notice = services.confirm_deletion(purchase_id=purchase_id, buyer=self.membership)
        except DeletionNotice.DoesNotExist as error:
            raise exceptions.NotFound(NO_SUCH_PURCHASE) from error
        return Response(DeletionSerializer(notice).data)
