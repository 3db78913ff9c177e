"""The API's standing orders."""

from typing import Any, Final
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import exceptions, status
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api_access import MemberView
from accounts.models.credentials import Scope
from aiqleads.core.api import documented
from marketplace import selectors, services
from marketplace.models import StandingOrder, Territory
from marketplace.selectors import OrderView
from marketplace.serializers.standing_orders import AgreeSerializer, StandingOrderSerializer
from marketplace.standing_terms import Caps

NO_SUCH_ORDER: Final = "Your organisation has no such standing order."


class OneOrderView(MemberView):
    """A view of one order of the organisation's."""

    def _kept(self, order_id: UUID) -> OrderView:
        try:
            return selectors.access_order(viewer=self.membership, order_id=order_id)
        except StandingOrder.DoesNotExist as error:
            raise exceptions.NotFound(NO_SUCH_ORDER) from error

    def _told(self, order_id: UUID) -> Response:
        return Response(StandingOrderSerializer(self._kept(order_id)).data)


class StandingOrdersView(MemberView):
    """The organisation's standing orders, newest first."""

    @extend_schema(
        operation_id="standing_orders_list",
        responses=documented({200: StandingOrderSerializer(many=True)}, refusals=(401, 403)),
    )
    def get(self, request: Request) -> Response:
        kept = selectors.standing_orders(self.membership.organisation_id)
        return Response(StandingOrderSerializer(kept, many=True).data)

    @extend_schema(
        request=StandingOrderSerializer,
        responses=documented({201: StandingOrderSerializer}, refusals=(400, 401, 403, 422, 503)),
    )
    def post(self, request: Request) -> Response:
        """Write one down. It is off until its text is agreed to."""
        asked = StandingOrderSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        order = _keep(services.make_order, asked.validated_data["order"], buyer=self.membership)
        kept = selectors.access_order(viewer=self.membership, order_id=order.pk)
        return Response(StandingOrderSerializer(kept).data, status=status.HTTP_201_CREATED)


class StandingOrderView(OneOrderView):
    """One standing order."""

    @extend_schema(responses=documented({200: StandingOrderSerializer}, refusals=(401, 403, 404)))
    def get(self, request: Request, order_id: UUID) -> Response:
        return self._told(order_id)

    @extend_schema(
        request=StandingOrderSerializer(partial=True),
        responses=documented({200: StandingOrderSerializer}, refusals=(400, 401, 403, 404, 422, 503)),
    )
    def patch(self, request: Request, order_id: UUID) -> Response:
        """Change what is named. Other terms turn it off until they are agreed to."""
        known = self._kept(order_id).order
        asked = StandingOrderSerializer(data=request.data, partial=True)
        asked.is_valid(raise_exception=True)
        said = asked.validated_data.get("order", {})
        terms = {name: getattr(known, name) for name in ("name", "query", "territory_id", *Caps.__slots__)}
        _keep(services.change_order, {**terms, **said}, buyer=self.membership, order_id=order_id)
        return self._told(order_id)

    @extend_schema(responses=documented({204: None}, refusals=(401, 403, 503)))
    def delete(self, request: Request, order_id: UUID) -> Response:
        """Delete it; again is harmless. What it bought stays."""
        services.close_order(buyer=self.membership, order_id=order_id)
        return Response(status=status.HTTP_204_NO_CONTENT)


class StandingOrderConsentView(OneOrderView):
    """Agreeing to a standing order, which turns it on."""

    required_scope = Scope.BUY

    @extend_schema(
        request=AgreeSerializer,
        responses=documented({200: StandingOrderSerializer}, refusals=(400, 401, 403, 404, 409, 422, 503)),
    )
    def post(self, request: Request, order_id: UUID) -> Response:
        """Turn it on: the text that `terms` names is kept with the date; 409 where the order says another."""
        asked = AgreeSerializer(data=request.data)
        self._kept(order_id)
        asked.is_valid(raise_exception=True)
        services.agree_to_order(buyer=self.membership, order_id=order_id, terms=asked.validated_data["terms"])
        return self._told(order_id)


class StandingOrderPauseView(OneOrderView):
    """Pausing a standing order."""

    @extend_schema(
        request=None, responses=documented({200: StandingOrderSerializer}, refusals=(401, 403, 404, 503))
    )
    def post(self, request: Request, order_id: UUID) -> Response:
        """Stop it at once: nothing that is not sold yet is sold by it."""
        self._kept(order_id)
        services.pause_order(buyer=self.membership, order_id=order_id)
        return self._told(order_id)


def _keep(service: Any, said: dict[str, Any], **who: Any) -> StandingOrder:
    """Have a service write an order as it was said."""
    try:
        order: StandingOrder = service(
            **who,
            name=said.get("name", ""),
            query=said.get("query", ""),
            caps=Caps(**{name: said[name] for name in Caps.__slots__}),
            territory_id=said.get("territory_id"),
        )
    except Territory.DoesNotExist as error:
        raise exceptions.ValidationError({"territory": ["Your organisation has no such territory."]}) from error
    return order
