"""The API's returns: give a purchase back, see what became of it, appeal."""

from typing import Any, Final
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import exceptions, status
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api_access import MemberView
from aiqleads.core.api import documented
from aiqleads.core.bodies import BoundedFormParser, BoundedJSONParser
from marketplace import selectors, services
from marketplace.models import Purchase, Return
from marketplace.serializers.returns import AppealSerializer, AskReturnSerializer, ReturnSerializer, exhibits

NO_SUCH_PURCHASE: Final = "Your organisation has no such purchase."
NO_RETURN: Final = "Nobody asked to return this purchase."


class ReturnView(MemberView):
    """One purchase's return."""

    parser_classes = (BoundedJSONParser, BoundedFormParser)

    @extend_schema(responses=documented({200: ReturnSerializer}, refusals=(401, 403, 404)))
    def get(self, request: Request, purchase_id: UUID) -> Response:
        """What became of a return."""
        try:
            purchase = selectors.access_purchase(viewer=self.membership, purchase_id=purchase_id)
            return Response(ReturnSerializer(purchase.return_request).data)
        except Purchase.DoesNotExist as error:
            raise exceptions.NotFound(NO_SUCH_PURCHASE) from error
        except Return.DoesNotExist as error:
            raise exceptions.NotFound(NO_RETURN) from error

    @extend_schema(
        request={"application/json": AskReturnSerializer, "multipart/form-data": AskReturnSerializer},
        responses=documented({201: ReturnSerializer}, refusals=(400, 401, 403, 404, 413, 422)),
    )
    def post(self, request: Request, purchase_id: UUID) -> Response:
        """Give a purchase back. What our own records prove is accepted at once; the rest waits for a person."""
        asked = AskReturnSerializer(data=_without_files(request))
        asked.is_valid(raise_exception=True)
        brought = exhibits([file for _, files in request.FILES.lists() for file in files])
        try:
            made = services.request_return(
                purchase_id=purchase_id, buyer=self.membership, exhibits=brought, **asked.to_service()
            )
        except Purchase.DoesNotExist as error:
            raise exceptions.NotFound(NO_SUCH_PURCHASE) from error
        return Response(ReturnSerializer(made).data, status=status.HTTP_201_CREATED)


class AppealView(MemberView):
    """A second look at a refused return."""

    @extend_schema(
        request=AppealSerializer,
        responses=documented({200: ReturnSerializer}, refusals=(400, 401, 403, 404, 422)),
    )
    def post(self, request: Request, purchase_id: UUID) -> Response:
        """Have a refused return looked at once more, by a person; once."""
        said = AppealSerializer(data=request.data)
        said.is_valid(raise_exception=True)
        try:
            asked = services.appeal_return(
                purchase_id=purchase_id, buyer=self.membership, explanation=said.validated_data["evidence"]
            )
        except Return.DoesNotExist as error:
            raise exceptions.NotFound(NO_RETURN) from error
        return Response(ReturnSerializer(asked).data)


def _without_files(request: Request) -> Any:
    """The body's words: files are looked into by themselves, whatever their fields are called."""
    if not request.FILES:
        return request.data
    return {name: request.POST[name] for name in request.POST}
